import type { Bars } from '@tickhub/plugin-sdk/features';

/**
 * What TA-Lib compares a candle with: the mean of a range over so many bars before it, times a factor. These are its default candle settings
 * (`TA_RestoreCandleDefaultSettings`). `divisor` is 2 for the two shadows, which are added up where one of them is meant.
 */
interface Yardstick {
  readonly period: number;
  readonly factor: number;
  readonly divisor: 1 | 2;
}

const LONG_BODY: Yardstick = { period: 10, factor: 1, divisor: 1 };
const DOJI_BODY: Yardstick = { period: 10, factor: 0.1, divisor: 1 };
const SHORT_SHADOW: Yardstick = { period: 10, factor: 1, divisor: 2 };
const VERY_SHORT_SHADOW: Yardstick = { period: 10, factor: 0.1, divisor: 1 };
const NEAR: Yardstick = { period: 5, factor: 0.2, divisor: 1 };
const FAR: Yardstick = { period: 5, factor: 0.6, divisor: 1 };
const EQUAL: Yardstick = { period: 5, factor: 0.05, divisor: 1 };

/** White (1) where a candle closes at its open or above it, black (-1) where it closes below. */
export type Colour = 1 | -1;

/**
 * Bars as candles in whole points (`10^-digits` of the quote currency), and the measures that TA-Lib's rules are made of, by index.
 *
 * Why points: TA-Lib keeps running totals of the ranges. Totals of binary fractions drift, so that its answer to a candle on the very edge of a rule depends on the first bar that it
 * was given. Sums of whole numbers are exact: the totals are the same bits wherever they began, and a rule is a function of the few bars that it looks at.
 */
export class Candles {
  readonly length: number;
  readonly #open: Float64Array;
  readonly #high: Float64Array;
  readonly #low: Float64Array;
  readonly #close: Float64Array;
  readonly #bodies: Float64Array;
  readonly #ranges: Float64Array;
  readonly #shadows: Float64Array;

  /** @param digits decimal digits of a price. Prices are rounded to whole points. */
  constructor(bars: Pick<Bars, 'open' | 'high' | 'low' | 'close'>, digits: number) {
    const scale = 10 ** digits;
    const points = (prices: Float64Array): Float64Array => prices.map((price) => Math.round(price * scale));
    this.length = bars.close.length;
    this.#open = points(bars.open);
    this.#high = points(bars.high);
    this.#low = points(bars.low);
    this.#close = points(bars.close);
    this.#bodies = this.#totals((at) => this.body(at));
    this.#ranges = this.#totals((at) => this.range(at));
    this.#shadows = this.#totals((at) => this.upperShadow(at) + this.lowerShadow(at));
  }

  open(at: number): number {
    return this.#open[at] as number;
  }

  high(at: number): number {
    return this.#high[at] as number;
  }

  low(at: number): number {
    return this.#low[at] as number;
  }

  close(at: number): number {
    return this.#close[at] as number;
  }

  colour(at: number): Colour {
    return this.close(at) >= this.open(at) ? 1 : -1;
  }

  isWhite(at: number): boolean {
    return this.colour(at) === 1;
  }

  isBlack(at: number): boolean {
    return this.colour(at) === -1;
  }

  /** Upper end of the body. */
  top(at: number): number {
    return Math.max(this.open(at), this.close(at));
  }

  /** Lower end of the body. */
  bottom(at: number): number {
    return Math.min(this.open(at), this.close(at));
  }

  body(at: number): number {
    return this.top(at) - this.bottom(at);
  }

  range(at: number): number {
    return this.high(at) - this.low(at);
  }

  upperShadow(at: number): number {
    return this.high(at) - this.top(at);
  }

  lowerShadow(at: number): number {
    return this.bottom(at) - this.low(at);
  }

  isLong(at: number): boolean {
    return this.body(at) > mean(this.#bodies, LONG_BODY, at);
  }

  isShort(at: number): boolean {
    return this.body(at) < mean(this.#bodies, LONG_BODY, at);
  }

  /** The largest body that is still a doji there. */
  dojiBody(at: number): number {
    return mean(this.#ranges, DOJI_BODY, at);
  }

  isDoji(at: number): boolean {
    return this.body(at) <= this.dojiBody(at);
  }

  /** The shadow under which a shadow is none or very short there. */
  #veryShort(at: number): number {
    return mean(this.#ranges, VERY_SHORT_SHADOW, at);
  }

  hasUpperShadow(at: number): boolean {
    return this.upperShadow(at) > this.#veryShort(at);
  }

  hasLowerShadow(at: number): boolean {
    return this.lowerShadow(at) > this.#veryShort(at);
  }

  /** No upper shadow or a very short one. A shadow as long as the limit itself is neither had nor lacked. */
  lacksUpperShadow(at: number): boolean {
    return this.upperShadow(at) < this.#veryShort(at);
  }

  lacksLowerShadow(at: number): boolean {
    return this.lowerShadow(at) < this.#veryShort(at);
  }

  /** The shadow under which a shadow is short there. */
  shortShadow(at: number): number {
    return mean(this.#shadows, SHORT_SHADOW, at);
  }

  /** The distance within which two prices are near each other there. */
  near(at: number): number {
    return mean(this.#ranges, NEAR, at);
  }

  /** The distance beyond which two bodies differ much there. */
  far(at: number): number {
    return mean(this.#ranges, FAR, at);
  }

  /** Whether a price is as good as equal to another, by the ranges before the candle at `at`. */
  isEqual(price: number, other: number, at: number): boolean {
    const tolerance = mean(this.#ranges, EQUAL, at);
    return price <= other + tolerance && price >= other - tolerance;
  }

  /** The distance within which two prices are as good as equal there. */
  equal(at: number): number {
    return mean(this.#ranges, EQUAL, at);
  }

  /** The body at `at` lies wholly above the body at `before`. */
  gapsUp(at: number, before: number): boolean {
    return this.bottom(at) > this.top(before);
  }

  /** The body at `at` lies wholly under the body at `before`. */
  gapsDown(at: number, before: number): boolean {
    return this.top(at) < this.bottom(before);
  }

  /** The candle at `at` lies wholly above the candle at `before`, shadows and all. */
  clearsUp(at: number, before: number): boolean {
    return this.low(at) > this.high(before);
  }

  /** The candle at `at` lies wholly under the candle at `before`, shadows and all. */
  clearsDown(at: number, before: number): boolean {
    return this.high(at) < this.low(before);
  }

  /** The candle at `at` lies within the candle before it. */
  isInside(at: number): boolean {
    return this.high(at) < this.high(at - 1) && this.low(at) > this.low(at - 1);
  }

  #totals(size: (at: number) => number): Float64Array {
    const totals = new Float64Array(this.length + 1);
    for (let at = 0; at < this.length; at++) totals[at + 1] = (totals[at] as number) + size(at);
    return totals;
  }
}

/** TA-Lib's average of the bars before `at`, which is not one of them, in its order of operations. */
function mean(totals: Float64Array, { period, factor, divisor }: Yardstick, at: number): number {
  return (factor * (((totals[at] as number) - (totals[at - period] as number)) / period)) / divisor;
}
