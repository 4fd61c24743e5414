import type { Cancel } from '../capabilities/clock.ts';
import type { TimeSource } from '../run/time-source.ts';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly task: () => void;
}

/** A clock that a test moves. */
export class VirtualTime implements TimeSource {
  readonly #timers = new Set<Timer>();
  #start: number;
  #elapsed = 0;
  #order = 0;

  /** @param start Unix epoch milliseconds. */
  constructor(start: number) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Goes ahead without running what is due meanwhile, as clocks do while a machine sleeps, or when they are set. */
  leap(wallMs: number, monotonicMs: number): void {
    this.#start += wallMs - monotonicMs;
    this.#elapsed += monotonicMs;
  }

  timer(ms: number, task: () => void): Cancel {
    const timer: Timer = { due: this.#elapsed + ms, order: this.#order++, task };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `ms`, running each timer at its own time; `settle` lets what a timer began go as far as it can. */
  async advance(ms: number, settle: () => Promise<void>): Promise<void> {
    // What was resolved before this call comes before the timers.
    await settle();
    const until = this.#elapsed + ms;
    for (let timer = this.#next(until); timer !== undefined; timer = this.#next(until)) {
      this.#timers.delete(timer);
      this.#elapsed = Math.max(this.#elapsed, timer.due);
      timer.task();
      await settle();
    }
    this.#elapsed = until;
    await settle();
  }

  #next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > until) continue;
      if (first === undefined || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
