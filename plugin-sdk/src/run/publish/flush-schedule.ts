/** Sends at the end of the turn are granted at this distance on average, and so many in a row. */
const GRANT_EVERY_MS = 0.5;
const MOST_GRANTS = 4;
const LONGEST_WAIT_MS = 1;

/**
 * When to send what was published. At the end of the turn, so that one tick alone waits for nothing and one burst becomes one batch; but a stream
 * of single ticks, which would be a stream of single writes, is sent a millisecond's worth at a time once it has used up its grants. (A rule of "not
 * sent for so long" instead falls in step with a feed that ticks each millisecond, and holds every tick for one: measured.)
 */
export class FlushSchedule {
  readonly #flush: () => void;
  readonly #fire: () => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | null = null;
  #waiting = false;
  #closed = false;
  #grants = MOST_GRANTS;
  #last = 0;

  constructor(flush: () => void, now: () => number = () => performance.now()) {
    this.#flush = flush;
    this.#now = now;
    this.#fire = () => {
      if (!this.#waiting || this.#closed) return;
      this.#waiting = false;
      this.#flush();
    };
  }

  /** Something is there to be sent. Cheap to call again. */
  request(): void {
    if (this.#waiting || this.#closed) return;
    this.#waiting = true;
    const now = this.#now();
    this.#grants = Math.min(MOST_GRANTS, this.#grants + (now - this.#last) / GRANT_EVERY_MS);
    this.#last = now;
    if (this.#grants >= 1) setImmediate(this.#fire);
    else if (this.#timer === null) this.#timer = setTimeout(this.#fire, LONGEST_WAIT_MS);
    else this.#timer.refresh();
  }

  /** Everything was sent just now, by whatever cause. */
  flushed(): void {
    this.#grants = Math.max(0, this.#grants - 1);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
