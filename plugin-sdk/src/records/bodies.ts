import { z } from 'zod';
import type { RecordStream } from '../protocol/records.ts';
import { AccountBody, PositionsBody } from './account.ts';
import { BarBody } from './bar.ts';
import { BookBody } from './book.ts';
import { CalendarBody } from './calendar.ts';
import { NewsBody } from './news.ts';
import { SocialBody } from './social.ts';

const Free = z.record(z.string(), z.unknown());

/** What the body of a record of each stream has to be. `custom` is the plugin's own affair. */
export const RecordBodies = {
  bars: BarBody,
  book: BookBody,
  account: AccountBody,
  positions: PositionsBody,
  news: NewsBody,
  calendar: CalendarBody,
  social: SocialBody,
  custom: Free,
  analysis: Free,
  gap: Free,
  notice: Free,
} as const satisfies Readonly<Record<RecordStream, z.ZodType<Record<string, unknown>>>>;

/** Objects and lists within each other. Deeper ones break what copies a body by calling itself: a thread's messages, a comparison. */
export const DEEPEST_BODY = 64;

/** Whether a body has objects and lists more than `most` deep within each other; it is one itself. */
export function isTooDeep(body: unknown, most = DEEPEST_BODY): boolean {
  if (typeof body !== 'object' || body === null) return false;
  return most === 0 || Object.values(body).some((member) => isTooDeep(member, most - 1));
}

/** The body of a record of one stream, typed. */
export type RecordBody<S extends RecordStream> = z.infer<(typeof RecordBodies)[S]>;
