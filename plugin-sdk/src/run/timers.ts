import type { Cancel, Clock } from '../capabilities/clock.ts';
import { PluginFault, describe } from './fault.ts';
import type { TimeSource } from './time-source.ts';

/** The `clock` capability: keeps count of the timers, so that none outlives the plugin. */
export class Timers implements Clock {
  readonly #time: TimeSource;
  readonly #crash: (error: unknown) => void;
  readonly #running = new Set<Cancel>();
  #closed = false;

  /** @param crash called with what a task threw or rejected with. */
  constructor(time: TimeSource, crash: (error: unknown) => void) {
    this.#time = time;
    this.#crash = crash;
  }

  now(): number {
    return this.#time.now();
  }

  monotonic(): number {
    return this.#time.monotonic();
  }

  after(ms: number, task: () => void | Promise<void>): Cancel {
    check('after', ms, task);
    return this.#start(ms, () => void this.#run(task));
  }

  every(ms: number, task: () => void | Promise<void>): Cancel {
    check('every', ms, task);
    const period = Math.max(1, ms);
    let busy = false;
    let stopped = false;
    let cancel: Cancel = () => undefined;
    let due = this.#time.monotonic() + period;
    const arm = (): void => {
      cancel = this.#start(Math.max(0, due - this.#time.monotonic()), () => {
        // Turns that were slept through are skipped, not made up for.
        const now = this.#time.monotonic();
        due = due + period > now ? due + period : now + period;
        if (!busy) {
          busy = true;
          void this.#run(task).then(() => {
            busy = false;
          });
        }
        if (!stopped) arm();
      });
    };
    arm();
    return () => {
      stopped = true;
      cancel();
    };
  }

  /** Ends all timers; those asked for later never run. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#running) cancel();
    this.#running.clear();
  }

  #start(ms: number, fire: () => void): Cancel {
    if (this.#closed) return () => undefined;
    const cancelTimer = this.#time.timer(ms, () => {
      this.#running.delete(cancel);
      fire();
    });
    const cancel = (): void => {
      this.#running.delete(cancel);
      cancelTimer();
    };
    this.#running.add(cancel);
    return cancel;
  }

  async #run(task: () => void | Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      // What a task that was still going when the plugin stopped fails with is of no interest: a request that was cut off, most likely.
      if (!this.#closed) this.#crash(error);
    }
  }
}

function check(method: string, ms: number, task: unknown): void {
  if (typeof ms !== 'number' || !(ms >= 0) || ms === Infinity) {
    throw new PluginFault(
      'CLOCK_ARGUMENT',
      `clock.${method} takes milliseconds from 0 up, not ${typeof ms === 'number' ? ms : describe(ms)}`,
    );
  }
  if (typeof task !== 'function') throw new PluginFault('CLOCK_ARGUMENT', `clock.${method} takes a function, not ${describe(task)}`);
}
