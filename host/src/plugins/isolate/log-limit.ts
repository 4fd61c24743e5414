import type { Log, LogLevel } from '../../telemetry/log.ts';

const LINES_A_SECOND = 50;
const BURST = 200;
const LONGEST_MESSAGE = 4_000;

/** Hands on what a plugin logs, but not more than a person could want to read; what was left out is counted and said. */
export class LogLimit {
  readonly #log: Log;
  readonly #plugin: string;
  readonly #monotonic: () => number;
  #allowance = BURST;
  #filledAt: number;
  #dropped = 0;

  constructor(log: Log, plugin: string, monotonic: () => number = () => performance.now()) {
    this.#log = log;
    this.#plugin = plugin;
    this.#monotonic = monotonic;
    this.#filledAt = monotonic();
  }

  write(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
    const now = this.#monotonic();
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#filledAt) / 1_000) * LINES_A_SECOND);
    this.#filledAt = now;
    if (this.#allowance < 1) {
      this.#dropped++;
      return;
    }
    this.#allowance--;
    if (this.#dropped > 0) {
      this.#log.warn(`${this.#dropped} log lines of this plugin were left out: it writes more than ${LINES_A_SECOND} a second`, {
        plugin: this.#plugin,
      });
      this.#dropped = 0;
    }
    // The plugin's id goes last: a plugin cannot speak under another's name.
    this.#log[level](message.slice(0, LONGEST_MESSAGE), { ...fields, plugin: this.#plugin });
  }
}
