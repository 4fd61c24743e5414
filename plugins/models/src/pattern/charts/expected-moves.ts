import { RADIUS } from './extrema.ts';

/** Bars after its own that a label knows: the last turning point that can count turns at that bar, its neighbour is one on, and that one's kernel ends here. */
export const FUTURE_BARS = RADIUS + 1;

/** Bars of a trading day, and days whose same hours are looked at. */
const DAY = 24;
const DAYS = 7;
/** Hours beside the same one that count as well. */
const BESIDE = 1;
/** How much the mean of all hours weighs beside that of the same hours. */
const SHRINK = 0.25;
/** A market that did not move has this move all the same, in logs. */
const LEAST_MOVE = 1e-7;

/** Root mean square of the log returns of a past, at least 1e-7. @param prices log closes. */
export function usualMove(prices: Float64Array): number {
  let squares = 0;
  for (let bar = 1; bar < prices.length; bar++) squares += ((prices[bar] as number) - (prices[bar - 1] as number)) ** 2;
  return Math.max(LEAST_MOVE, Math.sqrt(squares / (prices.length - 1)));
}

/** Highest less lowest close of a past, in usual moves: how far the market went. */
export function reachOf(prices: Float64Array): number {
  let [low, high] = [Infinity, -Infinity];
  for (const price of prices) {
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  return (high - low) / usualMove(prices);
}

/**
 * How much each of the next {@link FUTURE_BARS} bars is expected to move, as a standard deviation of its log return: the usual move, with the daily round of
 * the past days (mean absolute returns 24, 48, ... bars before, which is the same hour but over a weekend's edge).
 * @param prices log closes, oldest first, more than a day of them.
 */
export function writeExpectedMoves(prices: Float64Array, out: Float32Array): void {
  const end = prices.length;
  const absolute = (bar: number): number => Math.abs((prices[bar] as number) - (prices[bar - 1] as number));
  let sum = 0;
  for (let bar = 1; bar < end; bar++) sum += absolute(bar);
  const mean = Math.max(LEAST_MOVE, sum / (end - 1));
  const usual = usualMove(prices);
  for (let step = 0; step < FUTURE_BARS; step++) {
    let [same, count] = [0, 0];
    for (let day = 1; day <= DAYS; day++) {
      const middle = end + step - day * DAY;
      for (let bar = Math.max(1, middle - BESIDE); bar <= Math.min(end - 1, middle + BESIDE); bar++) {
        same += absolute(bar);
        count++;
      }
    }
    out[step] = (usual * (same / count + SHRINK * mean)) / ((1 + SHRINK) * mean);
  }
}
