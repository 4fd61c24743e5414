import { z } from '@tickhub/plugin-sdk';
import { CHART_CLASSES } from './classes.ts';
import type { ChartClass } from './classes.ts';
import type { Outlook } from './futures.ts';

const PerClass = z.array(z.number()).length(CHART_CLASSES.length);

/** What was fitted beside the futures. Per class in the order of {@link CHART_CLASSES}. */
export const ChartConstants = z.object({
  /** How often the training years had each class: counts as one more future, so that no class is impossible. */
  prior: PerClass,
  /** The class with the largest `probability * gain - cost` is named: what a right call adds to the mean F1, and what a call takes from it. */
  gain: PerClass,
  cost: PerClass,
});
export type ChartConstants = z.infer<typeof ChartConstants>;

/** P(class) of counts of futures, in the order of {@link CHART_CLASSES}; they sum to 1. */
export function probabilitiesOf(counts: Float64Array, prior: readonly number[]): Float64Array {
  const out = counts.map((count, k) => count + (prior[k] as number));
  const total = out.reduce((sum, count) => sum + count, 0);
  return out.map((count) => count / total);
}

/** The class that is named. @param from where the probabilities of the bar begin. */
export function decide(probabilities: Float64Array, { gain, cost }: Pick<ChartConstants, 'gain' | 'cost'>, from = 0): number {
  let [best, most] = [0, -Infinity];
  for (let k = 0; k < CHART_CLASSES.length; k++) {
    const worth = (probabilities[from + k] as number) * (gain[k] as number) - (cost[k] as number);
    if (worth > most) [best, most] = [k, worth];
  }
  return best;
}

export interface ChartReading {
  readonly chosen: ChartClass;
  readonly probabilities: Record<ChartClass, number>;
  /** Places in the closes that were read; null where no pattern is named. */
  readonly place: { readonly start: number; readonly end: number } | null;
}

export function readChart(outlook: Outlook, constants: ChartConstants): ChartReading {
  const shares = probabilitiesOf(outlook.counts, constants.prior);
  const k = decide(shares, constants);
  const probabilities = Object.fromEntries(CHART_CLASSES.map((name, i) => [name, shares[i] as number])) as Record<ChartClass, number>;
  return { chosen: CHART_CLASSES[k] as ChartClass, probabilities, place: outlook.patterns[k] ?? null };
}
