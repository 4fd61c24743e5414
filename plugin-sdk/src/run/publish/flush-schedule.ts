/** A channel that was not written to for this long is idle. */
const IDLE_AFTER_MS = 0.25;
const LONGEST_WAIT_MS = 1;

/**
 * When to send what was published. Onto an idle channel at the end of the turn, so that one tick alone waits for nothing and one burst becomes
 * one batch; otherwise a millisecond later, so that a stream of single ticks is not a stream of single writes.
 */
export class FlushSchedule {
  readonly #flush: () => void;
  readonly #atEndOfTurn: () => void;
  #timer: NodeJS.Timeout | null = null;
  #waiting = false;
  #closed = false;
  #last = -Infinity;

  constructor(flush: () => void) {
    this.#flush = flush;
    this.#atEndOfTurn = () => this.#fire();
  }

  /** Something is there to be sent. Cheap to call again. */
  request(): void {
    if (this.#waiting || this.#closed) return;
    this.#waiting = true;
    if (performance.now() - this.#last >= IDLE_AFTER_MS) setImmediate(this.#atEndOfTurn);
    else if (this.#timer === null) this.#timer = setTimeout(this.#atEndOfTurn, LONGEST_WAIT_MS);
    else this.#timer.refresh();
  }

  /** Everything was sent just now. */
  flushed(): void {
    this.#last = performance.now();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #fire(): void {
    // Whoever flushed by hand meanwhile leaves this turn with nothing to do.
    if (!this.#waiting || this.#closed) return;
    this.#waiting = false;
    this.#flush();
  }
}
