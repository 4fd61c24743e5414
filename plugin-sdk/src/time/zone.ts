/** IANA zones, by the zone data of the runtime. A wall time is what a zone's clocks show, coded as epoch milliseconds as if it were UTC. */

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws {RangeError} when the runtime does not know the zone. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) formats.set(zone, (format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })));
  return format;
}

/** Whether the runtime knows an IANA zone of that name. */
export function isZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a zone's clocks show at an instant (Unix epoch milliseconds), minus UTC; milliseconds. Costs some microseconds.
 * @throws {RangeError} when the runtime does not know the zone.
 */
export function offsetAt(zone: string, at: number): number {
  if (zone === 'UTC') return 0;
  // "11/25/2026, GMT-05:00", with seconds for the local mean times of long ago.
  const [, sign, hours, minutes, seconds] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatOf(zone).format(at)) ?? [];
  const size = Number(hours ?? 0) * 3_600_000 + Number(minutes ?? 0) * 60_000 + Number(seconds ?? 0) * 1_000;
  return sign === '-' ? -size : size;
}

export interface ZonedInstant {
  /** Unix epoch milliseconds, UTC. */
  readonly at: number;
  /**
   * How often the zone's clocks show that time: `twice` in the hour that is repeated in autumn (the first is taken), `never` in the one that is left
   * out in spring (it is as much later as the clocks are put forward).
   */
  readonly shown: 'once' | 'twice' | 'never';
}

/**
 * When the clocks of a zone show a wall time.
 * @throws {RangeError} when the runtime does not know the zone.
 */
export function instantAt(zone: string, wall: number): ZonedInstant {
  // No zone is further than 14 h from UTC and none changes twice within two days: a change near that time lies between these.
  const before = offsetAt(zone, wall - DAY_MS);
  const after = offsetAt(zone, wall + DAY_MS);
  const first = wall - before;
  if (before === after) return { at: first, shown: 'once' };
  const second = wall - after;
  const isFirst = offsetAt(zone, first) === before;
  const isSecond = offsetAt(zone, second) === after;
  if (isFirst) return { at: first, shown: isSecond ? 'twice' : 'once' };
  return isSecond ? { at: second, shown: 'once' } : { at: first, shown: 'never' };
}

/** A day with a time of day. Months and days count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * When the clocks of a zone show a time. New York and Europe change on different Sundays: only the zone's own rules answer this.
 * @returns null where there is no such day or time.
 * @throws {RangeError} when the runtime does not know the zone.
 */
export function instantIn(zone: string, { year, month, day, hour, minute, second }: WallTime): ZonedInstant | null {
  const date = new Date(0);
  // Date.UTC would take the year 26 for 1926.
  date.setUTCFullYear(year, month - 1, day);
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const wall = date.setUTCHours(hour, minute, second);
  const isTime = date.getUTCHours() === hour && date.getUTCMinutes() === minute && date.getUTCSeconds() === second;
  return isDay && isTime ? instantAt(zone, wall) : null;
}
