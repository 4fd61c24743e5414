import type { Cancel, Clock } from '@tickhub/plugin-sdk';

/** The clock capability with a time that runs `speed` times as fast, so that a silence of 3 s is noticed in 3 s / speed. */
export class FastClock implements Clock {
  readonly #speed: number;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(speed = 1) {
    this.#speed = speed;
  }

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now() * this.#speed;
  }

  after(ms: number, task: () => void | Promise<void>): Cancel {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void task();
    }, ms / this.#speed);
    this.#timers.add(timer);
    return () => clearTimeout(timer);
  }

  every(ms: number, task: () => void | Promise<void>): Cancel {
    const timer = setInterval(() => void task(), ms / this.#speed);
    this.#timers.add(timer);
    return () => clearInterval(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
