import { smoothed, turningPoint } from './extrema.ts';
import type { Extremum } from './extrema.ts';
import { patternAtEnd } from './rules.ts';
import type { ChartPattern } from './rules.ts';

/** Closes that the rules look at: the longest pattern, the turning points of its last bars, and the deviation of returns before them. */
export const RULE_BARS = 192;
/** Bars after its last turning point to which a pattern is one, included. */
export const LAST_LAG = 6;
/** Returns whose standard deviation patterns are measured with. */
const SIGMA_BARS = 128;
export const POINTS = 5;

/**
 * The pattern that is complete at the last of these closes as far as they tell: the kernel is one-sided at the end.
 * @param prices {@link RULE_BARS} log closes, oldest first.
 * @param lags how long after it a turning point is believed, bars; an answer for each.
 * @returns patterns whose places are those in `prices`.
 */
export function patternsSoFar(prices: Float64Array, lags: readonly number[]): (ChartPattern | null)[] {
  const end = prices.length - 1;
  const points: Extremum[] = [];
  let [before, here] = [smoothed(prices, 0, end), smoothed(prices, 1, end)];
  for (let at = 1; at < end; at++) {
    const after = smoothed(prices, at + 1, end);
    const point = turningPoint(prices, at, end, [before, here, after]);
    if (point !== null) points.push(point);
    [before, here] = [here, after];
  }
  return lags.map((lag) => {
    const believed = points.filter(({ at }) => end - at >= lag).slice(-POINTS);
    const last = believed.at(-1);
    if (last === undefined || believed.length < POINTS || end - last.at > LAST_LAG) return null;
    return patternAtEnd(believed, sigmaAt(prices, last.at));
  });
}

/** Root mean square of the log returns of up to 128 bars before a place. */
export function sigmaAt(prices: Float64Array, at: number): number {
  let squares = 0;
  const from = Math.max(1, at - SIGMA_BARS + 1);
  for (let bar = from; bar <= at; bar++) squares += ((prices[bar] as number) - (prices[bar - 1] as number)) ** 2;
  return Math.sqrt(squares / Math.max(1, at - from + 1));
}
