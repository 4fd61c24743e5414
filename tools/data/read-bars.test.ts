import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BAR_COLUMNS, emptyBars } from '@tickhub/plugin-sdk/features';
import { packBars, unpackBars } from './packed-bars.ts';
import { packedFile, readBars } from './read-bars.ts';
import { H1, SYMBOLS } from './symbols.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-bars-'));
afterAll(() => rmSync(dir, { recursive: true }));

function original(symbol: string, lines: readonly string[]): void {
  const file = path.join(dir, SYMBOLS.find((one) => one.symbol === symbol)?.original ?? '');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, zstdCompressSync(`${lines.join('\n')}\n`));
}

describe('the bars that the repository carries', () => {
  it('are the files of the manifest', () => {
    const [, ...rows] = readFileSync(path.join(import.meta.dirname, 'bars', 'MANIFEST.csv'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rows.map((row) => row.split(',')[0])).toEqual(SYMBOLS.map(({ symbol }) => `${symbol}.h1.br`));
    for (const row of rows) {
      const [file, sha256] = row.split(',');
      const found = createHash('sha256')
        .update(readFileSync(path.join(import.meta.dirname, 'bars', file ?? '')))
        .digest('hex');
      expect(found, file).toBe(sha256);
    }
  });

  it('are H1 bars of markets that close at weekends', () => {
    const { bars, digits, sha256 } = readBars('USDJPY');
    expect({ digits, count: bars.time.length, sha256 }).toMatchObject({
      digits: 3,
      count: 56_885,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(bars.time.every((time, i) => time % H1 === 0 && (i === 0 || time > (bars.time[i - 1] as number)))).toBe(true);
    expect(bars.high.every((high, i) => high >= (bars.close[i] as number) && (bars.low[i] as number) > 70)).toBe(true);
    // New York's Friday afternoon to Sunday afternoon: no bar of it, summer or winter.
    expect(bars.time.some((time) => new Date(time).getUTCDay() === 6)).toBe(false);
  });
});

describe('the originals', () => {
  it('are taken from broker time to UTC on the dates of the European Union, and from points to prices', () => {
    original('AUDUSD', [
      'Date,open,high,low,close,tick_volume',
      '2012-12-31 23:00:00,100000.0,100000.0,100000.0,100000.0,1',
      '2013-03-15 10:00:00,103428.00000000001,103430.0,103176.0,103258.99999999999,4912',
      '2013-04-01 10:00:00,103255.99999999999,103292.99999999999,103146.0,103162.0,4388',
    ]);
    const { bars } = readBars('AUDUSD', dir);
    expect(Array.from(bars.time, (time) => new Date(time).toISOString())).toEqual(['2013-03-15T08:00:00.000Z', '2013-04-01T07:00:00.000Z']);
    expect(Array.from(bars.open)).toEqual([1.03428, 1.03256]);
    expect(Array.from(bars.close)).toEqual([1.03259, 1.03162]);
    expect(Array.from(bars.volume)).toEqual([4912, 4388]);
  });

  it('are refused by file and line', () => {
    const header = 'time_utc,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size';
    original('EURUSD', [header, '20130102 00:00,1.3,x,1.3,1.3,0,1.3,1.3,1.3,1.3,0']);
    expect(() => readBars('EURUSD', dir)).toThrow(/EURUSD.oanda.h1.csv.zst: line 2 is no bar/);
    original('EURUSD', ['time,open']);
    expect(() => readBars('EURUSD', dir)).toThrow(/the header is "time,open"/);
    expect(() => readBars('EURGBP')).toThrow(/no bars of EURGBP; there are AUDUSD/);
  });
});

describe('packed bars', () => {
  it('come back as they were', () => {
    const points = fc.integer({ min: 1, max: 3_000_000 });
    const bar = fc.tuple(fc.integer({ min: 1, max: 100 }), points, points, fc.nat(90_000), fc.nat(90_000), fc.nat(10_000_000));
    fc.assert(
      fc.property(fc.array(bar, { maxLength: 50 }), (rows) => {
        const bars = emptyBars(rows.length);
        let hour = 300_000;
        rows.forEach(([hours, open, close, above, below, volume], i) => {
          hour += hours;
          const values = { time: hour * H1, open, close, high: Math.max(open, close) + above, low: Math.min(open, close) - below, volume };
          for (const name of BAR_COLUMNS) bars[name][i] = values[name];
        });
        expect(unpackBars(packBars(bars))).toEqual(bars);
      }),
      { numRuns: 40 },
    );
  });

  it('are refused where they are cut off, and never packed where something would be lost', () => {
    const bars = emptyBars(1);
    bars.time[0] = 1.5 * H1;
    expect(() => packBars(bars)).toThrow(/not in whole hours/);
    expect(() => unpackBars(readFileSync(packedFile('EURUSD')).subarray(0, 1000))).toThrow();
  });
});
