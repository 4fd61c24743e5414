import type { CalendarBody, CalendarValue, RecordOptions, Surprise } from '@tickhub/plugin-sdk';
import type { TrackedEvent } from '../events/tracked-event.ts';

export type CalendarRecord = RecordOptions & { key: string; body: CalendarBody };

/** What the records of one event have in common besides what is known of the event itself. */
export interface RecordContext {
  readonly provider: string;
  /** `economic:<name>`. */
  readonly source: string;
  readonly symbols: readonly string[];
}

/** An actual, and the provider it is from where that is another one. */
export interface Outcome {
  readonly actual: CalendarValue | null;
  readonly actualFrom?: string;
  readonly surprise?: Surprise;
}

/** What is known before the release. Its key is the event's id, so each change of the event is a revision of it. */
export function scheduledRecord(event: TrackedEvent, context: RecordContext): CalendarRecord {
  return record(event, context, event.id, event.at, { kind: 'scheduled', actual: null, ...(event.withdrawn && { withdrawn: true }) });
}

/** It is near. An event that has moved counts down anew. */
export function countdownRecord(event: TrackedEvent, context: RecordContext, minutesLeft: number): CalendarRecord {
  const due = event.at - minutesLeft * 60_000;
  return record(event, context, `${event.id}/countdown/${minutesLeft}/${event.at}`, due, { kind: 'countdown', actual: null, minutesLeft });
}

/** It is out. An actual that is corrected, or comes later, is a revision. */
export function resultRecord(event: TrackedEvent, context: RecordContext, outcome: Outcome): CalendarRecord {
  return record(event, context, `${event.id}/result`, event.at, { kind: 'result', ...outcome });
}

function record(
  event: TrackedEvent,
  { provider, source, symbols }: RecordContext,
  key: string,
  time: number,
  own: Pick<CalendarBody, 'kind' | 'actual'> & Partial<CalendarBody>,
): CalendarRecord {
  return {
    time,
    key,
    source,
    sourceTime: event.sourceTime,
    body: {
      event: event.id,
      title: event.title,
      currency: event.currency,
      ...(event.country !== undefined && { country: event.country }),
      impact: event.impact,
      scheduledAt: event.at,
      timed: event.timed,
      forecast: event.forecast,
      previous: event.previous,
      symbols: [...symbols],
      provider,
      ...(event.url !== undefined && { url: event.url }),
      ...own,
    },
  };
}
