import type { Clock, Log } from '@tickhub/plugin-sdk';
import { marketAt } from './market-hours.ts';
import { quietness } from './quietness.ts';
import { names, seconds } from './words.ts';
import type { Feed } from './feed.ts';

const LOOK_MS = 1_000;
/** A look that comes this late means that this process stood still, as on a PC that slept: what came meanwhile is not read yet. */
const STOOD_STILL_MS = 5_000;
const FIRST_WAIT_MS = 30_000;
const MAX_WAIT_MS = 30 * 60_000;

/** What was tried for feeds whose ticks stay away, until one comes. */
export type StallTries = Map<Feed, { readonly nextAt: number; readonly waitMs: number; readonly lastTime: number }>;

/** What a stall watch looks at, and what it may do. */
export interface Watched {
  readonly eaId: string;
  /** The broker's clock, epoch milliseconds. */
  readonly wallNow: number;
  readonly openFeeds: readonly Feed[];
  /** Nothing can come: the link is silent or held up, or the terminal has no broker. Another watch sees to that. */
  readonly isExcused: boolean;
  /** Asks for the feed's ticks again, from its cursor. */
  resubscribe(feed: Feed): void;
  /** Ends the connection; the terminal dials again. */
  reconnect(reason: string): void;
}

/**
 * Sees to symbols that are silent for longer than is usual while their market is open, though the link is alive: their ticks are asked for again; when all
 * are silent and that has not helped, the connection is made anew. Each step is logged, and each waits twice as long as the one before.
 */
export class StallWatch {
  readonly #watched: Watched;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #tries: StallTries;
  readonly #stop: () => void;
  #lookedAt: number;

  /** @param tries of the connections before: a new one does not begin anew. */
  constructor(watched: Watched, tries: StallTries, clock: Clock, log: Log) {
    this.#tries = tries;
    this.#watched = watched;
    this.#clock = clock;
    this.#log = log;
    this.#lookedAt = clock.monotonic();
    this.#stop = clock.every(LOOK_MS, () => this.#look());
  }

  /** When something is tried next, monotonic milliseconds; null while nothing has to be. */
  get nextTryAt(): number | null {
    return this.#tries.size === 0 ? null : Math.min(...[...this.#tries.values()].map(({ nextAt }) => nextAt));
  }

  stop(): void {
    this.#stop();
  }

  #look(): void {
    const { eaId, openFeeds, wallNow } = this.#watched;
    const now = this.#clock.monotonic();
    const late = now - this.#lookedAt > STOOD_STILL_MS;
    this.#lookedAt = now;
    if (late) for (const feed of openFeeds) feed.cadence.restart(now);
    if (late || this.#watched.isExcused) return;
    const { overdue, watched, silentMs } = quietness(openFeeds, wallNow, now);
    const dead = overdue.filter((feed) => marketAt(feed.hours, wallNow) === 'open');
    for (const [feed, { lastTime }] of this.#tries) if (feed.lastTime > lastTime) this.#tries.delete(feed);
    const due = dead.filter((feed) => (this.#tries.get(feed)?.nextAt ?? now) <= now);
    if (due.length === 0) return;
    const again = due.every((feed) => this.#tries.has(feed));
    for (const feed of due) {
      const waitMs = Math.min((this.#tries.get(feed)?.waitMs ?? FIRST_WAIT_MS / 2) * 2, MAX_WAIT_MS);
      this.#tries.set(feed, { nextAt: now + waitMs, waitMs, lastTime: feed.lastTime });
    }
    const words = `${names(due.map((feed) => feed.symbol.name))}: no tick for ${seconds(silentMs)} though the market is open`;
    if (again && dead.length === watched) {
      this.#log.warn(`terminal ${eaId}: ${words}, and asking again did not help; making the connection anew`, { symbols: due.length });
      this.#watched.reconnect(`no tick for ${seconds(silentMs)}`);
      return;
    }
    this.#log.warn(`terminal ${eaId}: ${words}; asking for them again`, { symbols: due.length });
    for (const feed of due) this.#watched.resubscribe(feed);
  }
}
