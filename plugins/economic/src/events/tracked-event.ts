import { CalendarValue, Impact, Surprise, z } from '@tickhub/plugin-sdk';

/** An event as it is known by now, over all answers so far. This is what the store keeps. */
export const TrackedEvent = z.strictObject({
  /** Stable while the event moves; see {@link eventId}. */
  id: z.string(),
  /** The provider's own id. */
  providerId: z.string().optional(),
  title: z.string(),
  slug: z.string(),
  currency: z.string(),
  country: z.string().optional(),
  impact: Impact,
  at: z.number(),
  timed: z.boolean(),
  sourceTime: z.string(),
  forecast: CalendarValue.nullable(),
  previous: CalendarValue.nullable(),
  actual: CalendarValue.nullable(),
  url: z.string().optional(),
  /** The UTC day, as days since 1970, on which an answer last had it. A day, so that not each answer is a change. */
  listedOn: z.number(),
  withdrawn: z.boolean(),
  /** It passed the filters once: what becomes of it is published from then on, also when its impact falls. */
  published: z.boolean(),
  /** Its surprise, and the actual and forecast that it was worked out of: what is learned later about other releases does not change it. */
  settled: z.strictObject({ basis: z.string(), surprise: Surprise }).optional(),
});
export type TrackedEvent = z.infer<typeof TrackedEvent>;

/**
 * `ff:USD:core-cpi-m-m:2026-08-12`: provider, currency, normalised title, and the UTC day on which it was first expected; a second one of that day ends in `:2`.
 * So a plugin that has lost its store gives the same ids again to all that has not moved to another day.
 */
export function eventId(provider: string, event: { currency: string; slug: string; at: number }, taken: (id: string) => boolean): string {
  const base = `${provider}:${event.currency}:${event.slug}:${new Date(event.at).toISOString().slice(0, 10)}`;
  let id = base;
  for (let i = 2; taken(id); i++) id = `${base}:${i}`;
  return id;
}
