import type { ListedEvent, Listing, Span } from '../events/listing.ts';
import { UnreadableAnswer } from './feed.ts';

/** No provider lists more in one answer; what is over it is counted as skipped. */
const MAX_ENTRIES = 20_000;
const MAX_TITLE = 500;
const MAX_SOURCE_TIME = 100;
/** A time outside of these is a slip: a zero, seconds taken for milliseconds. */
const [EARLIEST, LATEST] = [Date.UTC(1990, 0), Date.UTC(2100, 0)];

/**
 * Reads the entries of an answer one by one: one that cannot be read is skipped and counted, so that a provider's slip costs one event and not the week.
 * @param read throws an Error that says what is wrong with the entry; gives null for one that is no event of interest.
 * @throws {UnreadableAnswer} where there are entries and none of them can be read.
 */
export function readEntries<T>(
  entries: readonly T[],
  read: (entry: T) => ListedEvent | null,
  coverage: (events: readonly ListedEvent[]) => Span | null,
): Listing {
  const events: ListedEvent[] = [];
  let skipped = Math.max(0, entries.length - MAX_ENTRIES);
  let firstFault: string | undefined;
  entries.slice(0, MAX_ENTRIES).forEach((entry, index) => {
    try {
      const event = read(entry);
      if (event === null) return;
      if (!(event.at >= EARLIEST && event.at < LATEST))
        throw new Error(`"${event.sourceTime.slice(0, MAX_SOURCE_TIME)}" is no time of our days`);
      events.push({ ...event, title: event.title.slice(0, MAX_TITLE), sourceTime: event.sourceTime.slice(0, MAX_SOURCE_TIME) });
    } catch (error) {
      skipped++;
      firstFault ??= `entry ${index + 1}: ${error instanceof Error ? error.message : String(error)}`;
    }
  });
  if (events.length === 0 && skipped > 0)
    throw new UnreadableAnswer(`none of its ${entries.length} entries can be read; ${firstFault ?? ''}`);
  return { events, covers: coverage(events), skipped, ...(firstFault !== undefined && { firstFault }) };
}

/** From the first to the last event, both included. */
export function spanOf(events: readonly ListedEvent[]): Span | null {
  let [from, to] = [Infinity, -Infinity];
  for (const { at } of events) {
    from = Math.min(from, at);
    to = Math.max(to, at);
  }
  return events.length === 0 ? null : { from, to: to + 1 };
}
