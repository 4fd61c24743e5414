import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchFormatError } from './errors.ts';
import { MAX_BATCH_TICKS, TickBatch, TickFlag } from './tick-batch.ts';
import { TickBatchBuilder } from './tick-batch-builder.ts';

const price = fc.double({ min: 0, max: 1e6, noNaN: true });
const tick = fc.record({
  symbol: fc.integer({ min: 0, max: 65_535 }),
  time: fc.integer({ min: 1, max: 8.64e15 }),
  ordinal: fc.integer({ min: 0, max: 0xffff_ffff }),
  bid: price,
  ask: price,
  last: fc.oneof(fc.constant(0), price),
  volume: fc.oneof(fc.constant(0), price),
  flags: fc.integer({ min: 0, max: 0xffff }),
});
type Tick = typeof tick extends fc.Arbitrary<infer T> ? T : never;

function built(ticks: readonly Tick[]): TickBatchBuilder {
  const builder = new TickBatchBuilder(64);
  for (const t of ticks) builder.push(t.symbol, t.time, t.ordinal, t.bid, t.ask, t.last, t.volume, t.flags, 1_700_000_000_000.25);
  return builder;
}

function read(batch: TickBatch): Tick[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    symbol: batch.symbol[i] ?? NaN,
    time: batch.time[i] ?? NaN,
    ordinal: batch.ordinal[i] ?? NaN,
    bid: batch.bid[i] ?? NaN,
    ask: batch.ask[i] ?? NaN,
    last: batch.last?.[i] ?? 0,
    volume: batch.volume?.[i] ?? 0,
    flags: batch.flags[i] ?? NaN,
  }));
}

const crossed = (t: Tick): Tick => ({ ...t, flags: t.ask < t.bid ? t.flags | TickFlag.crossed : t.flags });

describe('a batch', () => {
  it('gives back what was pushed into its builder, from its bytes alone', () => {
    fc.assert(
      fc.property(
        fc.array(tick, { minLength: 1, maxLength: 64 }),
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
        (ticks, source, offset) => {
          const batch = TickBatch.view((built(ticks).seal(source, offset) as TickBatch).bytes.slice());
          expect(read(batch)).toEqual(ticks.map(crossed));
          expect([batch.sourceId, batch.utcOffsetMs, batch.receivedAt]).toEqual([source, offset, 1_700_000_000_000.25]);
          expect(batch.last === null).toBe(ticks.every((t) => t.last === 0));
          expect(batch.volume === null).toBe(ticks.every((t) => t.volume === 0));
        },
      ),
    );
  });

  it('is read from any offset in a larger buffer', () => {
    const bytes = (built([{ symbol: 7, time: 5, ordinal: 1, bid: 1, ask: 2, last: 0, volume: 0, flags: 6 }]).seal(1, 0) as TickBatch).bytes;
    for (let offset = 0; offset < 9; offset++) {
      const larger = new Uint8Array(bytes.length + offset);
      larger.set(bytes, offset);
      const batch = TickBatch.view(larger.subarray(offset));
      expect([batch.symbol[0], batch.time[0], batch.bid[0]]).toEqual([7, 5, 1]);
    }
  });

  it('is read or refused with BATCH_FORMAT, whatever the bytes', () => {
    const bytes = (
      built(
        Array.from({ length: 9 }, (_, i) => ({ symbol: i, time: i + 1, ordinal: 0, bid: 1, ask: 2, last: 1, volume: 0, flags: 6 })),
      ).seal(1, 0) as TickBatch
    ).bytes;
    const mutation = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(mutation, fc.option(fc.nat(bytes.length + 16)), fc.nat(7), (changes, cut, offset) => {
        const mutated = new Uint8Array(offset + (cut ?? bytes.length));
        mutated.set(bytes.subarray(0, mutated.length - offset), offset);
        for (const [at, value] of changes) if (offset + at < mutated.length) mutated[offset + at] = value;
        try {
          const batch = TickBatch.view(mutated.subarray(offset));
          expect(batch.count).toBeGreaterThan(0);
          for (const column of [batch.time, batch.bid, batch.ask, batch.ordinal, batch.symbol, batch.flags])
            expect(column).toHaveLength(batch.count);
        } catch (error) {
          expect(error).toBeInstanceOf(BatchFormatError);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => TickBatch.view(noise)).toThrow(BatchFormatError);
      }),
    );
  });

  it.each([
    ['a torn header', (bytes: Uint8Array) => bytes.subarray(0, 31), /31 bytes are too few/],
    ['another magic', (bytes: Uint8Array) => bytes.with(0, 0), /magic is 0x4200/],
    ['a later format', (bytes: Uint8Array) => bytes.with(2, 2), /format is 2, this build reads 1/],
    ['a column it does not know', (bytes: Uint8Array) => bytes.with(3, 4), /unknown columns 0x4/],
    ['no ticks', (bytes: Uint8Array) => bytes.with(4, 0), /count is 0/],
    ['more ticks than bytes', (bytes: Uint8Array) => bytes.with(4, 2), /2 ticks take 96 bytes, 64 were given/],
    ['more ticks than a batch has', (bytes: Uint8Array) => bytes.with(6, 2), /count is 131073, allowed are 1 to 65536/],
    ['a byte too many', (bytes: Uint8Array) => new Uint8Array([...bytes, 0]), /64 bytes, 65 were given/],
  ])('with %s says so', (_what, change, message) => {
    expect(() => TickBatch.view(change(TickBatch.create(1).bytes))).toThrow(message);
  });

  it('keeps the ticks that are marked, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(tick, fc.boolean()), { minLength: 1, maxLength: 64 }), (marked) => {
        const batch = built(marked.map(([t]) => t)).seal(3, -7) as TickBatch;
        const keep = Uint8Array.from(marked, ([, kept]) => (kept ? 1 : 0));
        const kept = marked.filter(([, is]) => is).map(([t]) => crossed(t));
        const retained = batch.retain(keep, kept.length);
        expect(retained === null ? [] : read(retained)).toEqual(kept);
        if (retained !== null) expect([retained.sourceId, retained.utcOffsetMs, retained.receivedAt]).toEqual([3, -7, batch.receivedAt]);
      }),
    );
  });

  it('has 1 to 65,536 ticks', () => {
    expect(TickBatch.create(MAX_BATCH_TICKS, { last: true, volume: true }).bytes).toHaveLength(32 + 65_536 * 48);
    for (const count of [0, -1, 1.5, NaN, MAX_BATCH_TICKS + 1]) expect(() => TickBatch.create(count)).toThrow(BatchFormatError);
  });
});

describe('a builder', () => {
  it('is empty again when it was sealed, marks included', () => {
    const builder = built([{ symbol: 1, time: 1, ordinal: 0, bid: 1, ask: 1, last: 5, volume: 5, flags: 0 }]);
    expect(builder.seal(0, 0)?.last).not.toBeNull();
    expect(builder.seal(0, 0)).toBeNull();
    builder.push(1, 2, 0, 1, 1, 0, 0, 0, 99);
    const second = builder.seal(0, 0) as TickBatch;
    expect([second.count, second.last, second.volume, second.receivedAt]).toEqual([1, null, null, 99]);
  });

  it('refuses a tick too many, and a capacity that is none', () => {
    const builder = new TickBatchBuilder(1);
    builder.push(1, 1, 0, 1, 1, 0, 0, 0, 0);
    expect(builder.full).toBe(true);
    expect(() => builder.push(1, 1, 0, 1, 1, 0, 0, 0, 0)).toThrow(/full at 1 ticks/);
    for (const capacity of [0, 0.5, -1, 65_537]) expect(() => new TickBatchBuilder(capacity)).toThrow(RangeError);
  });
});
