import type { CalendarValue, Impact } from '@tickhub/plugin-sdk';

/** One event as one answer of a provider has it. A figure left undefined is one that this answer says nothing of; null is one that there is not (yet). */
export interface ListedEvent {
  /** The provider's own lasting id, where it has one. */
  readonly id?: string;
  readonly title: string;
  /** ISO 4217, or `ALL`. */
  readonly currency: string;
  readonly country?: string;
  readonly impact: Impact;
  /** Unix epoch milliseconds, UTC. */
  readonly at: number;
  readonly timed: boolean;
  /** The local time that it was written in exists twice on that day, or not at all. */
  readonly doubtful?: true;
  /** As the provider wrote it. */
  readonly sourceTime: string;
  readonly forecast?: CalendarValue | null;
  readonly previous?: CalendarValue | null;
  readonly actual?: CalendarValue | null;
  readonly url?: string;
}

export interface Span {
  readonly from: number;
  /** Not in it any more. */
  readonly to: number;
}

/** One answer of a provider, read. */
export interface Listing {
  readonly events: readonly ListedEvent[];
  /** What the answer lists in full: an event that is known and within it, and not in the answer, was withdrawn. Null where it lists nothing in full. */
  readonly covers: Span | null;
  /** Entries that could not be read, and what was wrong with the first. */
  readonly skipped: number;
  readonly firstFault?: string;
}

export function covers(span: Span | null, at: number): boolean {
  return span !== null && at >= span.from && at < span.to;
}
