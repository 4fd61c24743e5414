import type { Clock } from '@tickhub/plugin-sdk';

/** How far a look may come after the one before it, and how far the two clocks may drift apart between them. */
const LONGEST_PAUSE_MS = 30_000;
const LARGEST_DRIFT_MS = 2_000;

/** What a look at the clocks says. */
export type ClockNews = 'steady' | 'slept' | 'set-back';

/** Tells a sleep, or a clock that was set, by the two clocks: called each second. */
export class ClockWatch {
  readonly #clock: Clock;
  #wall: number;
  #monotonic: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#wall = clock.now();
    this.#monotonic = clock.monotonic();
  }

  look(): ClockNews {
    const wall = this.#clock.now() - this.#wall;
    const monotonic = this.#clock.monotonic() - this.#monotonic;
    this.#wall += wall;
    this.#monotonic += monotonic;
    if (wall < monotonic - LARGEST_DRIFT_MS) return 'set-back';
    // A clock that is set forward is like a sleep: what lies between was not listened to.
    return Math.max(wall, monotonic) > LONGEST_PAUSE_MS ? 'slept' : 'steady';
  }
}
