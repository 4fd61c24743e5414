import { decide } from '../../../plugins/models/src/pattern/charts/chart-reading.ts';
import type { ChartConstants } from '../../../plugins/models/src/pattern/charts/chart-reading.ts';
import { CHART_CLASSES } from '../../../plugins/models/src/pattern/charts/classes.ts';
import type { ChartClass } from '../../../plugins/models/src/pattern/charts/classes.ts';

const CLASSES = CHART_CLASSES.length;
const ROUNDS = 40;
/** Upside down the one is the other: what is fitted for one is fitted for both. */
const MIRRORED: readonly (readonly [ChartClass, ChartClass])[] = [
  ['double_top', 'double_bottom'],
  ['head_and_shoulders', 'inverse_head_and_shoulders'],
  ['ascending_triangle', 'descending_triangle'],
];

export type Decision = Pick<ChartConstants, 'gain' | 'cost'>;

/** Bars with what was said of them and what they were. */
export interface JudgedBars {
  /** P(class) of each bar, one after the other. */
  readonly probabilities: Float64Array;
  readonly truth: ArrayLike<number>;
}

/** How often each class is there, mirrored ones alike. */
export function frequencies(truth: ArrayLike<number>): number[] {
  const counts = new Float64Array(CLASSES);
  for (let i = 0; i < truth.length; i++) add(counts, truth[i] as number);
  mirror(counts);
  return [...counts].map((count) => count / truth.length);
}

/**
 * The decision with the best mean F1 on these bars. F1 of a class is 2 hits / (calls + cases): one more call that is right with probability p changes it by
 * (2 p - F1) / (calls + cases), so that the best class to name has the largest such change (Koyejo et al., NIPS 2014). F1 and calls follow from the
 * decision: it is repeated, half a step at a time, and the best one is kept.
 */
export function fitDecision({ probabilities, truth }: JudgedBars): Decision {
  const there = frequencies(truth).map((share) => share * truth.length);
  let calls = [...there];
  let f1: number[] = there.map((_, k) => (k === 0 ? 0.95 : 0.5));
  let best: { readonly mean: number; readonly decision: Decision } | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    // Times the number of bars, so that the figures are of a size that reads well.
    const scale = calls.map((n, k) => truth.length / (n + (there[k] as number) + 1));
    const decision = { gain: scale.map((one) => 2 * one), cost: scale.map((one, k) => one * (f1[k] as number)) };
    const called = new Float64Array(CLASSES);
    const hits = new Float64Array(CLASSES);
    for (let i = 0; i < truth.length; i++) {
      const k = decide(probabilities, decision, i * CLASSES);
      add(called, k);
      if (k === truth[i]) add(hits, k);
    }
    mirror(called);
    mirror(hits);
    const found = there.map((n, k) => (2 * (hits[k] as number)) / Math.max(1, n + (called[k] as number)));
    const mean = found.reduce((sum, one) => sum + one, 0) / CLASSES;
    if (best === null || mean > best.mean) best = { mean, decision };
    calls = calls.map((n, k) => (n + (called[k] as number)) / 2);
    f1 = f1.map((one, k) => (one + (found[k] as number)) / 2);
  }
  if (best === null) throw new Error('no decision was tried');
  return best.decision;
}

/** The same decision, slower to name a pattern: a call has to be so many times as likely to be right. */
export function moreCautious({ gain, cost }: Decision, caution: number): Decision {
  return { gain, cost: cost.map((one, k) => (k === 0 ? one : one * caution)) };
}

function add(to: Float64Array, k: number): void {
  to[k] = (to[k] as number) + 1;
}

function mirror(of: Float64Array): void {
  for (const names of MIRRORED) {
    const [one, other] = names.map((name) => CHART_CLASSES.indexOf(name)) as [number, number];
    of[one] = of[other] = ((of[one] as number) + (of[other] as number)) / 2;
  }
}
