import { describe, expect, it } from 'vitest';
import { decide } from '../../../plugins/models/src/pattern/charts/chart-reading.ts';
import { CHART_CLASSES } from '../../../plugins/models/src/pattern/charts/classes.ts';
import { seededRandom } from '../../evaluate/metrics/index.ts';
import { fitDecision, frequencies, moreCautious } from './decision.ts';
import type { Decision } from './decision.ts';

const CLASSES = CHART_CLASSES.length;

/** Bars that are mostly none, whose class is drawn from the very probabilities that are said. */
function said(seed: number, bars: number): { probabilities: Float64Array; truth: number[] } {
  const random = seededRandom(seed);
  const probabilities = new Float64Array(bars * CLASSES);
  const truth = Array.from({ length: bars }, (_, i) => {
    const pattern = 1 + Math.floor(random() * (CLASSES - 1));
    const share = random() ** 4;
    const row = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES).fill((1 - share) * 0.005);
    row[pattern] = share;
    row[0] = 1 - row.subarray(1).reduce((sum, one) => sum + one, 0);
    let left = random();
    return row.findIndex((one) => (left -= one) < 0);
  });
  return { probabilities, truth };
}

function meanF1({ probabilities, truth }: ReturnType<typeof said>, decision: Decision): number {
  const calls = truth.map((_, i) => decide(probabilities, decision, i * CLASSES));
  const f1 = CHART_CLASSES.map((_, k) => {
    const hits = calls.filter((call, i) => call === k && truth[i] === k).length;
    return (2 * hits) / Math.max(1, calls.filter((call) => call === k).length + truth.filter((one) => one === k).length);
  });
  return f1.reduce((sum, one) => sum + one, 0) / CLASSES;
}

describe('the decision', () => {
  const bars = said(1, 20_000);
  const fitted = fitDecision(bars);

  it('has a better mean F1 than the likeliest class, on bars that it was not fitted to as well', () => {
    const likeliest = { gain: CHART_CLASSES.map(() => 1), cost: CHART_CLASSES.map(() => 0) };
    const others = said(2, 20_000);
    expect(meanF1(bars, fitted)).toBeGreaterThan(meanF1(bars, likeliest) + 0.02);
    expect(meanF1(others, fitted)).toBeGreaterThan(meanF1(others, likeliest) + 0.02);
  });

  it('is not beaten by its neighbours by more than their noise', () => {
    const best = meanF1(bars, fitted);
    for (let k = 0; k < CLASSES; k++) {
      for (const factor of [0.8, 1.25]) {
        const cost = fitted.cost.map((one, i) => (i === k ? one * factor : one));
        expect(meanF1(bars, { gain: fitted.gain, cost })).toBeLessThan(best + 0.004);
      }
    }
  });

  it('is the same for what is the same upside down', () => {
    const at = (name: (typeof CHART_CLASSES)[number]): number => CHART_CLASSES.indexOf(name);
    for (const of of [fitted.gain, fitted.cost, frequencies(bars.truth)]) {
      expect(of[at('double_top')]).toBe(of[at('double_bottom')]);
      expect(of[at('head_and_shoulders')]).toBe(of[at('inverse_head_and_shoulders')]);
      expect(of[at('ascending_triangle')]).toBe(of[at('descending_triangle')]);
    }
  });

  it('names fewer patterns the more cautious it is', () => {
    const named = (decision: Decision): number =>
      bars.truth.filter((_, i) => decide(bars.probabilities, decision, i * CLASSES) !== 0).length;
    expect(named(moreCautious(fitted, 1))).toBe(named(fitted));
    expect(named(moreCautious(fitted, 1.3))).toBeLessThan(named(fitted));
    expect(named(moreCautious(fitted, 1.6))).toBeLessThan(named(moreCautious(fitted, 1.3)));
  });
});
