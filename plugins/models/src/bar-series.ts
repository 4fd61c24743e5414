import { BAR_COLUMNS, emptyBars, FeatureState } from '@tickhub/plugin-sdk/features';
import type { Bars, FeatureSet } from '@tickhub/plugin-sdk/features';
import type { Series } from './model.ts';

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
    const [open, high, low, close, volume] = [bars.open, bars.high, bars.low, bars.close, bars.volume].map((column) => column[index]) as [
      number,
      number,
      number,
      number,
      number,
    ];
    this.#features.push(time, open, high, low, close, volume);
    const at = this.#count % KEPT_BARS;
    for (const column of BAR_COLUMNS) this.#ring[column][at] = bars[column][index] as number;
    this.#lastTime = time;
    this.#count++;
    return true;
  }

  last(count: number): Bars {
    const kept = Math.min(count, this.#count, KEPT_BARS);
    const out = emptyBars(kept);
    for (let i = 0; i < kept; i++) {
      const at = (this.#count - kept + i) % KEPT_BARS;
      for (const column of BAR_COLUMNS) out[column][i] = this.#ring[column][at] as number;
    }
    return out;
  }

  features(set: FeatureSet, out: Float32Array | Float64Array): boolean {
    return this.#features.write(set, out);
  }
}
