import type { TimeQuality } from '@tickhub/plugin-sdk';
import { readDate } from './date.ts';

/** Clocks differ by so much; more is a wrong date. */
const AHEAD_MS = 120_000;

export interface EventTime {
  readonly time: number;
  readonly quality: TimeQuality;
}

/**
 * When an item was published.
 * @param text as the feed says it.
 * @param seen when the item was first seen.
 */
export function eventTime(text: string | undefined, zone: string, seen: number): EventTime {
  const read = text === undefined ? null : readDate(text, zone);
  if (read === null) return { time: seen, quality: 'first-seen' };
  if (read.time > seen + AHEAD_MS) return { time: seen, quality: 'clamped' };
  return { time: read.time, quality: read.zoned ? 'exact' : 'zone-assumed' };
}
