import { instantIn } from '@tickhub/plugin-sdk/time';
import type { ZonedInstant } from '@tickhub/plugin-sdk/time';
import { TimePattern } from './time-pattern.ts';

export interface ReadTime {
  /** Unix epoch milliseconds, UTC. */
  readonly at: number;
  /** False where only the day is known. */
  readonly timed: boolean;
  readonly shown: ZonedInstant['shown'];
}

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * A time as ISO 8601 writes it. With an offset it is exact; without one it is a time of `zone` (TradingEconomics leaves the Z off); a day alone
 * is its beginning in `zone`, and has no time of day.
 */
export function readIsoTime(text: string, zone: string): ReadTime | null {
  const match = ISO.exec(text.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const timed = match[4] !== undefined;
  const offset = match[7];
  // Checks day and time as well: Date.UTC would take February 30th for a day of March.
  const found = instantIn(offset === undefined ? zone : 'UTC', { year, month, day, hour, minute, second });
  if (found === null) return null;
  return { at: found.at - offsetMs(offset), timed, shown: found.shown };
}

function offsetMs(offset: string | undefined): number {
  if (offset === undefined || /^z$/i.test(offset)) return 0;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2));
  return (offset.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** How a config says that times are written: `iso`, `epoch-s`, `epoch-ms`, or a pattern such as `MM-dd-yyyy h:mma`. */
export type TimeFormat = (text: string, zone: string) => ReadTime | null;

/** @throws {Error} naming what is wrong with the pattern. */
export function timeFormat(format: string): TimeFormat {
  if (format === 'iso') return readIsoTime;
  if (format === 'epoch-s' || format === 'epoch-ms') {
    const scale = format === 'epoch-s' ? 1_000 : 1;
    return (text) => (/^-?\d+(\.\d+)?$/.test(text.trim()) ? { at: Number(text) * scale, timed: true, shown: 'once' } : null);
  }
  const pattern = new TimePattern(format);
  return (text, zone) => {
    const read = pattern.read(text);
    if (read === null) return null;
    const found = instantIn(zone, read.local);
    return found === null ? null : { at: found.at, timed: read.timed, shown: found.shown };
  };
}
