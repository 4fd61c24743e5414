/** A number from 0 up to 1, such as Math.random gives. */
export type Random = () => number;

/** How much longer than asked a pause may become, so that many clients, or many sources of one, do not come at once. */
const JITTER = 0.1;

/** Adds up to a tenth; never shortens. */
export function jittered(ms: number, random: Random): number {
  return ms * (1 + JITTER * random());
}

/** The pause after so many failures in a row (from 1): `firstMs`, doubling up to `longestMs`; without jitter. */
export function backoffMs(failures: number, firstMs: number, longestMs: number): number {
  // Past 2^30 every backoff has reached its longest.
  return Math.min(longestMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
}
