import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rewriteMql } from './rewrite.ts';

const MQL5 = path.resolve(import.meta.dirname, '../../../plugins/mt5/mql5');

describe('each rule', () => {
  test.each([
    ['#property service', '// #property service'],
    ['#property description "a #property"', '// #property description "a #property"'],
    ['#include <Tickhub/Link.mqh>', '#include "Tickhub/Link.mqh"'],
    [
      'input string InpHost = "127.0.0.1"; // Address',
      'static const string InpHost = mql::input<string>("InpHost", "127.0.0.1"); // Address',
    ],
    ['input int InpPort = 47800;', 'static const int InpPort = mql::input<int>("InpPort", 47800);'],
    ['int Read(uchar &bytes[], const int n)', 'int Read(Array<uchar> &bytes, const int n)'],
    ['void Put(const MqlTick &ticks[])', 'void Put(const Array<MqlTick> &ticks)'],
    ['bool Two(uchar& a[], string &b[])', 'bool Two(Array<uchar> &a, Array<string> &b)'],
    ['   uchar             m_bytes[];', '   Array<uchar>             m_bytes;'],
    ['string names[]; int n;', 'Array<string> names; int n;'],
  ])('%s', (mql, cpp) => {
    expect(rewriteMql(mql)).toBe(cpp);
  });
});

describe('what is C++ already stays', () => {
  test.each([
    ['m_bytes[m_size + i] = (uchar)(value & 0xFF);'],
    ['if((utf8[n] & 0xC0) == 0x80)'],
    ['const string text = names[0];'],
    ['void Start(const SSettings &settings)'],
    ['int inputs = 3;'],
    ['   #property inside a line is not one'],
    ['return bits & mask[at];'],
  ])('%s', (line) => {
    expect(rewriteMql(line)).toBe(line);
  });
});

test('line numbers survive, so that a compiler message names the line of the .mqh', async () => {
  const folder = path.join(MQL5, 'Include/Tickhub');
  for (const name of await readdir(folder)) {
    const source = await readFile(path.join(folder, name), 'utf8');
    expect(rewriteMql(source).split('\n')).toHaveLength(source.split('\n').length);
  }
});

describe('the source keeps to MQL5', () => {
  test('no C++ that MetaEditor refuses, and no verb that trades', async () => {
    const files = (await readdir(MQL5, { recursive: true })).filter((name) => /\.mq[h5]$/.test(name));
    expect(files.length).toBeGreaterThan(10);
    for (const name of files) {
      const source = await readFile(path.join(MQL5, name), 'utf8');
      // Text and comments may say anything.
      const code = source.replace(/"(\\.|[^"\\])*"/g, '""').replace(/\/\/.*$/gm, '');
      expect(code, name).not.toMatch(/->|::|\b(nullptr|auto|constexpr|std|size_t|int64_t|unsigned|namespace)\b|\*\s*this/);
      expect(code, name).not.toMatch(
        /\b(OrderSend|OrderSendAsync|OrderCheck|CTrade|PositionOpen|PositionModify|PositionClose|OrderOpen|OrderModify|OrderDelete|WebRequest)\b|#import/,
      );
      expect(source, name).not.toMatch(/#include\s*<(?!Tickhub\/)/);
      // MQL5 has references as parameters only, never as variables.
      expect(code, name).not.toMatch(/^\s*(const\s+)?\w+\s*&\s*\w+\s*=/m);
    }
  });
});
