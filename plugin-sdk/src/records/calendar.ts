import { z } from 'zod';

export const Impact = z.enum(['high', 'medium', 'low', 'none', 'holiday']);
export type Impact = z.infer<typeof Impact>;

/** A published figure: as it was written, and as a number where it is one (`178K` is 178000, `<0.1%` has none). */
export const CalendarValue = z.strictObject({
  text: z.string().max(100),
  value: z.number().nullable(),
  unit: z.string().max(16).optional(),
  /** Where it is several numbers: yield and cover of an auction (`3.68|3.3`), the votes of a rate decision (`2-0-7`). Its value is null, then. */
  parts: z.array(z.number()).max(60).optional(),
});
export type CalendarValue = z.infer<typeof CalendarValue>;

/** Actual minus forecast, and no more: whether more is better depends on the figure, and is not said here. */
export const Surprise = z.strictObject({
  /** In the unit of the figures. */
  absolute: z.number(),
  /** In standard deviations of the surprises before it; null while there are too few, or all were the same. */
  deviations: z.number().nullable(),
  /** How many surprises the deviation is of. */
  samples: z.number().int().min(0),
});
export type Surprise = z.infer<typeof Surprise>;

/**
 * Body of a `calendar` record: what is known of one economic release. The record's `time` is the release's time, UTC; of a countdown it is when
 * the countdown was due.
 */
export const CalendarBody = z.strictObject({
  /** `scheduled`: what is known before; a newer record with the same key is a revision. `countdown`: it is near. `result`: it is out. */
  kind: z.enum(['scheduled', 'countdown', 'result']),
  /** Stable over revisions. */
  event: z.string().min(1).max(256),
  title: z.string().max(500),
  /** ISO 4217; `ALL` where the event concerns every currency. */
  currency: z.string().min(3).max(3),
  /** ISO 3166-1 alpha-2, where the provider gives it. */
  country: z.string().length(2).optional(),
  impact: Impact,
  /** When it is released, Unix epoch milliseconds, UTC. */
  scheduledAt: z.number(),
  /** False for all-day and tentative events, whose time of day means nothing. */
  timed: z.boolean(),
  /** Countdowns: minutes to the release. */
  minutesLeft: z.number().int().min(0).optional(),
  forecast: CalendarValue.nullable(),
  /** As the provider has it now: it may have been revised. */
  previous: CalendarValue.nullable(),
  /** Null in a `result` where the release's time has passed and no figure was seen; it comes as a revision when one is. */
  actual: CalendarValue.nullable(),
  /** The provider of the actual, where it is another one: Forex Factory's export has none. */
  actualFrom: z.string().min(1).max(64).optional(),
  surprise: Surprise.optional(),
  /** Canonical symbols that it moves. */
  symbols: z.array(z.string().min(1).max(64)).max(100),
  provider: z.string().min(1).max(64),
  /** The provider's page about it. */
  url: z.string().max(4_000).optional(),
  /** The provider no longer lists it: it was called off, or moved out of sight. A later revision without this takes it back. */
  withdrawn: z.literal(true).optional(),
});
export type CalendarBody = z.infer<typeof CalendarBody>;
