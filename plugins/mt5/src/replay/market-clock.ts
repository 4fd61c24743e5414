import type { Clock } from '@tickhub/plugin-sdk';

/** What time it is on the replayed market (played time, epoch milliseconds). */
export interface MarketClock {
  /** False: {@link waitFor} never asks to wait. */
  readonly paced: boolean;
  now(): number;
  /** Milliseconds until the market is at `played`; 0 when it is there. */
  waitFor(played: number): number;
  /** The market stands at `played` when it opens; NaN before that. Later calls do nothing. */
  open(played: number): void;
  readonly opened: boolean;
  /** A tick of this played time was sent. */
  reached(played: number): void;
}

/** Ticks stamped as of now: the market's time is the wall clock's. */
export class WallMarketClock implements MarketClock {
  readonly paced = true;
  readonly opened = true;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  waitFor(played: number): number {
    return Math.max(0, played - this.#clock.now());
  }

  open(): void {}

  reached(): void {}
}

/** Recorded times, `speed` of them a millisecond. */
export class PacedMarketClock implements MarketClock {
  readonly paced = true;
  readonly #clock: Clock;
  readonly #speed: number;
  #openedAt = NaN;
  #start = NaN;

  constructor(clock: Clock, speed: number) {
    this.#clock = clock;
    this.#speed = speed;
  }

  get opened(): boolean {
    return !Number.isNaN(this.#start);
  }

  open(played: number): void {
    if (this.opened) return;
    this.#start = played;
    this.#openedAt = this.#clock.monotonic();
  }

  now(): number {
    return this.#start + (this.#clock.monotonic() - this.#openedAt) * this.#speed;
  }

  waitFor(played: number): number {
    return Math.max(0, (played - this.now()) / this.#speed);
  }

  reached(): void {}
}

/** As fast as the plugin takes it: the market is where the last tick was. */
export class FullSpeedMarketClock implements MarketClock {
  readonly paced = false;
  #at = NaN;

  get opened(): boolean {
    return !Number.isNaN(this.#at);
  }

  open(played: number): void {
    if (!this.opened) this.#at = played;
  }

  now(): number {
    return this.#at;
  }

  waitFor(): number {
    return 0;
  }

  reached(played: number): void {
    if (played > this.#at) this.#at = played;
  }
}
