/** Windows that are looked back on: each hour of 500 days of open market. */
export const WINDOWS = 12_000;
const HORIZON = 24;
/** With fewer windows than half, the pooled ones are used. */
const LEAST = 6_000;

/** Returns of 24 bars and the lowest and highest price on their way, as log moves from their start in units of the sigma that was forecast there. */
export interface Moves {
  /** Each sorted, rising. */
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
  readonly #ends = new Float64Array(WINDOWS).fill(NaN);
  readonly #lows = new Float64Array(WINDOWS).fill(NaN);
  readonly #highs = new Float64Array(WINDOWS).fill(NaN);
  #count = 0;

  clear(): void {
    this.#count = 0;
    for (const ring of [this.#ends, this.#lows, this.#highs]) ring.fill(NaN);
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
    this.#ends[slot] = ((this.#logClose[at] as number) - origin) / scale;
    this.#lows[slot] = (lowest - origin) / scale;
    this.#highs[slot] = (highest - origin) / scale;
  }

  /** Null with fewer than 6,000 windows. */
  moves(): Moves | null {
    const ends = sorted(this.#ends);
    return ends.length < LEAST ? null : { ends, lows: onceSorted(this.#lows), highs: onceSorted(this.#highs), own: true };
  }
}

function sorted(ring: Float64Array): Float64Array {
  return ring.filter((value) => !Number.isNaN(value)).sort();
}

/** Sorts when it is first asked, which is where there is a position, and once. */
function onceSorted(ring: Float64Array): () => Float64Array {
  let found: Float64Array | undefined;
  return () => (found ??= sorted(ring));
}
