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

/** The distance between two numbers of the size of today's epoch milliseconds. */
const STEP = 2 ** -12;

/**
 * Unix epoch milliseconds with fraction. `performance.timeOrigin + performance.now()` has the fraction but does not follow a wall clock that
 * is set, and stands still while the machine sleeps; `Date.now()` follows but has no fraction. So the first is held within the millisecond that the
 * second was in, read before and after, so that a process that loses its turn in between draws no wrong conclusion.
 */
export function preciseEpoch(now: () => number = Date.now, monotonic: () => number = () => performance.now()): () => number {
  let origin = performance.timeOrigin;
  return () => {
    const before = now();
    const elapsed = monotonic();
    const after = now();
    const precise = origin + elapsed;
    if (precise >= before && precise < after + 1) return precise;
    // The nearest that the clock allows: going back to the beginning of its millisecond would have time run backwards by most of one.
    const corrected = precise < before ? before : after + 1 - STEP;
    origin = corrected - elapsed;
    return corrected;
  };
}
