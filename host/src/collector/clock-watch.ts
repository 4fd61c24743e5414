const LOOK_MS = 1_000;
/** Smaller steps are what time servers do all day. */
const STEP_MS = 1_500;
/** Nothing but sleep, or a person, moves a clock so far. */
const SLEEP_MS = 30_000;

/** The wall clock and the monotonic one have parted. */
export interface ClockJump {
  /** By how much the wall clock leapt, milliseconds; negative when it was set back. */
  readonly byMs: number;
  /** `resumed`: the machine or the host seems to have slept. `stepped`: the clock was set. */
  readonly kind: 'resumed' | 'stepped';
  /** For a person. */
  readonly words: string;
}

/** What the watch needs of time: both clocks in milliseconds, and a timer. */
export interface WatchedClocks {
  wall(): number;
  monotonic(): number;
  every(ms: number, task: () => void): () => void;
}

export const machineClocks: WatchedClocks = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  every(ms, task) {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/**
 * Notices that the machine slept or its clock was set. During sleep the monotonic clock stands still on some systems and goes on on others, so a look that
 * comes much too late by either of them is one after sleep.
 */
export class ClockWatch {
  readonly #clocks: WatchedClocks;
  readonly #onJump: (jump: ClockJump) => void;
  #wall: number;
  #monotonic: number;
  #cancel: (() => void) | null = null;

  constructor(clocks: WatchedClocks, onJump: (jump: ClockJump) => void) {
    this.#clocks = clocks;
    this.#onJump = onJump;
    this.#wall = clocks.wall();
    this.#monotonic = clocks.monotonic();
  }

  start(): void {
    this.#cancel ??= this.#clocks.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #look(): void {
    const [wall, monotonic] = [this.#clocks.wall(), this.#clocks.monotonic()];
    const passed = monotonic - this.#monotonic;
    const byMs = wall - this.#wall - passed;
    this.#wall = wall;
    this.#monotonic = monotonic;
    if (byMs >= SLEEP_MS || passed >= SLEEP_MS) {
      const slept = Math.max(byMs, 0) + passed;
      this.#onJump({ byMs, kind: 'resumed', words: `nothing ran here for ${inWords(slept)}: the machine slept, or its clock was set` });
    } else if (Math.abs(byMs) >= STEP_MS) {
      const way = byMs > 0 ? 'forward' : 'back';
      this.#onJump({ byMs, kind: 'stepped', words: `the clock was set ${way} by ${inWords(Math.abs(byMs))}` });
    }
  }
}

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
