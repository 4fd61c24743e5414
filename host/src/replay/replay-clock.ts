/** The time of the recording: that of what was played last. */
export class ReplayClock {
  #at = 0;

  readonly now = (): number => this.#at;

  reached(at: number): void {
    if (at > this.#at) this.#at = at;
  }
}

/** When something of the recording is due: at once, or at the recording's own pace times `speed`. */
export class Pace {
  readonly #speed: number;
  readonly #monotonic: () => number;
  #from = NaN;
  #startedAt = 0;

  /** @param speed Infinity: at once. */
  constructor(speed: number, monotonic: () => number = () => performance.now()) {
    this.#speed = speed;
    this.#monotonic = monotonic;
  }

  /** Milliseconds until what is recorded at `at` is due. The first question starts the clock. */
  waitFor(at: number): number {
    if (Number.isNaN(this.#from)) {
      this.#from = at;
      this.#startedAt = this.#monotonic();
    }
    if (this.#speed === Infinity) return 0;
    return Math.max(0, (at - this.#from) / this.#speed - (this.#monotonic() - this.#startedAt));
  }
}
