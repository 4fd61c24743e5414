import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MoveHistory } from './residuals.ts';
import type { Moves } from './residuals.ts';
import { SortedRing } from './sorted-ring.ts';
import { stopHit } from './stop.ts';
import { tailOf } from './tail.ts';

/** Sums of three uniform numbers, scaled to a variance of 1: deterministic. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return () => 2 * (uniform() + uniform() + uniform() - 1.5);
}

function walk(count: number, seed: number): { high: number; low: number; close: number; sigma: number }[] {
  const next = normals(seed);
  let close = 1;
  return Array.from({ length: count }, (_, i) => {
    const scale = 0.0002 * (1 + 0.5 * Math.sin(i / 500));
    let [high, low] = [close, close];
    for (let step = 0; step < 10; step++) {
      close *= Math.exp(scale * next());
      high = Math.max(high, close);
      low = Math.min(low, close);
    }
    return { high, low, close, sigma: 0.0002 * Math.sqrt(240) };
  });
}

function historyOf(bars: ReturnType<typeof walk>): MoveHistory {
  const history = new MoveHistory();
  for (const { high, low, close, sigma } of bars) history.push(high, low, close, sigma);
  return history;
}

describe('tails', () => {
  it('takes the k-th worst and the mean of the k worst, k = floor(level x n)', () => {
    const moves = Float64Array.from({ length: 1_000 }, (_, i) => i - 500);
    expect(tailOf(moves, 0.01, 'long')).toEqual({ valueAtRisk: -491, expectedShortfall: -495.5 });
    expect(tailOf(moves, 0.01, 'short')).toEqual({ valueAtRisk: -490, expectedShortfall: -494.5 });
    expect(tailOf(moves, 0.0001, 'long')).toEqual({ valueAtRisk: -500, expectedShortfall: -500 });
  });

  it('grows with the level, and the shortfall lies beyond the value at risk', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 500 }), (numbers) => {
        const moves = Float64Array.from(numbers).sort();
        for (const side of ['long', 'short'] as const) {
          const [one, five] = [tailOf(moves, 0.01, side), tailOf(moves, 0.05, side)];
          expect(one.valueAtRisk).toBeLessThanOrEqual(five.valueAtRisk);
          expect(one.expectedShortfall).toBeLessThanOrEqual(one.valueAtRisk + 1e-9);
        }
      }),
    );
  });
});

describe('the history of moves', () => {
  it('holds the same windows wherever it began', () => {
    const bars = walk(13_000, 7);
    const [long, short] = [historyOf(bars).moves(), historyOf(bars.slice(-12_024)).moves()];
    expect(long?.ends).toHaveLength(12_000);
    expect(short?.ends).toEqual(long?.ends);
    expect(short?.lows()).toEqual(long?.lows());
    expect(short?.highs()).toEqual(long?.highs());
  });

  it('has none of its own with fewer than 6,000 windows, nor where nothing was forecast', () => {
    expect(historyOf(walk(6_000, 7)).moves()).toBeNull();
    expect(historyOf(walk(6_100, 7).map((bar) => ({ ...bar, sigma: NaN }))).moves()).toBeNull();
  });
});

it('a ring that was read sorted is as one that is sorted anew, whatever came and went since', () => {
  const values = fc.array(fc.oneof(fc.double(), fc.constantFrom(NaN, 1, 2, 3)), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), values, (slots, pushed) => {
      const ring = new SortedRing(slots);
      const kept = new Float64Array(slots).fill(NaN);
      pushed.forEach((value, i) => {
        ring.set(i % slots, value);
        kept[i % slots] = value;
        const anew = kept.filter((number) => !Number.isNaN(number)).sort();
        // 0 and -0 are one place.
        expect([...ring.sorted()].map((number) => number + 0)).toEqual([...anew].map((number) => number + 0));
        expect(ring.count).toBe(anew.length);
      });
    }),
    { numRuns: 300 },
  );
});

describe('whether a stop is hit', () => {
  const moves = historyOf(walk(12_024, 3)).moves() as Moves;
  const position = { volume: 1, openPrice: 1, stop: 0.995 };

  it('is as often as in walks simulated by brute force', () => {
    const next = normals(99);
    const sigma = 0.0031;
    const lowest = Array.from({ length: 3_000 }, () => {
      let [at, low] = [0, 0];
      for (let step = 0; step < 240; step++) {
        at += next() / Math.sqrt(240);
        low = Math.min(low, at);
      }
      return low;
    });
    for (const sigmas of [0.5, 1, 2]) {
      const came = lowest.filter((low) => low <= -sigmas).length / lowest.length;
      const found = stopHit({ ...position, side: 'long', stop: Math.exp(-sigmas * sigma) }, moves, 1, 0, sigma);
      // 500 days of windows that overlap know a share of .3 to .03.
      expect(Math.abs((found as number) - came)).toBeLessThan(0.08);
    }
  });

  it('is sure for a stop that the price has passed, and less so the further it is', () => {
    const share = (side: 'long' | 'short', stop: number): number => stopHit({ ...position, side, stop }, moves, 1, 0.0002, 0.003) as number;
    expect([share('long', 1.001), share('short', 0.999)]).toEqual([1, 1]);
    expect(share('long', 0.999)).toBeGreaterThan(share('long', 0.995));
    expect(share('short', 1.001)).toBeGreaterThan(share('short', 1.005));
    expect(share('long', 0.5)).toBe(0);
  });

  it('stops a short by the ask', () => {
    const at = (spread: number): number => stopHit({ ...position, side: 'short', stop: 1.003 }, moves, 1, spread, 0.003) as number;
    expect(at(0.001)).toBeGreaterThan(at(0));
  });

  it('says nothing of a position without a stop', () => {
    expect(stopHit({ ...position, side: 'long', stop: null }, moves, 1, 0, 0.003)).toBeNull();
  });
});
