/** Kernel smoothing and its turning points, after Lo, Mamaysky and Wang, Foundations of Technical Analysis, Journal of Finance 55 (2000). */

/** Standard deviation of the Gaussian kernel, bars: a turning point about every 18 bars of a random walk. */
export const BANDWIDTH = 4;
/** The kernel ends here: three standard deviations. */
export const RADIUS = 12;

const WEIGHTS = Float64Array.from({ length: RADIUS + 1 }, (_, distance) => Math.exp((-distance * distance) / (2 * BANDWIDTH ** 2)));

/** A turning point: where, the log price there, and whether it is a top (1) or a bottom (-1). */
export interface Extremum {
  readonly at: number;
  readonly price: number;
  readonly side: 1 | -1;
}

/** Nadaraya-Watson estimate at `at` from the prices of no later than `last`. */
export function smoothed(prices: Float64Array, at: number, last: number): number {
  let sum = 0;
  let weights = 0;
  for (let from = Math.max(0, at - RADIUS); from <= Math.min(last, at + RADIUS); from++) {
    const weight = WEIGHTS[Math.abs(at - from)] as number;
    sum += weight * (prices[from] as number);
    weights += weight;
  }
  return sum / weights;
}

/**
 * Whether the smoothed prices turn at `at`, and the extreme close of that bar and its neighbours, as the paper takes it.
 * @param curve the smoothed prices from `at - 1` to `at + 1`.
 */
export function turningPoint(prices: Float64Array, at: number, last: number, curve: readonly [number, number, number]): Extremum | null {
  const [before, here, after] = curve;
  const side = here > before && here >= after ? 1 : here < before && here <= after ? -1 : 0;
  if (side === 0) return null;
  let best = at;
  for (const near of [at - 1, at + 1]) {
    if (near <= last && side * ((prices[near] as number) - (prices[best] as number)) > 0) best = near;
  }
  return { at: best, price: prices[best] as number, side };
}

/** All turning points with hindsight: the kernel has both of its sides. */
export function extremaWithHindsight(prices: Float64Array): Extremum[] {
  const last = prices.length - 1;
  const curve = prices.map((_, at) => smoothed(prices, at, last));
  const found: Extremum[] = [];
  for (let at = 1; at < last; at++) {
    const point = turningPoint(prices, at, last, [curve[at - 1] as number, curve[at] as number, curve[at + 1] as number]);
    if (point !== null) found.push(point);
  }
  return found;
}
