import type { Impact, Publish } from '@tickhub/plugin-sdk';
import type { EventBook } from '../events/event-book.ts';
import { MOVES_WITHIN_MS } from '../events/match.ts';
import type { TrackedEvent } from '../events/tracked-event.ts';
import type { SurpriseHistory } from '../surprise/surprise-history.ts';
import type { AffectedSymbols } from '../symbols/affected-symbols.ts';
import { countdownRecord, resultRecord, scheduledRecord } from './calendar-record.ts';
import type { CalendarRecord, Outcome, RecordContext } from './calendar-record.ts';

/** Which events a person wants to see. */
export interface Filters {
  /** Empty: all. */
  readonly currencies: ReadonlySet<string>;
  readonly impacts: ReadonlySet<Impact>;
}

/** A feed's book, and how its records are published. */
export interface PublishedBook {
  readonly book: EventBook;
  /** `economic:<name>`. */
  readonly source: string;
  /** False where only the surprises' history learns from it. */
  readonly publishes: boolean;
}

export interface AnnouncementTerms {
  readonly publish: Publish;
  readonly filters: Filters;
  readonly symbols: AffectedSymbols;
  readonly history: SurpriseHistory;
}

/**
 * Makes records of events. All of them have keys, so whatever is known may be published as often as it is looked at: the host takes what has not changed for a
 * duplicate, and what has for a revision.
 */
export class Announcements {
  readonly counters = { published: 0 };
  readonly #terms: AnnouncementTerms;
  readonly #books: PublishedBook[] = [];

  constructor(terms: AnnouncementTerms) {
    this.#terms = terms;
  }

  add(book: PublishedBook): void {
    this.#books.push(book);
  }

  get books(): readonly PublishedBook[] {
    return this.#books;
  }

  /**
   * Works out what an answer means for results: of its events, and of other providers' events of the same release that wait for this actual. All of it is
   * kept when it resolves, so that a crash before it is told gives no event another id, and no result another surprise.
   * @param events by time, since each surprise is measured by those before it.
   */
  async settle(own: PublishedBook, events: readonly TrackedEvent[]): Promise<void> {
    const changed = new Set([own]);
    for (const event of events) {
      event.published ||= this.wants(own, event);
      for (const [book, waiting] of this.#alike(own, event)) {
        changed.add(book);
        await this.#measure(book, waiting);
      }
    }
    await this.#terms.history.save();
    for (const { book } of changed) await book.save();
  }

  /** Publishes what an answer lists or has withdrawn, and the results that came with it. */
  announce(own: PublishedBook, events: readonly TrackedEvent[]): void {
    for (const event of events) {
      if (this.#wanted(own, event)) this.#publish(scheduledRecord(event, this.#context(own, event)));
      for (const [book, alike] of this.#alike(own, event)) this.#announceResult(book, alike);
    }
  }

  countdown(own: PublishedBook, event: TrackedEvent, minutesLeft: number): void {
    if (this.#wanted(own, event)) this.#publish(countdownRecord(event, this.#context(own, event), minutesLeft));
  }

  /** The release's time has passed, and no figure was seen. */
  unseen(own: PublishedBook, event: TrackedEvent): void {
    if (!this.#wanted(own, event)) return;
    const outcome = this.outcome(own, event) ?? { actual: null };
    this.#publish(resultRecord(event, this.#context(own, event), outcome));
  }

  /** Whether no provider that the config names before has the same release: then its countdown is told by that one. */
  isFirst(own: PublishedBook, event: TrackedEvent): boolean {
    for (const [earlier, other] of this.#counterparts(own, event)) {
      if (this.#books.indexOf(earlier) > this.#books.indexOf(own)) break;
      if (earlier.publishes && other.published && other.timed) return false;
    }
    return true;
  }

  /** What is known of how it came out; null while nothing is. */
  outcome(own: PublishedBook, event: TrackedEvent): Outcome | null {
    const surprise = event.settled === undefined ? {} : { surprise: event.settled.surprise };
    if (event.actual !== null) return { actual: event.actual, ...surprise };
    const other = this.#otherActual(own, event);
    return other === null ? null : { actual: other.actual, actualFrom: other.from, ...surprise };
  }

  /** Whether the filters let an event through that has not been published before. */
  wants(own: PublishedBook, { currency, impact }: TrackedEvent): boolean {
    const { currencies, impacts } = this.#terms.filters;
    return own.publishes && impacts.has(impact) && (currencies.size === 0 || currency === 'ALL' || currencies.has(currency));
  }

  async #measure(own: PublishedBook, event: TrackedEvent): Promise<void> {
    const outcome = this.outcome(own, event);
    const { forecast } = event;
    if (outcome === null || outcome.actual === null || forecast === null) return;
    const basis = `${outcome.actual.text} ${forecast.text}`;
    if (event.settled?.basis === basis) return;
    const { id, currency, slug, at } = event;
    const surprise = await this.#terms.history.take({ event: id, currency, slug, at, actual: outcome.actual, forecast });
    if (surprise === null) delete event.settled;
    else event.settled = { basis, surprise };
  }

  #announceResult(own: PublishedBook, event: TrackedEvent): void {
    const outcome = this.outcome(own, event);
    if (outcome === null || !this.#wanted(own, event)) return;
    this.#publish(resultRecord(event, this.#context(own, event), outcome));
  }

  /** The event itself, and those of other providers that are the same release and have no actual of their own. */
  #alike(own: PublishedBook, event: TrackedEvent): [PublishedBook, TrackedEvent][] {
    const result: [PublishedBook, TrackedEvent][] = [[own, event]];
    if (event.actual === null) return result;
    for (const [book, other] of this.#counterparts(own, event)) if (other.actual === null) result.push([book, other]);
    return result;
  }

  #otherActual(own: PublishedBook, event: TrackedEvent): { actual: NonNullable<TrackedEvent['actual']>; from: string } | null {
    for (const [{ book }, { actual }] of this.#counterparts(own, event)) if (actual !== null) return { actual, from: book.provider };
    return null;
  }

  /**
   * The same release as other providers have it, in the order of the config: each is the other's nearest of that currency and title. Nearness alone would give
   * today's release of a daily figure the actual of yesterday's.
   */
  *#counterparts(own: PublishedBook, event: TrackedEvent): Generator<[PublishedBook, TrackedEvent]> {
    for (const book of this.#books) {
      if (book.book.provider === own.book.provider) continue;
      const other = nearest(book.book, event);
      if (other !== null && nearest(own.book, other) === event) yield [book, other];
    }
  }

  #wanted(own: PublishedBook, event: TrackedEvent): boolean {
    event.published ||= this.wants(own, event);
    return event.published;
  }

  #context(own: PublishedBook, event: TrackedEvent): RecordContext {
    return { provider: own.book.provider, source: own.source, symbols: this.#terms.symbols(event.currency, event.title) };
  }

  #publish(record: CalendarRecord): void {
    this.#terms.publish.record('calendar', record);
    this.counters.published++;
  }
}

function nearest(book: EventBook, event: TrackedEvent): TrackedEvent | null {
  let found: TrackedEvent | null = null;
  let distance = MOVES_WITHIN_MS;
  for (const other of book.find(event.currency, event.slug)) {
    const off = Math.abs(other.at - event.at);
    if (other.withdrawn || off > distance || (off === distance && found !== null)) continue;
    [found, distance] = [other, off];
  }
  return found;
}
