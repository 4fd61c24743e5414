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

/** The body of a record of one stream, typed. */
export type RecordBody<S extends RecordStream> = z.infer<(typeof RecordBodies)[S]>;
