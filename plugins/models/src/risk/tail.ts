import { rank } from './sorted-ring.ts';

/** A quantile of a tail and the mean beyond it, both as moves against the holder: negative. */
export interface Tail {
  readonly valueAtRisk: number;
  readonly expectedShortfall: number;
}

/**
 * Of the k = floor(level x n) worst of n moves, at least one: the k-th, and their mean.
 * @param moves sorted, rising.
 * @param side `long` loses where they fall, `short` where they rise.
 */
export function tailOf(moves: Float64Array, level: number, side: 'long' | 'short'): Tail {
  const count = Math.max(1, Math.floor(level * moves.length));
  let sum = 0;
  let last = NaN;
  for (let i = 0; i < count; i++) {
    last = side === 'long' ? (moves[i] as number) : -(moves[moves.length - 1 - i] as number);
    sum += last;
  }
  return { valueAtRisk: last, expectedShortfall: sum / count };
}

/** Share of the values that are at most `bound`. @param values sorted, rising. */
export function shareUpTo(values: Float64Array, bound: number): number {
  return rank(values, bound, true) / values.length;
}

/** Share of the values that are at least `bound`. @param values sorted, rising. */
export function shareFrom(values: Float64Array, bound: number): number {
  return 1 - rank(values, bound) / values.length;
}
