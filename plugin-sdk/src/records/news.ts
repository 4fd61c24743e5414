import { z } from 'zod';

/** How an event's time is known. */
export const TimeQuality = z.enum([
  /** The source gave it with its zone. */
  'exact',
  /** The source gave none; the feed's zone was taken. */
  'zone-assumed',
  /** The source gave a time in the future; it was set to when it was seen. */
  'clamped',
  /** The source gave none that could be read; it is when it was first seen. */
  'first-seen',
]);
export type TimeQuality = z.infer<typeof TimeQuality>;

/** Body of a `news` record: one item of one feed. The record's `time` is when it was published, UTC. */
export const NewsBody = z.strictObject({
  /** Plain text. */
  title: z.string().max(2_000),
  /** Plain text, without markup; shortened where it is long. */
  text: z.string().max(20_000).optional(),
  url: z.string().max(4_000).optional(),
  /** Name of the feed, as its source is named. */
  feed: z.string().min(1).max(128),
  authors: z.array(z.string().max(200)).max(20).optional(),
  categories: z.array(z.string().max(200)).max(50).optional(),
  /** BCP 47, such as `en` or `pt-BR`. */
  language: z.string().max(35).optional(),
  /** Canonical symbols that are mentioned: `EURUSD`, `XAUUSD`. */
  symbols: z.array(z.string().min(1).max(64)).max(100),
  /** ISO 4217 codes that are mentioned or concerned. */
  currencies: z.array(z.string().length(3)).max(50),
  timeQuality: TimeQuality,
  /** When the source says that it was changed, Unix epoch milliseconds, UTC. */
  updatedAt: z.number().optional(),
  /** Key of the record of another feed that tells the same. */
  duplicateOf: z.string().max(512).optional(),
});
export type NewsBody = z.infer<typeof NewsBody>;
