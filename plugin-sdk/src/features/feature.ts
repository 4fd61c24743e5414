import type { Trailing } from './trailing.ts';

/** One number made of the bars up to and including the last closed one; finite for whatever bars there are. */
export interface Feature {
  /** As models and manifests name it: `rv_24`. */
  readonly name: string;
  /** Closed bars that it looks at, the last one included. It is a function of these bars and of nothing else. */
  readonly needs: number;
  /** What it is, in one line, with its unit. */
  readonly says: string;
  /** Free of the symbol's price and volatility: such features let one model serve all symbols. */
  readonly scaleFree: boolean;
  /** @param trailing looks back from the last closed bar and has at least `needs` bars. */
  compute(trailing: Trailing): number;
}

/** Variance per bar under which a market counts as flat: a volatility of 0.1 millionths a bar, a hundredth of a point of most symbols. */
export const VARIANCE_FLOOR = 1e-14;

/** Every ratio of volatilities is to the mean squared return of as many bars: four weeks of hours in which markets are open. */
export const BASE_WINDOW = 480;

/** Mean squared log return over the base window, never under the floor. */
export function baseVariance(trailing: Trailing): number {
  return Math.max(trailing.squared.over(BASE_WINDOW) / BASE_WINDOW, VARIANCE_FLOOR);
}

export function clip(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
