import type { Clock } from '@tickhub/plugin-sdk';

/** A check that comes this late means that this process stood still, not the peer. */
const STOOD_STILL_MS = 1_000;

/** When the peer was last heard, when it was last pinged, and how long an answer takes. */
export class Heartbeat {
  readonly #clock: Clock;
  #heardAt: number;
  #checkedAt: number;
  #pingedAt = 0;
  #seq = 0n;
  #roundTripMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#heardAt = this.#checkedAt = clock.monotonic();
  }

  get silentMs(): number {
    return this.#clock.monotonic() - this.#heardAt;
  }

  /** Of the last PING, milliseconds; null before the first PONG. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  get pingedMsAgo(): number {
    return this.#clock.monotonic() - this.#pingedAt;
  }

  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** A regular look. False when it comes so late that this process stood still: what came meanwhile is not read yet, so silence proves nothing. */
  look(): boolean {
    const now = this.#clock.monotonic();
    const late = now - this.#checkedAt;
    this.#checkedAt = now;
    return late < STOOD_STILL_MS;
  }

  /** The number of the PING that is sent now. */
  ping(): bigint {
    this.#pingedAt = this.#clock.monotonic();
    return ++this.#seq;
  }

  pong(seq: bigint): void {
    if (seq === this.#seq) this.#roundTripMs = this.pingedMsAgo;
  }
}
