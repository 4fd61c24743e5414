/** Offsets of an IANA zone for times that are coded as the zone's wall clock, such as a broker's ticks. */

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
export function isZone(name: string): boolean {
  if (Object.hasOwn(BROKER_CLOCKS, name)) return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The zone's offset from UTC by its own clock. Zones change at whole quarters of an hour, so an answer counts for its quarter. */
export class ZoneOffset {
  readonly #format: Intl.DateTimeFormat;
  readonly #aheadMs: number;
  readonly #byQuarter = new Map<number, number>();

  /** @throws RangeError when the runtime does not know the zone. */
  constructor(zone: string) {
    const clock = BROKER_CLOCKS[zone];
    this.#aheadMs = clock?.aheadMs ?? 0;
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: clock?.zone ?? zone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /**
   * Wall clock minus UTC in milliseconds, `wallMs` being the wall clock coded as an epoch. In the hour that a change to winter time repeats the
   * first pass counts (summer time); in the one that a change to summer time skips, the offset before it.
   */
  atWall(wallMs: number): number {
    const quarter = Math.floor(wallMs / QUARTER_MS);
    const known = this.#byQuarter.get(quarter);
    if (known !== undefined) return known;
    const offset = this.#lookUp(wallMs);
    if (this.#byQuarter.size >= MAX_CACHED) this.#byQuarter.clear();
    this.#byQuarter.set(quarter, offset);
    return offset;
  }

  #lookUp(wallMs: number): number {
    // No zone is further than 14 h from UTC and none changes twice within a day, so a change near wallMs lies between these two.
    const before = this.atUtc(wallMs - 86_400_000);
    const after = this.atUtc(wallMs + 86_400_000);
    if (before === after) return before;
    // The first pass: an instant that really shows this wall clock under the earlier offset.
    if (this.atUtc(wallMs - before) === before) return before;
    if (this.atUtc(wallMs - after) === after) return after;
    return before;
  }

  /** Wall clock minus UTC in milliseconds at an instant (epoch milliseconds, UTC). */
  atUtc(utcMs: number): number {
    const parts: Record<string, string> = {};
    for (const { type, value } of this.#format.formatToParts(utcMs)) parts[type] = value;
    const number = (part: string): number => Number(parts[part]);
    const wall = Date.UTC(number('year'), number('month') - 1, number('day'), number('hour'), number('minute'), number('second'));
    return wall - Math.floor(utcMs / 1_000) * 1_000 + this.#aheadMs;
  }
}

/** The first wall-clock millisecond of the quarter of an hour that `wallMs` is in, and that of the next. */
export function quarterOf(wallMs: number): { from: number; until: number } {
  const from = Math.floor(wallMs / QUARTER_MS) * QUARTER_MS;
  return { from, until: from + QUARTER_MS };
}
