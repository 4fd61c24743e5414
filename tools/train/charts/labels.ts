import type { Bars } from '@tickhub/plugin-sdk/features';
import { RADIUS, extremaWithHindsight, smoothed, turningPoint } from './extrema.ts';
import type { Extremum } from './extrema.ts';
import { patternAtEnd } from './rules.ts';
import type { ChartPattern } from './rules.ts';

/** A pattern is complete on the bar after its last turning point, and is the label from there on. */
export const FIRST_LAG = 1;
/** To so many, both included. */
export const LAST_LAG = 6;
/** A label knows so many bars after its own: the last turning point's neighbour with its kernel. */
export const LABEL_HORIZON = 1 + 1 + RADIUS - FIRST_LAG;
/** Bars over which the standard deviation of returns is taken that patterns are measured with. */
const SIGMA_BARS = 128;
const POINTS = 5;

/** For every bar the pattern that is complete there, or null. */
export type ChartLabels = readonly (ChartPattern | null)[];

/** What the bars were, with hindsight. */
export function labelsWithHindsight(bars: Bars): ChartLabels {
  const prices = bars.close.map(Math.log);
  const labels = new Array<ChartPattern | null>(prices.length).fill(null);
  const points = extremaWithHindsight(prices);
  for (let last = POINTS - 1; last < points.length; last++) {
    const { at } = points[last] as Extremum;
    const found = patternAtEnd(points.slice(last - POINTS + 1, last + 1), sigmaAt(prices, at));
    // A later pattern takes the place of an earlier one, and so does a later turning point without one.
    for (let bar = at + FIRST_LAG; bar <= Math.min(at + LAST_LAG, prices.length - 1); bar++) labels[bar] = found;
  }
  return labels;
}

/**
 * The same rules as one would have run them: at every bar from the bars so far only, the kernel one-sided at the end.
 * @param firstLag how long after a turning point it is believed. Chosen on the validation year, as the network's thresholds are.
 */
export function labelsSoFar(bars: Bars, firstLag: number): ChartLabels {
  const prices = bars.close.map(Math.log);
  const labels = new Array<ChartPattern | null>(prices.length).fill(null);
  /** Those that no later bar can change. */
  const settled: Extremum[] = [];
  for (let bar = SIGMA_BARS; bar < prices.length; bar++) {
    const final = bar - RADIUS - 1;
    const fresh: Extremum[] = [];
    let [before, here] = [smoothed(prices, final - 1, bar), smoothed(prices, final, bar)];
    for (let at = final; at < bar; at++) {
      const after = smoothed(prices, at + 1, bar);
      const point = turningPoint(prices, at, bar, [before, here, after]);
      [before, here] = [here, after];
      if (point === null) continue;
      if (at === final) settled.push(point);
      else if (bar - point.at >= firstLag) fresh.push(point);
    }
    const points = [...settled.slice(-POINTS), ...fresh].slice(-POINTS);
    const last = points.at(-1);
    if (last === undefined || points.length < POINTS || bar - last.at > LAST_LAG || bar - last.at < firstLag) continue;
    labels[bar] = patternAtEnd(points, sigmaAt(prices, last.at));
  }
  return labels;
}

function sigmaAt(prices: Float64Array, at: number): number {
  let squares = 0;
  const from = Math.max(1, at - SIGMA_BARS + 1);
  for (let bar = from; bar <= at; bar++) squares += ((prices[bar] as number) - (prices[bar - 1] as number)) ** 2;
  return Math.sqrt(squares / Math.max(1, at - from + 1));
}
