/** Silence is worth a word after this at the earliest, and, while the cadence is not known, only after the second. */
const LEAST_MS = 15_000;
const UNLEARNT_MS = 60_000;
/** And where nothing has come at all, after this. */
const UNSEEN_MS = 5 * 60_000;
const MOST_MS = 30 * 60_000;
/** As many gaps make a cadence. */
const ENOUGH = 20;
/** Silence is too long when it is as many times longer than the longest pause of late. */
const FACTOR = 4;
/** The longest pause of late is forgotten by half in this time. */
const HALF_LIFE_MS = 30 * 60_000;

/** Learns how often something comes, and tells from it for how long silence is usual. */
export class Cadence {
  #lastAt: number | null = null;
  #longestMs = 0;
  #gaps = 0;
  #meanMs = 0;
  #isAnew = false;
  #isSeen = false;

  /** The usual time from one to the next, milliseconds; null while it is not known. */
  get usualMs(): number | null {
    return this.#gaps < ENOUGH ? null : this.#meanMs;
  }

  /** Monotonic milliseconds from which silence counts: the last one, as a rule; null before it was asked for. */
  get lastAt(): number | null {
    return this.#lastAt;
  }

  /** Silence for longer than this is not usual, milliseconds. */
  get toleratedMs(): number {
    if (this.#gaps < ENOUGH) return this.#isSeen ? UNLEARNT_MS : UNSEEN_MS;
    return Math.min(Math.max(this.#longestMs * FACTOR, LEAST_MS), MOST_MS);
  }

  /** One came. @param now monotonic milliseconds. */
  seen(now: number): void {
    const before = this.#lastAt;
    this.#lastAt = now;
    this.#isSeen = true;
    if (before === null || this.#isAnew) {
      this.#isAnew = false;
      return;
    }
    const gap = now - before;
    // A market that was closed, not one that is slow.
    if (gap > MOST_MS) return;
    this.#longestMs = Math.max(this.#longestMs * 2 ** (-gap / HALF_LIFE_MS), gap);
    this.#gaps++;
    this.#meanMs += (gap - this.#meanMs) / Math.min(this.#gaps, 100);
  }

  /** Silence counts anew from `now`: there was a reason for it, and it says nothing of how often something comes. */
  restart(now: number): void {
    this.#lastAt = now;
    this.#isAnew = true;
  }
}
