import type { PluginTimings } from '../timings.ts';

export interface CrashVerdict {
  /** Crashes that count at present, this one included. */
  readonly count: number;
  /** Null: no more attempts, quarantine. */
  readonly backoffMs: number | null;
}

/** Counts the crashes of one plugin: within a window, fewer with each spell of health. Times are monotonic milliseconds. */
export class CrashTally {
  readonly #timings: PluginTimings;
  readonly #random: () => number;
  #crashes: number[] = [];
  #healthySince: number | null = null;

  constructor(timings: PluginTimings, random: () => number = Math.random) {
    this.#timings = timings;
    this.#random = random;
  }

  get count(): number {
    return this.#crashes.length;
  }

  /** Notes a crash. The backoff doubles with each that counts; jitter takes up to a quarter off, so that plugins do not restart in step. */
  crash(now: number): CrashVerdict {
    const { crashLimit, crashWindowMs, backoffFirstMs, backoffMostMs } = this.#timings;
    this.#healthySince = null;
    this.#crashes = this.#crashes.filter((at) => now - at < crashWindowMs);
    this.#crashes.push(now);
    const count = this.#crashes.length;
    if (count >= crashLimit) return { count, backoffMs: null };
    const full = Math.min(backoffMostMs, backoffFirstMs * 2 ** (count - 1));
    return { count, backoffMs: Math.max(Math.min(backoffFirstMs, full), full * (1 - this.#random() / 4)) };
  }

  /** Notes a sign of health. */
  healthy(now: number): void {
    this.#healthySince ??= now;
    while (this.#crashes.length > 0 && now - this.#healthySince >= this.#timings.forgiveMs) {
      this.#crashes.shift();
      this.#healthySince += this.#timings.forgiveMs;
    }
  }

  reset(): void {
    this.#crashes = [];
    this.#healthySince = null;
  }
}
