import { TickBatch } from '@tickhub/plugin-sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinaryMessageWriter, eachBinaryFrame } from './binary-message.ts';
import { WireFormatError } from './errors.ts';
import { readTicksPayload, ticksPayloadText } from './json-ticks.ts';
import { decodeTicks } from './tick-decoder.ts';
import { TickEncoder, worstTickBytes } from './tick-encoder.ts';

interface Row {
  symbol: number;
  time: number;
  ordinal: number;
  bid: number;
  ask: number;
  last: number;
  volume: number;
  flags: number;
}

const row = (over: Partial<Row> = {}): Row => ({
  symbol: 1,
  time: 1_732_402_800_123,
  ordinal: 0,
  bid: 1.10412,
  ask: 1.10415,
  last: 0,
  volume: 0,
  flags: 6,
  ...over,
});

function batchOf(rows: readonly Row[], options: { last?: boolean; volume?: boolean } = {}): TickBatch {
  const batch = TickBatch.create(rows.length, options);
  batch.sourceId = 7;
  batch.utcOffsetMs = -7_200_000;
  batch.receivedAt = 1_732_395_600_000.125;
  for (const [i, tick] of rows.entries()) {
    batch.symbol[i] = tick.symbol;
    batch.time[i] = tick.time;
    batch.ordinal[i] = tick.ordinal;
    batch.bid[i] = tick.bid;
    batch.ask[i] = tick.ask;
    if (batch.last) batch.last[i] = tick.last;
    if (batch.volume) batch.volume[i] = tick.volume;
    batch.flags[i] = tick.flags;
  }
  return batch;
}

const encoder = new TickEncoder();

function encode(batch: TickBatch, digitsOf: (id: number) => number = () => 5): Uint8Array {
  const out = new Uint8Array(worstTickBytes(batch.count));
  return out.slice(0, encoder.encode(batch, digitsOf, out, 0));
}

const odd = fc.double({ noNaN: true, noDefaultInfinity: false });
const price = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300_000 }).map((points) => points / 100_000) },
  { weight: 2, arbitrary: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }).map((points) => points / 100) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 2 ** 49, 2 ** 49, 2 ** 49 + 1, 2 ** 53, -(2 ** 53), 1e-300, 5e-324, 0.1 + 0.2, 1e22) },
  { weight: 1, arbitrary: odd },
);
const time = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1_732_402_800_000, max: 1_732_402_800_020 }) },
  { weight: 2, arbitrary: fc.integer({ min: -(2 ** 49), max: 2 ** 49 }) },
  { weight: 1, arbitrary: odd },
);
const anyRow: fc.Arbitrary<Row> = fc.record({
  symbol: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 65_535 })),
  time,
  ordinal: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff })),
  bid: price,
  ask: price,
  last: price,
  volume: price,
  flags: fc.oneof(fc.constant(6), fc.integer({ min: 0, max: 65_535 })),
});
/** Rows as a market sends them: few odd values, so that the integer modes are met as often as the raw ones. */
const marketRow: fc.Arbitrary<Row> = fc.record({
  symbol: fc.integer({ min: 10, max: 14 }),
  time: fc.integer({ min: 1_732_402_800_000, max: 1_732_402_860_000 }),
  ordinal: fc.integer({ min: 0, max: 2 }),
  bid: fc.integer({ min: 109_000, max: 111_000 }).map((points) => points / 1e5),
  ask: fc.integer({ min: 109_000, max: 111_000 }).map((points) => points / 1e5),
  last: fc.integer({ min: 0, max: 2 }).map((points) => points / 1e5),
  volume: fc.integer({ min: 0, max: 500 }).map((lots) => lots / 100),
  flags: fc.constantFrom(6, 2, 4),
});
const anyBatch = fc
  .tuple(
    fc.oneof(fc.array(anyRow, { minLength: 1, maxLength: 60 }), fc.array(marketRow, { minLength: 1, maxLength: 60 })),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([rows, last, volume]) => batchOf(rows, { last, volume }));

describe('the binary tick body', () => {
  it('gives back any batch bit by bit, whatever digits it is told', () => {
    fc.assert(
      fc.property(anyBatch, fc.integer({ min: -1, max: 17 }), (batch, digits) => {
        expect(decodeTicks(encode(batch, () => digits)).bytes).toEqual(batch.bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives back more than 256 symbols, and 65,536 of them', () => {
    for (const count of [257, 1_000, 65_536]) {
      const batch = batchOf(
        Array.from({ length: count }, (_, i) => row({ symbol: (i * 7_919) % 65_536, bid: i / 1e5, ask: (i + 3) / 1e5 })),
      );
      expect(decodeTicks(encode(batch)).bytes).toEqual(batch.bytes);
    }
  });

  it('keeps negative zero, in every column that can hold one', () => {
    const batch = batchOf([row({ time: -0, bid: -0, ask: 0, last: -0, volume: -0 }), row({ bid: 0, ask: -0 })], {
      last: true,
      volume: true,
    });
    const again = decodeTicks(encode(batch));
    expect(again.bytes).toEqual(batch.bytes);
    expect(Object.is(again.bid[0], -0)).toBe(true);
  });

  it('writes one odd symbol raw and leaves the others short', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) =>
      row({ symbol: i % 10, time: 1_732_402_800_000 + i, bid: 1.1 + (i % 50) / 1e5, ask: 1.2 }),
    );
    const even = encode(batchOf(rows)).length;
    const one = encode(batchOf(rows.map((tick) => (tick.symbol === 3 ? { ...tick, bid: tick.bid + 1e-12 } : tick)))).length;
    expect(one - even).toBeLessThan(100 * 16);
  });

  it('takes at most 7 bytes a tick of a market as it moves', () => {
    let bid = 110_000;
    let now = 1_732_402_800_000;
    const rows = Array.from({ length: 4_000 }, (_, i) => {
      bid += ((i * 7_919) % 41) - 20;
      now += (i * 104_729) % 900;
      return row({ symbol: i % 3, time: now, bid: bid / 1e5, ask: (bid + 8 + (i % 5)) / 1e5 });
    });
    expect(encode(batchOf(rows)).length / rows.length).toBeLessThan(7);
  });

  it('writes no more than it says for the worst batch', () => {
    const rows = Array.from({ length: 500 }, (_, i) =>
      row({
        symbol: 65_535 - i,
        time: (i % 2 ? 1 : -1) * 2 ** 49,
        ordinal: 0xffff_ffff - i,
        bid: (i % 2 ? 1 : -1) * 2 ** 49,
        ask: (i % 2 ? -1 : 1) * 2 ** 49,
        last: 2 ** 49 * (i % 2 ? 1 : -1),
        volume: 2 ** 49,
        flags: 65_535 - i,
      }),
    );
    const batch = batchOf(rows, { last: true, volume: true });
    expect(decodeTicks(encode(batch, () => 0)).bytes).toEqual(batch.bytes);
  });

  it('refuses byte soup with its own error and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (soup) => {
        try {
          decodeTicks(soup);
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses a batch that was damaged, or reads another batch, and never fails otherwise', () => {
    fc.assert(
      fc.property(anyBatch, fc.nat(), fc.integer({ min: 1, max: 255 }), (batch, at, flip) => {
        const bytes = encode(batch);
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ flip;
        try {
          decodeTicks(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it('refuses every truncation, and anything left over', () => {
    const bytes = encode(batchOf([row(), row({ symbol: 2, ordinal: 4 }), row()], { volume: true }));
    for (let end = 0; end < bytes.length; end++) expect(() => decodeTicks(bytes.slice(0, end))).toThrow(WireFormatError);
    expect(() => decodeTicks(Uint8Array.of(...bytes, 0))).toThrow('left over');
  });

  it('takes no memory for a count that the bytes cannot hold', () => {
    expect(() => decodeTicks(Uint8Array.of(0, 0x80, 0x80, 0x04, 1, 2, 3))).toThrow('cannot hold');
  });
});

describe('a binary message', () => {
  it('carries any frames, in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), anyBatch), { minLength: 1, maxLength: 6 }),
        (frames) => {
          const writer = new BinaryMessageWriter();
          for (const [seq, batch] of frames) writer.add(seq, batch, () => 5);
          const message = writer.take();
          expect(writer.size).toBe(0);
          const got: [number, Uint8Array][] = [];
          eachBinaryFrame(message, (seq, start, end) => got.push([seq, decodeTicks(message, start, end).bytes]));
          expect(got).toEqual(frames.map(([seq, batch]) => [seq, batch.bytes]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('grows beyond its first memory', () => {
    const writer = new BinaryMessageWriter();
    const batch = batchOf(Array.from({ length: 65_536 }, (_, i) => row({ bid: i + 0.123456789, ask: i + 0.2 })));
    for (let seq = 1; seq <= 3; seq++) writer.add(seq, batch, () => 5);
    const message = writer.take();
    const seqs: number[] = [];
    eachBinaryFrame(message, (seq, start, end) => {
      seqs.push(seq);
      expect(decodeTicks(message, start, end).count).toBe(65_536);
    });
    expect(seqs).toEqual([1, 2, 3]);
  });

  it('refuses byte soup, an empty message and an unknown format', () => {
    const ignore = (): void => undefined;
    expect(() => eachBinaryFrame(new Uint8Array(), ignore)).toThrow(WireFormatError);
    expect(() => eachBinaryFrame(Uint8Array.of(1), ignore)).toThrow('no frames');
    expect(() => eachBinaryFrame(Uint8Array.of(2, 1, 1, 1), ignore)).toThrow('format is 2');
    expect(() => eachBinaryFrame(Uint8Array.of(1, 1, 9, 1), ignore)).toThrow(WireFormatError);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (soup) => {
        try {
          eachBinaryFrame(soup, ignore);
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError);
        }
      }),
    );
  });
});

describe('ticks as JSON', () => {
  it('give back any batch bit by bit', () => {
    fc.assert(
      fc.property(anyBatch, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (batch, seq) => {
        const text = ticksPayloadText('e', seq, batch, 'mt5', (id) => `S${id}`);
        const again = readTicksPayload(JSON.parse(text));
        expect(again.seq).toBe(seq);
        expect(again.batch.bytes).toEqual(batch.bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  it('name the symbols for a reader without the table', () => {
    const text = ticksPayloadText('e', 1, batchOf([row({ symbol: 3 }), row({ symbol: 9 })]), 'mt5', (id) => `S${id}`);
    expect(JSON.parse(text)).toMatchObject({
      symbols: { 3: 'S3', 9: 'S9' },
      source: 'mt5',
      columns: ['symbol', 'time', 'ordinal', 'bid', 'ask', 'flags'],
    });
  });

  it.each([
    ['no payload', null],
    ['no rows', { rows: [] }],
    ['a short row', { rows: [[1, 2, 3]] }],
    ['a row that is none', { rows: [7] }],
    ['a symbol out of range', { rows: [[65_536, 1, 0, 1, 1, 6]] }],
    ['an ordinal that is no whole number', { rows: [[1, 1, 0.5, 1, 1, 6]] }],
    ['a price that is a word', { rows: [[1, 1, 0, 'one', 1, 6]] }],
    ['a null price', { rows: [[1, 1, 0, null, 1, 6]] }],
    ['other columns', { columns: ['time', 'symbol', 'ordinal', 'bid', 'ask', 'flags'] }],
    ['a seq of 0', { seq: 0 }],
  ])('refuse %s', (_, over) => {
    const good: unknown = JSON.parse(ticksPayloadText('e', 1, batchOf([row()]), 'mt5', () => 'S'));
    expect(() => readTicksPayload(over === null ? null : { ...(good as object), ...over })).toThrow(WireFormatError);
  });
});
