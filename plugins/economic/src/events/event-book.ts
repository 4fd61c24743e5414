import { z } from '@tickhub/plugin-sdk';
import type { Log, Store } from '@tickhub/plugin-sdk';
import { covers } from './listing.ts';
import type { ListedEvent, Listing } from './listing.ts';
import { matchOccurrences } from './match.ts';
import { normalisedTitle } from './title.ts';
import { eventId, TrackedEvent } from './tracked-event.ts';

const DAY_MS = 86_400_000;
/** So many days after its time, and after an answer last had it, an event is forgotten: none is postponed for longer. */
const FORGOTTEN_AFTER_DAYS = 10;
/** Of one currency. A year of one currency's releases is about 1,000. */
const MAX_EVENTS = 2_000;
/** An answer that lacks more than half of this many or more known events is taken for a broken one at first. */
const SUSPICIOUS_FROM = 10;

/** An answer that would withdraw most of what is known. */
export class SuspiciousListing extends Error {
  constructor(missing: number, known: number) {
    super(`${missing} of ${known} events that were listed are missing; taken for a broken answer until the next one says so too`);
    this.name = 'SuspiciousListing';
  }
}

/** All that is known of the events of one feed, kept over restarts: which listed event is which known one is decided here. */
export class EventBook {
  readonly provider: string;
  /** The feed's name in the store. */
  readonly #scope: string;
  readonly #store: Store;
  readonly #byCurrency = new Map<string, Map<string, TrackedEvent>>();
  /** JSON as it was last stored. */
  readonly #stored = new Map<string, string>();
  #suspected = false;

  private constructor(provider: string, scope: string, store: Store) {
    this.provider = provider;
    this.#scope = scope;
    this.#store = store;
  }

  /** @param scope tells the feeds of one provider apart; the provider's name where it has only one. */
  static async open(provider: string, scope: string, store: Store, log: Log): Promise<EventBook> {
    const book = new EventBook(provider, scope, store);
    const prefix = book.#key('');
    for (const key of await store.keys()) {
      if (!key.startsWith(prefix)) continue;
      const events = z.array(TrackedEvent).safeParse(await store.get(key));
      if (events.success) book.#byCurrency.set(key.slice(prefix.length), new Map(events.data.map((event) => [event.id, event])));
      else log.warn(`what was kept of ${scope}'s events under "${key}" cannot be read and is built anew from its next answer`);
    }
    return book;
  }

  get events(): TrackedEvent[] {
    return [...this.#byCurrency.values()].flatMap((events) => [...events.values()]);
  }

  /** Events of one currency and title, whatever became of them. */
  find(currency: string, slug: string): TrackedEvent[] {
    return [...(this.#byCurrency.get(currency)?.values() ?? [])].filter((event) => event.slug === slug);
  }

  /**
   * Takes in an answer: known events get what is new, unknown ones an id, and what the answer should list and does not is withdrawn.
   * @returns the events that the answer lists or has withdrawn, by time.
   * @throws {SuspiciousListing} once, where most of the known events are missing; nothing is changed, then.
   */
  take(listing: Listing, now: number): TrackedEvent[] {
    const assigned = this.#assign(listing);
    this.#checkMissing(listing, new Set(assigned.values()));
    const today = Math.floor(now / DAY_MS);
    const touched = new Set<TrackedEvent>();
    for (const listed of listing.events) {
      const event = assigned.get(listed) ?? this.#begin(listed, today);
      update(event, listed, today);
      touched.add(event);
    }
    if (listing.events.length > 0) {
      for (const event of this.events) {
        if (touched.has(event) || event.withdrawn || !covers(listing.covers, event.at)) continue;
        event.withdrawn = true;
        touched.add(event);
      }
    }
    this.#forget(today);
    return [...touched].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  /** Durable when it resolves. Only what has changed is written. */
  async save(): Promise<void> {
    for (const [currency, events] of this.#byCurrency) {
      const kept = [...events.values()];
      const json = JSON.stringify(kept);
      if (this.#stored.get(currency) === json) continue;
      if (kept.length === 0) await this.#store.delete(this.#key(currency));
      else await this.#store.set(this.#key(currency), kept);
      this.#stored.set(currency, json);
    }
  }

  #key(currency: string): string {
    return `events/${this.#scope}/${currency}`;
  }

  #assign(listing: Listing): Map<ListedEvent, TrackedEvent> {
    const assigned = new Map<ListedEvent, TrackedEvent>();
    const byProviderId = new Map(
      this.events.flatMap((event) => (event.providerId === undefined ? [] : [[event.providerId, event] as const])),
    );
    const groups = new Map<string, ListedEvent[]>();
    for (const listed of listing.events) {
      const named = listed.id === undefined ? undefined : byProviderId.get(listed.id);
      if (named !== undefined) assigned.set(listed, named);
      else if (listed.id === undefined) {
        const key = `${listed.currency}/${normalisedTitle(listed.title)}`;
        groups.set(key, [...(groups.get(key) ?? []), listed]);
      }
    }
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const known = this.find(first.currency, normalisedTitle(first.title));
      matchOccurrences(known, group, listing.covers).forEach((index, i) => {
        const [event, listed] = [known[index], group[i]];
        if (event !== undefined && listed !== undefined) assigned.set(listed, event);
      });
    }
    return assigned;
  }

  #checkMissing(listing: Listing, present: ReadonlySet<TrackedEvent>): void {
    const expected = this.events.filter((event) => !event.withdrawn && covers(listing.covers, event.at));
    const missing = expected.filter((event) => !present.has(event)).length;
    if (missing < SUSPICIOUS_FROM || missing * 2 <= expected.length || this.#suspected) {
      this.#suspected = false;
      return;
    }
    this.#suspected = true;
    throw new SuspiciousListing(missing, expected.length);
  }

  #begin(listed: ListedEvent, today: number): TrackedEvent {
    const slug = normalisedTitle(listed.title);
    const events = this.#byCurrency.get(listed.currency) ?? new Map<string, TrackedEvent>();
    this.#byCurrency.set(listed.currency, events);
    const event: TrackedEvent = {
      id: eventId(this.provider, { currency: listed.currency, slug, at: listed.at }, (id) => events.has(id)),
      ...(listed.id !== undefined && { providerId: listed.id }),
      title: listed.title,
      slug,
      currency: listed.currency,
      impact: listed.impact,
      at: listed.at,
      timed: listed.timed,
      sourceTime: listed.sourceTime,
      forecast: null,
      previous: null,
      actual: null,
      listedOn: today,
      withdrawn: false,
      published: false,
    };
    events.set(event.id, event);
    return event;
  }

  #forget(today: number): void {
    const before = today - FORGOTTEN_AFTER_DAYS;
    for (const events of this.#byCurrency.values()) {
      for (const event of events.values()) {
        if (event.listedOn < before && event.at < before * DAY_MS) events.delete(event.id);
      }
      if (events.size <= MAX_EVENTS) continue;
      const oldestFirst = [...events.values()].sort((a, b) => a.at - b.at);
      for (const event of oldestFirst.slice(0, events.size - MAX_EVENTS)) events.delete(event.id);
    }
  }
}

function update(event: TrackedEvent, listed: ListedEvent, today: number): void {
  event.title = listed.title;
  event.slug = normalisedTitle(listed.title);
  event.impact = listed.impact;
  event.at = listed.at;
  event.timed = listed.timed;
  event.sourceTime = listed.sourceTime;
  event.listedOn = today;
  event.withdrawn = false;
  if (listed.country !== undefined) event.country = listed.country;
  if (listed.url !== undefined) event.url = listed.url;
  if (listed.forecast !== undefined) event.forecast = listed.forecast;
  if (listed.previous !== undefined) event.previous = listed.previous;
  // What is out stays out: an answer that has lost it says nothing.
  if (listed.actual !== undefined && listed.actual !== null) event.actual = listed.actual;
}
