import type { Bars } from '@tickhub/plugin-sdk/features';
import { Candles } from './candles.ts';
import { CONTINUATIONS } from './continuations.ts';
import { DOJI } from './doji.ts';
import { HIKKAKE } from './hikkake.ts';
import { PAIRS } from './pairs.ts';
import { ROWS } from './rows.ts';
import type { CandleRule } from './rule.ts';
import { SINGLE } from './single.ts';
import { STARS } from './stars.ts';

/** All 61 candlestick functions of TA-Lib. */
export const CANDLE_RULES: readonly CandleRule[] = [...SINGLE, ...DOJI, ...PAIRS, ...STARS, ...ROWS, ...CONTINUATIONS, ...HIKKAKE];

/** Bars that all rules together look at: the last one and the longest lookback before it. */
export const CANDLE_BARS = 1 + Math.max(...CANDLE_RULES.map(({ lookback }) => lookback));

/** A pattern that ends with the last bar. */
export interface FoundCandle {
  readonly rule: CandleRule;
  /** As {@link CandleRule.at} gives it; never 0. */
  readonly sign: number;
}

/**
 * The patterns that end with the last of these bars.
 * @param bars the last {@link CANDLE_BARS} or more; rules that need more than there are find nothing.
 * @param digits decimal digits of a price.
 */
export function candlesAtEnd(bars: Pick<Bars, 'open' | 'high' | 'low' | 'close'>, digits: number): FoundCandle[] {
  const candles = new Candles(bars, digits);
  const last = candles.length - 1;
  const found: FoundCandle[] = [];
  for (const rule of CANDLE_RULES) {
    const sign = last < rule.lookback ? 0 : rule.at(candles, last);
    if (sign !== 0) found.push({ rule, sign });
  }
  return found;
}
