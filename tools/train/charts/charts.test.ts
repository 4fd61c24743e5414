import { emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/metrics/index.ts';
import { labelsSoFar, labelsWithHindsight } from './labels.ts';

/** Bars whose closes go straight from turn to turn, `step` bars each, with a little noise before and within. */
function drawn(turns: readonly number[], step: number): Bars {
  const random = seededRandom(3);
  const noise = (): number => (random() - 0.5) * 0.04;
  const closes: number[] = Array.from({ length: 200 }, () => (turns[0] as number) + noise());
  turns.slice(1).forEach((to, i) => {
    const from = turns[i] as number;
    for (let k = 1; k <= step; k++) closes.push(from + ((to - from) * k) / step + noise());
  });
  const bars = emptyBars(closes.length);
  closes.forEach((close, i) => {
    const price = 100 * Math.exp(close / 1_000);
    bars.time[i] = i * 3_600_000;
    for (const column of [bars.open, bars.high, bars.low, bars.close]) column[i] = price;
  });
  return bars;
}

const walk = (seed: number, count: number): Bars => {
  const random = seededRandom(seed);
  const bars = emptyBars(count);
  let price = 100;
  for (let i = 0; i < count; i++) {
    price *= Math.exp((random() + random() + random() - 1.5) * 0.002);
    bars.time[i] = i * 3_600_000;
    for (const column of [bars.open, bars.high, bars.low, bars.close]) column[i] = price;
  }
  return bars;
};

const namesOf = (labels: ReturnType<typeof labelsWithHindsight>): Set<string> =>
  new Set(labels.slice(230).flatMap((pattern) => (pattern === null ? [] : [pattern.name])));

describe('labels of chart patterns', () => {
  it.each([
    ['head_and_shoulders', [0, 20, 10, 32, 10, 20, 0]],
    ['inverse_head_and_shoulders', [0, -20, -10, -32, -10, -20, 0]],
    ['ascending_triangle', [0, 30, 6, 30, 18, 30, 22]],
    ['descending_triangle', [0, -30, -6, -30, -18, -30, -22]],
    ['symmetrical_triangle', [0, 40, 2, 30, 14, 24, 20]],
    ['rectangle', [0, 20, 4, 20, 4, 20, 4]],
  ])('%s is found where it is drawn, and so it is upside down', (name, turns) => {
    expect(namesOf(labelsWithHindsight(drawn(turns, 15)))).toContain(name);
  });

  it('a label knows nothing of more bars ahead than it says, and rules run causally nothing of the future', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 300, max: 500 }), (seed, until) => {
        const bars = walk(seed, 600);
        const known = labelsSoFar(sliceBars(bars, 0, until), 2);
        expect(known).toEqual(labelsSoFar(bars, 2).slice(0, until));
        const horizon = 14;
        const hindsight = labelsWithHindsight(sliceBars(bars, 0, until)).slice(0, until - horizon);
        expect(hindsight).toEqual(labelsWithHindsight(bars).slice(0, until - horizon));
      }),
      { numRuns: 30 },
    );
  });
});
