/** The usual delay is the least of the last one to two windows of this length, milliseconds. */
const WINDOW_MS = 60_000;

/**
 * The usual distance between a source's own time and the arrival of its ticks: what its clock is off, and what the way takes. A tick is old only by
 * what it is older than that, so a broker's clock that is wrong, or a recording from years ago, makes no tick stale. Learnt per batch; allocates nothing.
 */
export class SourceDelay {
  #now = new Float64Array(16).fill(Infinity);
  #before = new Float64Array(16).fill(Infinity);
  #windowStart = new Float64Array(16).fill(-Infinity);

  /** Milliseconds; Infinity while nothing is known of the source. */
  usual(source: number): number {
    return Math.min(this.#now[source] ?? Infinity, this.#before[source] ?? Infinity);
  }

  /** Takes note of a delay that was seen at `at`, Unix epoch milliseconds. */
  note(source: number, delayMs: number, at: number): void {
    if (source >= this.#now.length) this.#grow(source + 1);
    const started = this.#windowStart[source] as number;
    // The clock may have been set back meanwhile.
    if (!(Math.abs(at - started) < WINDOW_MS)) {
      this.#before[source] = Math.abs(at - started) < 2 * WINDOW_MS ? (this.#now[source] as number) : Infinity;
      this.#now[source] = delayMs;
      this.#windowStart[source] = at;
    } else if (delayMs < (this.#now[source] as number)) {
      this.#now[source] = delayMs;
    }
  }

  #grow(size: number): void {
    const grown = (column: Float64Array, value: number): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(Math.max(size, column.length * 2)).fill(value);
      next.set(column);
      return next;
    };
    this.#now = grown(this.#now, Infinity);
    this.#before = grown(this.#before, Infinity);
    this.#windowStart = grown(this.#windowStart, -Infinity);
  }
}
