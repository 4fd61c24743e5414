/** Files written as MetaTrader 5 and others write them, read, and written again: the same bytes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileTicks, type FileTicks } from './columns.ts';
import { DataFile } from './data-file.ts';
import { mt5TickDialect, plainTickDialect, type FileDialect } from './dialect.ts';
import { BarWriter } from './bar-writer.ts';
import { TickWriter } from './tick-writer.ts';
import { byteOrderMark, encodeText } from './text-encoding.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tickhub-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

let files = 0;
async function stored(bytes: Uint8Array | string): Promise<string> {
  const at = path.join(folder, `${++files}.csv`);
  await writeFile(at, bytes);
  return at;
}

/** Reads a file and writes what was read, in the dialect that was found. */
async function again(bytes: Uint8Array | string): Promise<{ text: string; bytes: Buffer; bad: string[]; dialect: FileDialect }> {
  const file = await DataFile.open(await stored(bytes));
  const bad: string[] = [];
  const told = (line: number, what: string): void => void bad.push(`${line}: ${what}`);
  const parts: Uint8Array[] = [];
  try {
    if (file.dialect.kind === 'ticks') {
      const writer = new TickWriter(file.dialect);
      parts.push(writer.header());
      const reader = file.ticks(told, 7);
      for (let block = await reader.next(); block !== null; block = await reader.next())
        parts.push(Buffer.from(writer.write(block, 0, block.count)));
    } else {
      const writer = new BarWriter(file.dialect);
      parts.push(writer.header());
      const reader = file.bars(told, 7);
      for (let block = await reader.next(); block !== null; block = await reader.next())
        parts.push(Buffer.from(writer.write(block, 0, block.count)));
    }
  } finally {
    file.close();
  }
  const text = Buffer.concat(parts);
  return {
    text: text.toString('latin1'),
    bytes: Buffer.concat([byteOrderMark(file.dialect), encodeText(text, file.dialect.encoding)]),
    bad,
    dialect: file.dialect,
  };
}

const TICKS = '<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>';
/** As published exports have them: forex with both sides and one, a coin, a share with trades, what other programs write. */
const EXAMPLES: Record<string, string> = {
  forex: `${TICKS}\r\n2022.11.10\t15:00:00.017\t0.86682\t0.86712\t\t\t6\r\n2022.11.10\t15:00:00.228\t0.86681\t\t\t\t2\r\n2022.11.10\t15:00:00.525\t\t0.86707\t\t\t4\r\n`,
  coin: `${TICKS}\n2026.02.16\t19:00:00.083\t67849.69\t67861.69\t\t\t6\n2026.02.16\t19:00:00.083\t67850.00\t67861.69\t\t\t6\n`,
  zeros: `${TICKS}\n2024.01.01\t00:00:00.036\t42250.77\t42273.01\t0.00\t0\t6\n2024.01.01\t00:00:00.136\t42250.77\t42273.00\t0.00\t0\t4\n`,
  share: `${TICKS}\r\n2024.03.01\t10:00:00.001\t31.10\t31.12\t31.11\t200\t30\r\n2024.03.01\t10:00:00.002\t\t\t31.12\t100\t56\r\n2024.03.01\t10:00:00.004\t\t\t\t300\t80\r\n`,
  'no flags, short rows': `${TICKS.replace('\t<FLAGS>', '')}\n2024.09.01\t00:00:00.000\t145.123\t145.125\n2024.09.01\t00:00:01.123\t145.124\t145.126\n`,
  'commas, seconds': `${TICKS.replaceAll('\t', ',')}\n2024.01.01,00:00:00,1.08500,1.08510,1.08505,1.0,30\n2024.01.01,00:00:01,1.08501,1.08511,1.08506,2.0,30\n`,
  'shortest decimals': `${TICKS.replaceAll('\t', ';')}\n2024.01.01;00:00:00.5;1.085;1.0851;;;6\n`.replace('00.5', '00.500'),
  'no header': '2024-01-01\t00:00:00.000\t1.08500\t1.08510\t\t\t6\n2024-01-01\t00:00:00.000\t\t1.08511\t\t\t4\n',
  'date and time in one cell': 'time,bid,ask\n2024-01-01 00:00:00.000,1.08500,1.08510\n2024-01-01 00:00:00.010,1.08500,1.08510\n',
  plain: 'time_msc,bid,ask\n1398902400292,1.38683,1.38692\n1398902400292,1.38684,1.38692\n',
  bars: '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\r\n2024.01.02\t01:00:00\t2063.50\t2066.10\t2062.80\t2065.40\t1120\t0\t25\r\n2024.01.02\t02:00:00\t2065.40\t2065.40\t2065.40\t2065.40\t1\t0\t25\r\n',
  'daily bars':
    '<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n2024.01.02\t1.10420\t1.10451\t1.09387\t1.09419\t80123\t0\t2\n',
  'bars of MetaTrader 4': '1971.01.04,00:00,0.53690,0.53690,0.53690,0.53690,1\n1971.01.05,00:00,0.53660,0.53660,0.53660,0.53660,1\n',
};

describe('an export', () => {
  it.each(Object.entries(EXAMPLES))('of the form "%s" comes out as it went in', async (_name, text) => {
    const { text: out, bad } = await again(text);
    expect(bad).toEqual([]);
    expect(out).toBe(text);
  });

  it.each([
    ['UTF-16LE with a mark', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16LE without', (text: string) => Buffer.from(text, 'utf16le')],
    ['UTF-16BE with a mark', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-8 with a mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
  ])('in %s, too', async (_name, encode) => {
    const bytes = encode(EXAMPLES['forex'] ?? '');
    expect((await again(bytes)).bytes.equals(bytes)).toBe(true);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('packed with %s is known by its first bytes', async (_name, pack) => {
    expect((await again(pack(Buffer.from(EXAMPLES['forex'] ?? '')))).text).toBe(EXAMPLES['forex']);
  });

  it('tells a line that is none with its number, and goes on', async () => {
    const { bad, text } = await again(
      `${TICKS}\n2024.01.01\t00:00:00.000\t1.1\t1.2\t\t\t6\n2024.02.30\t00:00:00.000\t1.1\t1.2\t\t\t6\n2024.01.01\t24:00:00.000\t1.1\t1.2\t\t\t6\n2024.01.01\t00:00:01.000\tx\t1.2\t\t\t6\n2024.01.01\t00:00:02.000\t1.1\t1.2\t\t\t6\t7\n2024.01.01\t00:00:03.000\t1.3\t\t\t\t2\n2023.12.31\t00:00:03.000\t1.3\t\t\t\t2\n`,
    );
    expect(bad).toEqual([
      '3: the date is not a date like 2026.03.29',
      '4: the time is not a time like 03:30:00.000',
      '5: bid is not a number',
      '6: it has more than the 7 cells of the others',
      '8: time goes back from 2024-01-01 00:00:03.000 to 2023-12-31 00:00:03.000',
    ]);
    expect(text.split('\n')).toHaveLength(4);
  });

  it.each([
    ['a folder', null, /it is a folder/],
    ['neither ticks nor bars', 'a,b\n1,2\n', /no columns bid and ask/],
    ['prices without times', 'bid,ask\n1,2\n', /no column of times/],
    ['one endless line', '9'.repeat(300_000), /over 4096 bytes/],
  ])('that is %s is refused by name', async (_name, text, why) => {
    await expect(again(text ?? '').then(() => (text === null ? DataFile.open(folder) : null))).rejects.toThrow(why);
  });
});

const money = (decimals: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: 10 ** 7 }).map((n) => n / 10 ** decimals);

/** Ticks as a terminal has them: a price whose flag is not set is the one before. */
function ticksOf(digits: number): fc.Arbitrary<FileTicks> {
  const tick = fc.record({
    step: fc.nat(5_000),
    bid: money(digits),
    ask: money(digits),
    last: money(digits),
    volume: fc.integer({ min: 1, max: 1_000 }),
    bits: fc.constantFrom(2, 4, 6, 24, 30, 56, 80),
  });
  return fc.array(tick, { minLength: 1, maxLength: 40 }).map((list) => {
    const out = fileTicks(list.length, true);
    let time = 1_700_000_000_000;
    list.forEach(({ step, bits, ...values }, i) => {
      time += step;
      const flags = i === 0 ? 30 : bits;
      out.time[i] = time;
      out.flags[i] = flags;
      for (const [field, bit] of [
        ['bid', 2],
        ['ask', 4],
        ['last', 8],
        ['volume', 16],
      ] as const) {
        out[field][i] = (flags & bit) !== 0 ? values[field] : (out[field][i - 1] ?? 0);
      }
    });
    out.count = list.length;
    return out;
  });
}

it('any ticks, written in any dialect and read again, are the same ticks, and the same bytes', async () => {
  const dialects = fc.integer({ min: 0, max: 6 }).chain((digits) =>
    fc
      .record({
        base: fc.constantFrom(mt5TickDialect(digits), plainTickDialect(digits)),
        newline: fc.constantFrom('\n' as const, '\r\n' as const),
        encoding: fc.constantFrom('utf-8' as const, 'utf-16le' as const),
        bom: fc.boolean(),
      })
      .map(({ base, ...rest }): FileDialect => ({ ...base, ...rest })),
  );
  const cases = dialects.chain((dialect) => fc.tuple(fc.constant(dialect), ticksOf(dialect.priceDecimals ?? 0)));
  await fc.assert(
    fc.asyncProperty(cases, async ([dialect, ticks]) => {
      const writer = new TickWriter(dialect);
      const text = Buffer.concat([writer.header(), writer.write(ticks, 0, ticks.count)]);
      const bytes = Buffer.concat([byteOrderMark(dialect), encodeText(text, dialect.encoding)]);
      const read = await DataFile.open(await stored(bytes));
      const block = await read.ticks((line, what) => expect.fail(`${line}: ${what}`)).next();
      read.close();
      for (const column of ['time', 'bid', 'ask', 'last', 'volume', 'flags'] as const) {
        expect([...(block?.[column].subarray(0, block.count) ?? [])]).toEqual([...ticks[column].subarray(0, ticks.count)]);
      }
      expect((await again(bytes)).bytes.equals(bytes)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

it('any bytes are rows, told lines, or the typed error', async () => {
  const word = fc.constantFrom(
    '2024.01.01',
    '00:00:00.1',
    '1.5',
    '\t',
    '\t',
    ',',
    ';',
    '\n',
    '\n',
    '\r\n',
    '<DATE>',
    '<BID>',
    'ask',
    'time',
    'open',
    '-',
    '0',
    '\u0000',
    '\uFEFF',
    '1e9',
  );
  const soup = fc.oneof(
    fc.array(word, { maxLength: 120 }).map((words) => Buffer.from(words.join(''))),
    fc.array(word, { maxLength: 60 }).map((words) => Buffer.from(words.join(''), 'utf16le')),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), bytes])),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes])),
  );
  await fc.assert(
    fc.asyncProperty(soup, async (bytes) => {
      await again(bytes).catch((error: unknown) => expect(error).toMatchObject({ code: 'DATA_FILE' }));
    }),
    { numRuns: 1_000 },
  );
});
