import type { Clock, Log } from '@tickhub/plugin-sdk';
import { seconds } from './words.ts';

const LOOK_MS = 1_000;
/** Less is a clock being kept right. */
const JUMP_MS = 2_000;

/** Notices when this PC's clock jumps against its timers: it was set, or the PC slept. */
export class ClockWatch {
  readonly #clock: Clock;
  readonly #log: Log;
  /** Wall clock minus timers, milliseconds. */
  #distance: number;
  #jumpedMs = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
    this.#distance = clock.now() - clock.monotonic();
    clock.every(LOOK_MS, () => this.look());
  }

  /** By how much it has jumped since the plugin began, all jumps together, milliseconds. */
  get jumpedMs(): number {
    this.look();
    return this.#jumpedMs;
  }

  look(): void {
    const distance = this.#clock.now() - this.#clock.monotonic();
    const jump = distance - this.#distance;
    this.#distance = distance;
    if (Math.abs(jump) < JUMP_MS) return;
    this.#jumpedMs += jump;
    const words = jump > 0 ? `ahead by ${seconds(jump)}: it slept, or its clock was set` : `back by ${seconds(-jump)}: its clock was set`;
    this.#log.warn(`this PC's clock went ${words}`, { jumpMs: Math.round(jump) });
  }
}
