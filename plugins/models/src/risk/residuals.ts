import { SortedRing } from './sorted-ring.ts';

/** Windows that are looked back on: each hour of 500 days of open market. */
export const WINDOWS = 12_000;
const HORIZON = 24;
/** With fewer windows than half, the pooled ones are used. */
const LEAST = 6_000;

/** Returns of 24 bars and the lowest and highest price on their way, as log moves from their start in units of the sigma that was forecast there. */
export interface Moves {
  /** Each sorted, rising, and a view of a history: it holds until the next bar. */
  readonly ends: Float64Array;
  lows(): Float64Array;
  highs(): Float64Array;
  readonly own: boolean;
}

/**
 * The standardised moves of one symbol over its last 12,000 windows of 24 bars, which overlap. A window belongs to the bar that it starts after; it depends on the
 * forecast of then and the 24 bars since, on nothing older.
 */
export class MoveHistory {
  readonly #logClose = new Float64Array(HORIZON + 1);
  readonly #logHigh = new Float64Array(HORIZON + 1);
  readonly #logLow = new Float64Array(HORIZON + 1);
  readonly #sigma = new Float64Array(HORIZON + 1);
  readonly #ends = new SortedRing(WINDOWS);
  readonly #lows = new SortedRing(WINDOWS);
  readonly #highs = new SortedRing(WINDOWS);
  #count = 0;

  clear(): void {
    this.#count = 0;
    for (const ring of [this.#ends, this.#lows, this.#highs]) ring.clear();
  }

  /** @param sigma forecast after this bar, of the log return of the next 24; NaN where there was none. */
  push(high: number, low: number, close: number, sigma: number): void {
    const bar = this.#count++;
    const at = bar % (HORIZON + 1);
    this.#logClose[at] = Math.log(close);
    this.#logHigh[at] = Math.log(high);
    this.#logLow[at] = Math.log(low);
    this.#sigma[at] = sigma;
    const start = bar - HORIZON;
    if (start < 0) return;
    const from = start % (HORIZON + 1);
    let highest = -Infinity;
    let lowest = Infinity;
    for (let i = 0; i <= HORIZON; i++) {
      if (i === from) continue;
      highest = Math.max(highest, this.#logHigh[i] as number);
      lowest = Math.min(lowest, this.#logLow[i] as number);
    }
    const origin = this.#logClose[from] as number;
    const scale = this.#sigma[from] as number;
    const slot = start % WINDOWS;
    this.#ends.set(slot, ((this.#logClose[at] as number) - origin) / scale);
    this.#lows.set(slot, (lowest - origin) / scale);
    this.#highs.set(slot, (highest - origin) / scale);
  }

  /** Null with fewer than 6,000 windows. Lows and highs are sorted where there is a position, which is when they are first asked. */
  moves(): Moves | null {
    if (this.#ends.count < LEAST) return null;
    return { ends: this.#ends.sorted(), lows: () => this.#lows.sorted(), highs: () => this.#highs.sorted(), own: true };
  }
}
