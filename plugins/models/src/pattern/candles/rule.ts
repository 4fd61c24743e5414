import type { Candles } from './candles.ts';

/**
 * One candlestick pattern by TA-Lib's rule of the same name: what its `CDL` functions give with their default settings.
 * A rule finds a form; none of them looks at the trend before it, without which several of the names mean little.
 */
export interface CandleRule {
  /** TA-Lib's name without `CDL`: `ENGULFING`. */
  readonly name: string;
  /** As a person calls it. */
  readonly says: string;
  /** Bars before the last one that it needs: TA-Lib's lookback. */
  readonly lookback: number;
  /**
   * @param at index of the last candle of the pattern, at least `lookback`.
   * @returns 100 bullish, -100 bearish, 0 none. Patterns that may be confirmed later give 200 or -200 when they are, and weak forms 80 or -80.
   */
  at(candles: Candles, at: number): number;
}

/** Lookback of a rule whose first candle is compared with ten bars before it. */
export const afterTen = (candlesBefore: number): number => 10 + candlesBefore;
/** Lookback of a rule whose first candle is compared with five bars before it. */
export const afterFive = (candlesBefore: number): number => 5 + candlesBefore;
/** The sign of a rule that has only one. */
export const bullishIf = (found: boolean): number => (found ? 100 : 0);
export const bearishIf = (found: boolean): number => (found ? -100 : 0);
/** The sign of a rule that takes the colour of one of its candles. */
export const signedIf = (found: boolean, sign: number): number => (found ? sign * 100 : 0);
