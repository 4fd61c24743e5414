import type { Cancel, Clock, Impact } from '@tickhub/plugin-sdk';
import type { TrackedEvent } from '../events/tracked-event.ts';
import type { Announcements, PublishedBook } from './announcements.ts';

const MINUTE_MS = 60_000;
/**
 * The clocks are looked at so often, whatever is due: a timer set for an hour knows nothing of a laptop that sleeps, or of a clock that is set.
 */
const LOOK_EVERY_MS = 20_000;
/** What is later than this is missed, and not told as if it were on time. */
export const LATE_MS = 60_000;
/** With no actual so long after its release, an event is told to be out without one, */
export const UNSEEN_AFTER_MS = 15 * MINUTE_MS;
/** but not when it has been out for longer than this: then nothing was there to see. */
export const UNSEEN_UNTIL_MS = 6 * 60 * MINUTE_MS;

export interface WatchTerms {
  readonly clock: Clock;
  readonly announcements: Announcements;
  /** Minutes before the release, by impact. */
  readonly countdown: Readonly<Record<Impact, readonly number[]>>;
  /** Called at each look. */
  readonly looked: (now: number) => void;
}

/** Tells that releases are near, by the wall clock: each countdown once, at its time or never. */
export class ReleaseWatch {
  readonly counters = { countdowns: 0, missed: 0 };
  readonly #terms: WatchTerms;
  /** What was told, with the release's time, so that it can be forgotten. */
  readonly #told = new Map<string, number>();
  #lookedAt: number;
  #cancel: Cancel = () => undefined;

  constructor(terms: WatchTerms) {
    this.#terms = terms;
    this.#lookedAt = terms.clock.now();
  }

  /** Looks now, and again when the next countdown is due. Call it whenever events have changed. */
  look(): void {
    const { clock, announcements } = this.#terms;
    const now = clock.now();
    let next = now + LOOK_EVERY_MS;
    for (const own of announcements.books) {
      if (!own.publishes) continue;
      for (const event of own.book.events) next = Math.min(next, this.#follow(own, event, now));
    }
    for (const [key, at] of this.#told) if (at < now - UNSEEN_UNTIL_MS - LATE_MS) this.#told.delete(key);
    // A clock that was set back does not make what was looked at before unseen.
    this.#lookedAt = Math.max(this.#lookedAt, now);
    this.#cancel();
    this.#cancel = clock.after(Math.max(1, next - now), () => this.look());
    this.#terms.looked(now);
  }

  stop(): void {
    this.#cancel();
  }

  /** @returns when it is to be looked at next, Unix epoch milliseconds. */
  #follow(own: PublishedBook, event: TrackedEvent, now: number): number {
    if (!event.timed || event.withdrawn) return Infinity;
    let next = Infinity;
    for (const minutes of this.#terms.countdown[event.impact]) {
      const due = event.at - minutes * MINUTE_MS;
      if (due > now) next = Math.min(next, due);
      else if (now - due <= LATE_MS) this.#once(`${event.id}/${event.at}/${minutes}`, own, event, () => this.#count(own, event, minutes));
      // Due since the last look, and too late: the machine slept.
      else if (due > this.#lookedAt && !this.#told.has(`${event.id}/${event.at}/${minutes}`)) this.counters.missed++;
    }
    const unseenAt = event.at + UNSEEN_AFTER_MS;
    if (unseenAt > now) return Math.min(next, unseenAt);
    const figures = event.forecast !== null || event.previous !== null;
    if (figures && now < event.at + UNSEEN_UNTIL_MS && event.actual === null) {
      this.#once(`${event.id}/${event.at}/unseen`, own, event, () => this.#terms.announcements.unseen(own, event));
    }
    return next;
  }

  #count(own: PublishedBook, event: TrackedEvent, minutes: number): void {
    this.counters.countdowns++;
    this.#terms.announcements.countdown(own, event, minutes);
  }

  #once(key: string, own: PublishedBook, event: TrackedEvent, tell: () => void): void {
    if (this.#told.has(key)) return;
    this.#told.set(key, event.at);
    if (this.#terms.announcements.isFirst(own, event)) tell();
  }
}
