/** When a pattern counts as complete, and what it is measured with. */

/** Turning points that a pattern has. */
export const POINTS = 5;
/** A pattern is complete on the bar after its last turning point. */
export const FIRST_LAG = 1;
/** Bars after its last turning point to which a pattern is one, included. */
export const LAST_LAG = 6;
/** Closes that are looked at: the longest pattern, the turning points of its last bars, and the deviation of returns before them. */
export const RULE_BARS = 192;
/** Returns whose standard deviation patterns are measured with. */
const SIGMA_BARS = 128;

/** Root mean square of the log returns of up to 128 bars before a place. */
export function sigmaAt(prices: Float64Array, at: number): number {
  let squares = 0;
  const from = Math.max(1, at - SIGMA_BARS + 1);
  for (let bar = from; bar <= at; bar++) squares += ((prices[bar] as number) - (prices[bar - 1] as number)) ** 2;
  return Math.sqrt(squares / Math.max(1, at - from + 1));
}
