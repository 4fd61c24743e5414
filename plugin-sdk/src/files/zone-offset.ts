/** Offsets of an IANA zone for times that are coded as the zone's wall clock, such as a broker's ticks. */

import { instantAt, isZone, offsetAt } from '../time/zone.ts';

const QUARTER_MS = 900_000;
const MAX_CACHED = 4_096;

/**
 * Clocks that brokers keep and no IANA zone has. `EET-US` runs seven hours ahead of New York, so that its day ends with the market's.
 */
const BROKER_CLOCKS: Readonly<Record<string, { zone: string; aheadMs: number }>> = {
  'EET-EU': { zone: 'Europe/Athens', aheadMs: 0 },
  'EET-US': { zone: 'America/New_York', aheadMs: 7 * 3_600_000 },
};

/** Whether it is a zone that this runtime knows, or one of the brokers' clocks. */
export function isServerZone(name: string): boolean {
  return Object.hasOwn(BROKER_CLOCKS, name) || isZone(name);
}

/** The zone's offset from UTC by its own clock. Zones change at whole quarters of an hour, so an answer counts for its quarter. */
export class ZoneOffset {
  readonly #zone: string;
  readonly #aheadMs: number;
  readonly #byQuarter = new Map<number, number>();

  /** @throws RangeError when the runtime does not know the zone. */
  constructor(zone: string) {
    const clock = BROKER_CLOCKS[zone];
    this.#aheadMs = clock?.aheadMs ?? 0;
    this.#zone = clock?.zone ?? zone;
    offsetAt(this.#zone, 0);
  }

  /**
   * Wall clock minus UTC in milliseconds, `wallMs` being the wall clock coded as an epoch. In the hour that a change to winter time repeats the
   * first pass counts (summer time); in the one that a change to summer time skips, the offset before it.
   */
  atWall(wallMs: number): number {
    const quarter = Math.floor(wallMs / QUARTER_MS);
    const known = this.#byQuarter.get(quarter);
    if (known !== undefined) return known;
    const offset = wallMs - instantAt(this.#zone, wallMs - this.#aheadMs).at;
    if (this.#byQuarter.size >= MAX_CACHED) this.#byQuarter.clear();
    this.#byQuarter.set(quarter, offset);
    return offset;
  }

  /** Wall clock minus UTC in milliseconds at an instant (epoch milliseconds, UTC). */
  atUtc(utcMs: number): number {
    return offsetAt(this.#zone, utcMs) + this.#aheadMs;
  }
}

/** The first wall-clock millisecond of the quarter of an hour that `wallMs` is in, and that of the next. */
export function quarterOf(wallMs: number): { from: number; until: number } {
  const from = Math.floor(wallMs / QUARTER_MS) * QUARTER_MS;
  return { from, until: from + QUARTER_MS };
}
