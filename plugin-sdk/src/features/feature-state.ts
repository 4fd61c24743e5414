import { BarColumns } from './bar-columns.ts';
import type { FeatureSet } from './catalogue.ts';
import { FEATURES } from './catalogue.ts';
import { Trailing } from './trailing.ts';

/** Bars that the most demanding of all features looks at. */
export const MOST_BARS = FEATURES.reduce((most, { needs }) => Math.max(most, needs), 0);

/** Features of one symbol, bar by bar as they close. Holds a finite number of bars; nothing is allocated for a bar. */
export class FeatureState {
  /** Bars that are looked back on. */
  readonly capacity: number;
  readonly #bars: BarColumns;
  readonly #trailing: Trailing;
  #rows = 0;
  #count = 0;

  /** @param capacity the most bars that a feature which will be asked for needs: `featureSet(names).needs`, or enough for all of them. */
  constructor(capacity: number = MOST_BARS) {
    this.capacity = capacity;
    // Twice the room: a window is always in one piece, and bars are moved once per `capacity` of them.
    this.#bars = new BarColumns(2 * Math.max(1, capacity));
    this.#trailing = new Trailing(this.#bars);
  }

  /** Bars so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes in a bar that has closed, later than those before. Prices in the quote currency, `time` its opening in Unix epoch milliseconds.
   * @throws {FeatureError} BAD_BAR, and all is as it was.
   */
  push(time: number, open: number, high: number, low: number, close: number, volume: number): void {
    if (this.#rows === this.#bars.time.length) {
      const kept = this.#rows / 2;
      this.#bars.keepLast(kept, this.#rows);
      this.#rows = kept;
    }
    this.#bars.set(this.#rows, time, open, high, low, close, volume);
    this.#rows += 1;
    this.#count += 1;
    this.#trailing.moveTo(this.#rows - 1);
  }

  /** Whether there are bars enough. */
  ready(set: FeatureSet): boolean {
    return this.#count >= set.needs && this.capacity >= set.needs;
  }

  /**
   * Writes the features as of the last bar.
   * @param out from `offset` on, in the order of the set.
   * @returns false where there are too few bars; `out` is then as it was.
   */
  write(set: FeatureSet, out: Float32Array | Float64Array, offset = 0): boolean {
    if (!this.ready(set)) return false;
    for (let i = 0; i < set.features.length; i++)
      out[offset + i] = (set.features[i] as FeatureSet['features'][number]).compute(this.#trailing);
    return true;
  }

  /** Forgets all bars. */
  clear(): void {
    this.#rows = 0;
    this.#count = 0;
  }
}
