const FIRST_MS = 50;
const LONGEST_MS = 2_000;
/** After something only the user can mend: a refused token, another program with the same account. */
const SLOW_MS = 30_000;

/** How long to wait before connecting again: 50 ms doubling to 2 s, each between half of that and all of it, so that many clients do not come at once. */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random uniform in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  next(): number {
    const ceiling = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures++;
    return this.#jitter(ceiling);
  }

  slow(): number {
    return this.#jitter(SLOW_MS);
  }

  reset(): void {
    this.#failures = 0;
  }

  #jitter(ceiling: number): number {
    return ceiling * (0.5 + this.#random() / 2);
  }
}
