import type { Cancel } from '../capabilities/clock.ts';

/** Where a plugin's time comes from: the machine, or a test that moves it by hand. */
export interface TimeSource {
  /** Unix epoch milliseconds, UTC. */
  now(): number;
  /** Monotonic milliseconds with fraction. */
  monotonic(): number;
  /** Calls `task` once after `ms`. */
  timer(ms: number, task: () => void): Cancel;
}

/** setTimeout counts in 32 bits and calls at once what is longer. */
const LONGEST_TIMEOUT = 2_147_483_647;

export const machineTime: TimeSource = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  timer(ms, task) {
    let left = ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const step = Math.min(left, LONGEST_TIMEOUT);
      left -= step;
      timer = setTimeout(() => (left > 0 ? arm() : task()), step);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** A step of the wall clock, or a sleep of the machine, of at least this much is followed. */
const STEP_MS = 5;

/**
 * Unix epoch milliseconds with fraction. `performance.timeOrigin + performance.now()` has the fraction but does not follow a wall clock that
 * is set, and stands still while the machine sleeps; `Date.now()` follows but has no fraction.
 */
export function preciseEpoch(now: () => number = Date.now, monotonic: () => number = () => performance.now()): () => number {
  let origin = performance.timeOrigin;
  return () => {
    const elapsed = monotonic();
    const coarse = now();
    const precise = origin + elapsed;
    if (Math.abs(precise - coarse) < STEP_MS) return precise;
    origin = coarse - elapsed;
    return coarse;
  };
}
