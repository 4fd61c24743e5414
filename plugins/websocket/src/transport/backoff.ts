const FIRST_MS = 50;
/** A backend elsewhere, which many clients come back to at once. */
const LONGEST_MS = 2_000;
/** A backend on this machine has one client, and is back within moments. */
const LONGEST_LOCAL_MS = 400;
/** After something only the user can mend: a refused token, another program with the same account. */
const SLOW_MS = 30_000;

/**
 * How long to wait before connecting again: 50 ms doubling to 2 s (0.4 s on this machine), each between half of that and all of it, so that many
 * clients do not come at once.
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random uniform in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  next(local: boolean): number {
    const ceiling = Math.min(FIRST_MS * 2 ** this.#failures, local ? LONGEST_LOCAL_MS : LONGEST_MS);
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
