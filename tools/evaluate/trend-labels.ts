import type { Bars } from '@tickhub/plugin-sdk/features';

/** Bars before and after the one that is judged. */
export const HALF_WINDOW = 24;
export const DIRECTION_BARS = 24;
const LIMIT = 6;
const VARIANCE_FLOOR = 1e-14;

/** t-statistic of the least-squares slope of log close over the 49 bars around `row`, in two passes; needs 24 bars on both sides. */
export function centredSlopeT(close: Float64Array, row: number): number {
  const n = 2 * HALF_WINDOW + 1;
  let level = 0;
  for (let k = -HALF_WINDOW; k <= HALF_WINDOW; k++) level += Math.log(close[row + k] as number) / n;
  let slope = 0;
  let squares = 0;
  for (let k = -HALF_WINDOW; k <= HALF_WINDOW; k++) {
    slope += k * (Math.log(close[row + k] as number) - level);
    squares += k * k;
  }
  slope /= squares;
  let residual = 0;
  for (let k = -HALF_WINDOW; k <= HALF_WINDOW; k++) residual += (Math.log(close[row + k] as number) - level - slope * k) ** 2;
  return slope / Math.sqrt(Math.max(residual / (n - 2), VARIANCE_FLOOR) / squares);
}

/** 0 down, 1 range, 2 up; null where the bars around it are not all there. */
export function trendState({ close }: Bars, row: number): 0 | 1 | 2 | null {
  if (row < HALF_WINDOW || row + HALF_WINDOW >= close.length) return null;
  return stateOf(centredSlopeT(close, row), LIMIT);
}

export function stateOf(t: number, limit: number): 0 | 1 | 2 {
  if (t <= -limit) return 0;
  return t >= limit ? 2 : 1;
}

/** Whether the close is higher 24 bars later; null where there is none. */
export function roseAfter({ close }: Bars, row: number): boolean | null {
  const later = close[row + DIRECTION_BARS];
  return later === undefined ? null : later > (close[row] as number);
}
