import { BAR_COLUMNS, emptyBars, FeatureState } from '@tickhub/plugin-sdk/features';
import type { Bars, FeatureSet } from '@tickhub/plugin-sdk/features';
import type { Finding, Series } from './model.ts';

/** Bars that are kept of a symbol: more than any feature or window looks back. */
export const KEPT_BARS = 1_024;

/** A ring of the last bars of one symbol, and its features. */
export class BarSeries implements Series {
  readonly symbol: string;
  readonly digits: number;
  readonly widthMs: number;
  readonly #ring = emptyBars(KEPT_BARS);
  readonly #features = new FeatureState();
  #count = 0;
  #lastTime = Number.NEGATIVE_INFINITY;

  constructor(symbol: string, digits: number, widthMs: number) {
    this.symbol = symbol;
    this.digits = digits;
    this.widthMs = widthMs;
  }

  get count(): number {
    return this.#count;
  }

  get closedAt(): number {
    return this.#lastTime + this.widthMs;
  }

  append(bars: Bars): void {
    for (let i = 0; i < bars.time.length; i++) this.push(bars, i);
  }

  /**
   * Takes one bar of `bars`; false where it is not later than the last one, and therefore known.
   * @throws {FeatureError} BAD_BAR, and all is as it was.
   */
  push(bars: Bars, index: number): boolean {
    const time = bars.time[index];
    if (time === undefined || time <= this.#lastTime) return false;
    this.#features.push(
      time,
      bars.open[index] as number,
      bars.high[index] as number,
      bars.low[index] as number,
      bars.close[index] as number,
      bars.volume[index] as number,
    );
    const at = this.#count % KEPT_BARS;
    for (const column of BAR_COLUMNS) this.#ring[column][at] = bars[column][index] as number;
    this.#lastTime = time;
    this.#count++;
    return true;
  }

  last(count: number): Bars {
    const kept = this.#kept(count);
    const out = emptyBars(kept);
    const from = (this.#count - kept) % KEPT_BARS;
    const whole = Math.min(kept, KEPT_BARS - from);
    for (const column of BAR_COLUMNS) {
      const ring = this.#ring[column];
      out[column].set(ring.subarray(from, from + whole));
      if (whole < kept) out[column].set(ring.subarray(0, kept - whole), whole);
    }
    return out;
  }

  span(count: number): Finding['inputs'] {
    const kept = this.#kept(count);
    if (kept === 0) return { from: 0, to: 0, count: 0 };
    return { from: this.#ring.time[(this.#count - kept) % KEPT_BARS] as number, to: this.#lastTime, count: kept };
  }

  #kept(count: number): number {
    return Math.min(count, this.#count, KEPT_BARS);
  }

  features(set: FeatureSet, out: Float32Array | Float64Array): boolean {
    return this.#features.write(set, out);
  }
}
