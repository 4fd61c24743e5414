import type { Clock } from '../capabilities/clock.ts';

const LOOK_EVERY_MS = 5_000;
const LEAP_MS = 30_000;

/** A look at the clocks that came out other than the one before foretold. */
export interface Leap {
  /** How far the monotonic clock went beyond the time between two looks, in milliseconds: what timers have already seen. */
  readonly monotonicMs: number;
  /** How far the wall clock went beyond it; negative when it was set back. */
  readonly wallMs: number;
}

/**
 * Tells when the machine slept, or its clock was set: one of the clocks went more than 30 s beyond the 5 s between two looks. Whether the monotonic
 * clock counts a sleep is the system's choice (Windows: yes, Linux: no), so both are watched.
 */
export function watchForLeaps(clock: Clock, onLeap: (leap: Leap) => void): () => void {
  let wall = clock.now();
  let monotonic = clock.monotonic();
  return clock.every(LOOK_EVERY_MS, () => {
    const leap = { monotonicMs: clock.monotonic() - monotonic - LOOK_EVERY_MS, wallMs: clock.now() - wall - LOOK_EVERY_MS };
    wall = clock.now();
    monotonic = clock.monotonic();
    if (leap.monotonicMs > LEAP_MS || leap.wallMs > LEAP_MS) onLeap(leap);
  });
}
