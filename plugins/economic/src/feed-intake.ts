import { SourceFault } from '@tickhub/plugin-sdk';
import type { Clock, HttpResponse, Log, PollAdvice, Poller, SourceHealth, Store } from '@tickhub/plugin-sdk';
import { SuspiciousListing } from './events/event-book.ts';
import type { Feed, FeedPoll } from './providers/feed.ts';
import { UnreadableAnswer } from './providers/feed.ts';
import type { Announcements, PublishedBook } from './releases/announcements.ts';
import { isEager } from './releases/eagerness.ts';

export interface IntakeTerms {
  readonly feed: Feed;
  readonly own: PublishedBook;
  readonly announcements: Announcements;
  readonly poller: Poller;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Events are known that were not, or have changed. */
  readonly changed: () => void;
}

/** Brings one feed's answers into its book, and out as records. */
export class FeedIntake {
  readonly counters = { listed: 0, skipped: 0, doubtfulTimes: 0 };
  readonly #terms: IntakeTerms;
  /** By poll: when it was asked last, Unix epoch milliseconds. */
  readonly #askedAt = new Map<string, number>();
  /** By poll: since when it waits, and until when, for it was asked a moment before the start. */
  readonly #postponed = new Map<string, { since: number; until: number }>();
  #lastFault: string | undefined;

  constructor(terms: IntakeTerms) {
    this.#terms = terms;
  }

  /** Publishes what the store has, since a server that has nothing new gives no content, and begins to ask. */
  async begin(): Promise<void> {
    const { own, announcements, feed, store, clock } = this.#terms;
    announcements.announce(own, own.book.events);
    for (const poll of feed.polls) {
      const askedAt = await store.get(keyOf(poll));
      const now = clock.now();
      const rest = typeof askedAt === 'number' && askedAt <= now ? askedAt + feed.minGapMs - now : 0;
      if (rest <= 0) this.#poll(poll);
      else {
        this.#postponed.set(poll.name, { since: now, until: now + rest });
        clock.after(rest, () => this.#poll(poll));
      }
    }
  }

  /** How the polls are that have not begun. */
  get postponed(): SourceHealth[] {
    return [...this.#postponed].map(([source, { since, until }]) => ({
      source,
      state: 'waiting',
      detail: 'it was asked a moment before the start; its manners leave a pause between two requests',
      since,
      lastDataAt: null,
      nextAttemptAt: until,
      counters: {},
    }));
  }

  #poll(poll: FeedPoll): void {
    const { poller, store, clock } = this.#terms;
    this.#postponed.delete(poll.name);
    poller.add({
      name: poll.name,
      everyMs: poll.everyMs,
      request: () => {
        const now = clock.now();
        this.#askedAt.set(poll.name, now);
        void store.set(keyOf(poll), Math.round(now)).catch((error: unknown) => this.#onUnkept(error));
        return poll.request(now);
      },
      take: (answer) => this.#take(poll, answer),
    });
  }

  #onUnkept(error: unknown): void {
    this.#terms.log.warn('when it was asked could not be kept; after a restart it may be asked sooner than is polite', {
      error: String(error),
    });
  }

  /** Asks out of turn where a release is near. */
  wakeIfEager(now: number): void {
    const { feed, own, poller } = this.#terms;
    const events = own.book.events;
    for (const { name, eager } of feed.polls) {
      if (!eager) continue;
      // A clock that was set back: what was asked in its future counts as asked now.
      const askedAt = Math.min(this.#askedAt.get(name) ?? 0, now);
      if (askedAt > 0 && isEager(events, askedAt, now, feed)) poller.wake(name);
    }
  }

  async #take(poll: FeedPoll, answer: HttpResponse): Promise<PollAdvice> {
    const { own, announcements, feed, clock, log, changed } = this.#terms;
    const { listing, events } = await this.#read(poll, answer);
    this.counters.listed = listing.events.length;
    this.counters.skipped = listing.skipped;
    this.counters.doubtfulTimes = listing.events.filter(({ doubtful }) => doubtful).length;
    if (listing.firstFault !== this.#lastFault && listing.firstFault !== undefined) {
      log.warn(`${poll.name}: ${listing.skipped} of its entries cannot be read and are left out`, { first: listing.firstFault });
    }
    this.#lastFault = listing.firstFault;
    await announcements.settle(own, events);
    announcements.announce(own, events);
    changed();
    return { notBeforeMs: Math.max(0, feed.minGapMs - (clock.now() - (this.#askedAt.get(poll.name) ?? 0))) };
  }

  async #read(poll: FeedPoll, answer: HttpResponse) {
    const { own, clock } = this.#terms;
    try {
      const listing = await poll.read(answer, clock.now());
      return { listing, events: own.book.take(listing, clock.now()) };
    } catch (error) {
      if (error instanceof UnreadableAnswer || error instanceof SuspiciousListing) {
        throw new SourceFault('malformed', error.message, { cause: error });
      }
      throw error;
    }
  }
}

function keyOf({ name }: FeedPoll): string {
  return `asked/${name}`;
}
