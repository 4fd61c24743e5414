/** At most so many questions in any second; a bucket that fills evenly. */
export class RateLimit {
  readonly #monotonic: () => number;
  #rate = Number.NaN;
  #left = 0;
  #at = 0;

  /** @param monotonic milliseconds */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** @param perSecond what the tier allows now, Infinity for no limit. @returns whether one more may go. */
  take(perSecond: number): boolean {
    if (perSecond === Infinity) return true;
    const now = this.#monotonic();
    // A changed limit begins with a full bucket.
    this.#left = this.#rate === perSecond ? Math.min(perSecond, this.#left + ((now - this.#at) / 1_000) * perSecond) : perSecond;
    this.#rate = perSecond;
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
