import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from './decimal.ts';
import { DataFileError } from './errors.ts';
import { fileTicks } from './columns.ts';
import { detectDialect } from './detect-dialect.ts';
import { TickRows } from './tick-rows.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('parseDecimal', () => {
  const parse = (text: string): number => parseDecimal(bytes(`,${text},`), 1, 1 + text.length);

  it('is Number for every decimal', () => {
    const decimal = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 22n }), fc.nat(12), fc.boolean()).map(([digits, places, negative]) => {
      const text = digits.toString().padStart(places + 1, '0');
      const cut = text.length - places;
      return `${negative ? '-' : ''}${text.slice(0, cut)}${places > 0 ? `.${text.slice(cut)}` : ''}`;
    });
    fc.assert(
      fc.property(decimal, (text) => void expect(parse(text)).toBe(Number(text))),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['', NaN],
    ['.', NaN],
    ['-', NaN],
    ['1.2.3', NaN],
    ['abc', NaN],
    ['1e-3', 0.001],
    ['.5', 0.5],
    ['5.', 5],
    ['-0.00001', -0.00001],
    ['+1', 1],
    [' 1.5 ', 1.5],
    ['1398902400292', 1_398_902_400_292],
  ])('%j is %d', (text, value) => {
    expect(parse(text)).toBe(value);
  });
});

interface Row {
  time: number;
  bid: number;
  ask: number;
  last: number;
  volume: number;
}

/** Reads `text` in pieces that end at `cuts`, with room for `capacity` ticks at once. */
function read(text: string, cuts: readonly number[] = [], capacity = 4): { rows: Row[]; bad: [number, string][] } {
  const bad: [number, string][] = [];
  const dialect = detectDialect('x.csv', bytes(text), { encoding: 'utf-8', bom: false });
  const lines = new TickRows('x.csv', dialect, (line, what) => bad.push([line, what]));
  const out = fileTicks(capacity);
  const rows: Row[] = [];
  const all = bytes(text);
  let rest: Uint8Array = new Uint8Array(0);
  let from = 0;
  const drain = (final: boolean): void => {
    let at = 0;
    for (;;) {
      out.count = 0;
      at = lines.read(rest, at, final, out);
      if (out.count === 0) break;
      for (let i = 0; i < out.count; i++) {
        const value = (column: Float64Array): number => column[i] ?? NaN;
        rows.push({
          time: value(out.time),
          bid: value(out.bid),
          ask: value(out.ask),
          last: value(out.last),
          volume: value(out.volume),
        });
      }
    }
    rest = rest.subarray(at);
  };
  for (const to of [...cuts.map((it) => it % (all.length + 1)).sort((a, b) => a - b), all.length]) {
    rest = Buffer.concat([rest, all.subarray(from, to)]);
    from = Math.max(from, to);
    drain(false);
  }
  drain(true);
  return { rows, bad };
}

describe('lines of ticks', () => {
  it('with a header, columns in any order among others', () => {
    const { rows } = read('exchange,ask,time_msc,bid,volume,last\nX,1.2,5,1.1,3,1.15\n');
    expect(rows).toEqual([{ time: 5, bid: 1.1, ask: 1.2, last: 1.15, volume: 3 }]);
  });

  it('without a header, and without last and volume', () => {
    expect(read('5,1.1,1.2\n5,1.1,1.3').rows).toEqual([
      { time: 5, bid: 1.1, ask: 1.2, last: 0, volume: 0 },
      { time: 5, bid: 1.1, ask: 1.3, last: 0, volume: 0 },
    ]);
  });

  it('an empty price is the one before', () => {
    expect(read('5,1.1,1.2\n6,,1.3\n7,1.0,\n').rows.map(({ bid, ask }) => [bid, ask])).toEqual([
      [1.1, 1.2],
      [1.1, 1.3],
      [1.0, 1.3],
    ]);
  });

  it('with CRLF, empty lines and no newline at the end', () => {
    expect(read('time_msc,bid,ask\r\n5,1,2\r\n\r\n6,1,2').rows.map((it) => it.time)).toEqual([5, 6]);
  });

  it.each([
    ['nonsense', '5,1,2\nhello\n7,1,2\n', 2, /time_msc is not a number/],
    ['too few fields', '5,1,2\n6,1\n7,1,2\n', 2, /needs a time, bid and ask/],
    ['a price that is none', '5,1,2\n6,x,2\n7,1,2\n', 2, /bid is not a number/],
    ['no time', '5,1,2\n,1,2\n7,1,2\n', 2, /time_msc is empty/],
    ['a time that is no integer', '5,1,2\n6.5,1,2\n7,1,2\n', 2, /time_msc 6.5/],
    ['a negative time', '5,1,2\n-6,1,2\n7,1,2\n', 2, /time_msc -6/],
    ['a time that goes back', 'time_msc,bid,ask\n5,1,2\n4,1,2\n7,1,2\n', 3, /goes back from 5 to 4/],
  ])('%s is told with its line, and the rest is read', (_name, text, line, what) => {
    const { rows, bad } = read(text);
    expect(rows.map((it) => it.time)).toEqual([5, 7]);
    expect(bad).toEqual([[line, expect.stringMatching(what)]]);
  });

  it('a price that is empty before there was one is told', () => {
    expect(read('5,,2\n6,1,2\n')).toMatchObject({ rows: [{ time: 6 }], bad: [[1, expect.stringMatching(/empty before/)]] });
  });

  it('a header without a needed column, or what is no text of lines at all, is an error that names the file', () => {
    expect(() => read('time,open,high\n')).toThrow(DataFileError);
    expect(() => read('time,open,high\n')).toThrow(/x\.csv.*no columns bid and ask/);
    expect(() => read('9'.repeat(10_000))).toThrow(/x\.csv.*line 1/);
  });

  it('are the same however the stream is torn', () => {
    const text = `time_msc,bid,ask\n${Array.from({ length: 30 }, (_, i) => `${1_000 + Math.floor(i / 3)},1.${i},2.${i}`).join('\n')}\nbad\n2000,1,2`;
    const whole = read(text, [], 1_000);
    expect(whole.rows).toHaveLength(31);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 20 }), fc.integer({ min: 1, max: 40 }), (cuts, capacity) => {
        expect(read(text, cuts, capacity)).toEqual(whole);
      }),
    );
  });

  it('of any soup give ticks or the typed error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.,-e\n\rtx'), maxLength: 200 }), (soup) => {
        try {
          for (const { time, bid, ask } of read(soup).rows) expect([time, bid, ask].every(Number.isFinite)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(DataFileError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
