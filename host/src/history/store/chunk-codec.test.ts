import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChecksumSeal } from './blob-seal.ts';
import { BlobFormatError } from './byte-reader.ts';
import { decodeChunk, encodeChunk } from './chunk-codec.ts';
import { TickRun } from './tick-run.ts';

const anyPrice = fc.oneof(
  fc.integer({ min: 0, max: 2_000_000 }).map((points) => points / 1e5),
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, 1e-300, 0.1 + 0.2, 2 ** 53, -1.5),
);
const anyTick = fc.record({
  time: fc.oneof(fc.integer({ min: 1, max: 8.64e15 }), fc.double({ min: 1, max: 2e12, noNaN: true })),
  utcOffset: fc.constantFrom(0, 7_200_000, 10_800_000, -5, 0x7fff_ffff),
  ordinal: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_fffe })),
  bid: anyPrice,
  ask: anyPrice,
  last: fc.oneof(fc.constant(0), anyPrice),
  volume: fc.oneof(fc.constant(0), anyPrice),
  flags: fc.oneof(fc.constantFrom(2, 4, 6), fc.integer({ min: 0, max: 0xffff })),
  receivedAt: fc.oneof(
    fc.double(),
    fc.integer({ min: 0, max: 2e12 }),
    fc.integer({ min: 4e15, max: 8e15 }).map((units) => units / 4_096),
  ),
  seq: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 50 })),
});
type Tick = typeof anyTick extends fc.Arbitrary<infer T> ? T : never;

const COLUMNS = ['time', 'utcOffset', 'ordinal', 'bid', 'ask', 'last', 'volume', 'flags', 'receivedAt', 'seq'] as const;

function runOf(ticks: readonly Tick[]): TickRun {
  const run = new TickRun(ticks.length);
  ticks.forEach((tick, i) => {
    for (const name of COLUMNS) run[name][i] = tick[name];
  });
  run.count = ticks.length;
  return run;
}

function ticksOf(run: TickRun): Tick[] {
  return Array.from({ length: run.count }, (_, i) => Object.fromEntries(COLUMNS.map((name) => [name, run[name][i]])) as Tick);
}

describe('a chunk', () => {
  it('gives back every column bit for bit, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.array(anyTick, { minLength: 1, maxLength: 40 }), fc.integer({ min: 0, max: 15 }), (ticks, digits) => {
        const run = new TickRun(1);
        decodeChunk(encodeChunk(runOf(ticks), 0, ticks.length, digits), run);
        // Object.is, so that -0 and NaN count.
        expect(ticksOf(run)).toStrictEqual(ticksOf(runOf(ticks)));
      }),
      { numRuns: 300 },
    );
  });

  it('is a part of a run, and is appended to one', () => {
    const ticks = fc.sample(anyTick, { numRuns: 30, seed: 1 });
    const run = new TickRun();
    decodeChunk(encodeChunk(runOf(ticks), 5, 20, 5), run);
    decodeChunk(encodeChunk(runOf(ticks), 20, 30, 5), run);
    expect(ticksOf(run)).toStrictEqual(ticksOf(runOf(ticks.slice(5))));
  });

  it('takes four to six bytes a tick of an ordinary market', () => {
    const run = new TickRun(20_000);
    let [time, bid] = [1_400_000_000_000, 138_000];
    for (let i = 0; i < 20_000; i++) {
      time += (i * 7_919) % 600;
      bid += ((i * 31) % 7) - 3;
      run.time[i] = time;
      run.bid[i] = bid / 1e5;
      run.ask[i] = (bid + 12 + (i % 3)) / 1e5;
      run.flags[i] = [2, 4, 6][i % 3] as number;
      run.receivedAt[i] = 1_400_000_000_000 + Math.floor(i / 50) * 1_000 + 0.25;
      run.seq[i] = 1 + Math.floor(i / 50);
    }
    run.count = 20_000;
    const bytes = encodeChunk(run, 0, 20_000, 5).byteLength / 20_000;
    expect(bytes).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(6);
  });

  it('that is damaged is refused with BLOB_FORMAT or read as something, and never overruns', () => {
    const whole = encodeChunk(runOf(fc.sample(anyTick, { numRuns: 12, seed: 2 })), 0, 12, 5);
    const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 });
    fc.assert(
      fc.property(change, fc.option(fc.nat(whole.length)), (changes, cut) => {
        const bytes = whole.slice(0, cut ?? undefined);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const run = new TickRun();
        try {
          expect(decodeChunk(bytes, run)).toBe(run.count);
        } catch (error) {
          expect(error).toBeInstanceOf(BlobFormatError);
          expect(run.count).toBe(0);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a sealed blob', () => {
  const seal = new ChecksumSeal();
  const sealed = seal.seal(Uint8Array.of(1, 2, 3), 'ticks/1');

  it('opens where it belongs, and only there', () => {
    expect(seal.open(sealed, 'ticks/1')).toEqual(Uint8Array.of(1, 2, 3));
    expect(() => seal.open(sealed, 'ticks/2')).toThrow(BlobFormatError);
  });

  it('does not open when a bit of it is another', () => {
    for (let at = 0; at < sealed.length; at++)
      expect(() => seal.open(sealed.with(at, (sealed[at] ?? 0) ^ 1), 'ticks/1')).toThrow(BlobFormatError);
    expect(() => seal.open(new Uint8Array(2), 'ticks/1')).toThrow(BlobFormatError);
  });
});
