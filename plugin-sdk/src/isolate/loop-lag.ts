const LOOK_EVERY_MS = 100;

/** How long the event loop was held up: the most a timer was late. */
export class LoopLag {
  readonly #timer: NodeJS.Timeout;
  #due = performance.now() + LOOK_EVERY_MS;
  #worst = 0;

  constructor() {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** The worst since the last call, in milliseconds. */
  take(): number {
    this.#look();
    const worst = this.#worst;
    this.#worst = 0;
    return worst;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    this.#worst = Math.max(this.#worst, now - this.#due);
    this.#due = now + LOOK_EVERY_MS;
  }
}
