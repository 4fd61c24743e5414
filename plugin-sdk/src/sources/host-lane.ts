import type { Clock } from '../capabilities/clock.ts';
import { backoffMs, jittered } from './backoff.ts';
import type { Random } from './backoff.ts';

export const FIRST_BACKOFF_MS = 5_000;
export const LONGEST_BACKOFF_MS = 900_000;
/** Between the end of one request and the start of the next to the same host: no more than a handful a second, which the strictest hosts allow. */
const GAP_MS = 200;

/** One host: one request at a time, and a common pause when it is in trouble or asked for one. Times are monotonic milliseconds. */
export class HostLane {
  readonly host: string;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting: (() => Promise<void>)[] = [];
  #running = false;
  #freeAt = 0;
  #failures = 0;
  #pausedUntil = 0;
  /** The part of the pause that the host itself asked for. */
  #askedUntil = 0;
  #why = '';

  constructor(host: string, clock: Clock, random: Random) {
    this.host = host;
    this.#clock = clock;
    this.#random = random;
  }

  /** No request goes out before it. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** Why there is a pause. */
  get why(): string {
    return this.#why;
  }

  /** True when nothing would be lost by forgetting it. */
  get idle(): boolean {
    return !this.#running && this.#waiting.length === 0 && this.#failures === 0 && this.#pausedUntil <= this.#clock.monotonic();
  }

  /** Runs `turn` when the turns before it are done. `turn` looks itself whether there is a pause by then. Never rejects. */
  enqueue(turn: () => Promise<void>): void {
    this.#waiting.push(turn);
    if (!this.#running) void this.#work();
  }

  succeeded(): void {
    this.#failures = 0;
  }

  /** The host is in trouble, or asked for a pause: all its sources wait. */
  failed(why: string, retryAfterMs: number | null): void {
    this.#failures++;
    if (retryAfterMs === null) this.#pause(why, backoffMs(this.#failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS));
    else this.askedToPause(why, retryAfterMs);
  }

  askedToPause(why: string, ms: number): void {
    this.#pause(why, ms);
    this.#askedUntil = Math.max(this.#askedUntil, this.#clock.monotonic() + ms);
  }

  /** The machine slept: what failed before it says nothing of now. */
  leapt(): void {
    this.#failures = 0;
    this.#pausedUntil = Math.min(this.#pausedUntil, this.#askedUntil);
  }

  /** A request has ended. */
  used(): void {
    this.#freeAt = this.#clock.monotonic() + GAP_MS;
  }

  #pause(why: string, ms: number): void {
    const until = this.#clock.monotonic() + jittered(ms, this.#random);
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#why = why;
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let turn = this.#waiting.shift(); turn !== undefined; turn = this.#waiting.shift()) {
      const rest = this.#freeAt - this.#clock.monotonic();
      if (rest > 0) await new Promise<void>((resolve) => this.#clock.after(rest, resolve));
      await turn();
    }
    this.#running = false;
  }
}
