/**
 * Watches for signs of life. It counts looks, not time: after a suspended laptop or a blocked host there is one look without a sign, not many,
 * so nobody is killed for having slept.
 */
export class Heartbeat {
  readonly #everyMs: number;
  readonly #limit: number;
  readonly #onSilence: () => void;
  #timer: NodeJS.Timeout | null = null;
  #missed = 0;

  constructor(everyMs: number, limit: number, onSilence: () => void) {
    this.#everyMs = everyMs;
    this.#limit = limit;
    this.#onSilence = onSilence;
  }

  start(): void {
    this.stop();
    this.#missed = 0;
    this.#timer = setInterval(() => this.#look(), this.#everyMs);
    this.#timer.unref();
  }

  beat(): void {
    this.#missed = 0;
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    if (++this.#missed < this.#limit) return;
    this.stop();
    this.#onSilence();
  }
}
