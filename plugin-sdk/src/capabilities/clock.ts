/** Cancels a timer; calling it twice is harmless. */
export type Cancel = () => void;

/** Time and timers. Use it rather than the globals, so that tests can move the time. Timers end with the plugin. */
export interface Clock {
  /** Wall clock, Unix epoch milliseconds, UTC. It may jump. */
  now(): number;
  /** Monotonic milliseconds with fraction, from an arbitrary zero. */
  monotonic(): number;
  /** Runs `task` once after `ms`. What it throws, or rejects with, crashes the plugin with a reason, as any uncaught error does. */
  after(ms: number, task: () => void | Promise<void>): Cancel;
  /** Runs `task` every `ms`; a run that is still going skips the next turn. */
  every(ms: number, task: () => void | Promise<void>): Cancel;
}
