import { emptyBars, sliceBars } from '../features/bars.ts';
import type { Bars } from '../features/bars.ts';

/** The last bars of a symbol. */
export class BarTail {
  readonly #capacity: number;
  /** Twice the room: the last bars are always in one piece, and are moved once per `capacity` of them. */
  readonly #bars: Bars;
  #end = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity);
    this.#bars = emptyBars(2 * this.#capacity);
  }

  /** Bars since the beginning, those that are no longer kept among them. */
  get count(): number {
    return this.#count;
  }

  /** Takes in bar `i` of some. */
  push(from: Bars, i: number): void {
    if (this.#end === this.#bars.time.length) {
      for (const column of Object.values(this.#bars) as Float64Array[]) column.copyWithin(0, this.#end - this.#capacity, this.#end);
      this.#end = this.#capacity;
    }
    for (const name of ['time', 'open', 'high', 'low', 'close', 'volume'] as const) this.#bars[name][this.#end] = from[name][i] ?? NaN;
    this.#end += 1;
    this.#count += 1;
  }

  /** The last `count` bars: a view until the next push. `count` is at most the capacity, and at most what was pushed. */
  last(count: number): Bars {
    return sliceBars(this.#bars, this.#end - count, this.#end);
  }
}
