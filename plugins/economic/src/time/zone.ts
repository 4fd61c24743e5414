import type { Temporal as Api } from 'temporal-polyfill';
import { Temporal } from './temporal.ts';

/** A day, with a time of day. Months and days count from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
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
 * When the clocks of an IANA zone show a time. New York and Europe change on different Sundays: only the zone's own rules answer this.
 * @returns null where there is no such day or time.
 */
export function instantIn(zone: string, local: LocalTime): ZonedInstant | null {
  let written: Api.PlainDateTime;
  try {
    written = Temporal.PlainDateTime.from(local, { overflow: 'reject' });
  } catch {
    return null;
  }
  const earlier = written.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = written.toZonedDateTime(zone, { disambiguation: 'later' });
  if (earlier.epochMilliseconds === later.epochMilliseconds) return { at: earlier.epochMilliseconds, shown: 'once' };
  // In a gap neither of the two is read as it was written.
  const twice = earlier.toPlainDateTime().equals(written);
  return twice ? { at: earlier.epochMilliseconds, shown: 'twice' } : { at: later.epochMilliseconds, shown: 'never' };
}

/** What the clocks of a zone show at a moment. */
export function localTime(zone: string, at: number): LocalTime {
  const { year, month, day, hour, minute, second } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  return { year, month, day, hour, minute, second };
}

/** The Sunday-to-Saturday week of a zone that a moment lies in: its first moment, and the next week's. */
export function weekOf(zone: string, at: number): { from: number; to: number } {
  const moment = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const sunday = moment.subtract({ days: moment.dayOfWeek % 7 }).startOfDay();
  return { from: sunday.epochMilliseconds, to: sunday.add({ days: 7 }).startOfDay().epochMilliseconds };
}

/** Whether the platform knows an IANA zone of that name. */
export function isZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
