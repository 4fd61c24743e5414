import type { Clock, Publish } from '@tickhub/plugin-sdk';
import { BookType } from '../link/wire.ts';
import type { BookFrame, BookLevel } from '../link/frames.ts';
import type { Feed } from './feed.ts';

type Level = [price: number, volume: number];

interface Pending {
  readonly time: number;
  readonly body: { bids: Level[]; asks: Level[] };
}

interface State {
  publishedAt: number;
  pending: Pending | null;
  waiting: boolean;
}

export interface BookOptions {
  /** The shortest time between two books of a symbol, milliseconds. */
  readonly everyMs: number;
  /** The most levels of a side. */
  readonly levels: number;
}

/**
 * Publishes the order books of one terminal. A book is state, so the newest wins: one that comes too soon, or while the host takes nothing, waits, and gives
 * way to the next.
 */
export class BookFeed {
  /** Counted since the plugin began. */
  readonly counters = { booksPublished: 0, booksConflated: 0, booksHeldBack: 0, booksInvalid: 0 };
  readonly #source: string;
  readonly #options: BookOptions;
  readonly #publish: Publish;
  readonly #clock: Clock;
  readonly #states = new Map<Feed, State>();

  constructor(source: string, options: BookOptions, deps: { publish: Publish; clock: Clock }) {
    this.#source = source;
    this.#options = options;
    this.#publish = deps.publish;
    this.#clock = deps.clock;
  }

  /** @param time UTC, epoch milliseconds. */
  take(feed: Feed, time: number, frame: BookFrame): void {
    if (!feed.symbol.allowed) {
      this.counters.booksHeldBack++;
      return;
    }
    const body = this.#bodyOf(frame.levels);
    if (body === null) {
      this.counters.booksInvalid++;
      return;
    }
    const state = this.#stateOf(feed);
    if (state.pending !== null) this.counters.booksConflated++;
    state.pending = { time, body };
    if (!state.waiting) this.#go(feed, state);
  }

  #stateOf(feed: Feed): State {
    let state = this.#states.get(feed);
    if (state === undefined) this.#states.set(feed, (state = { publishedAt: -Infinity, pending: null, waiting: false }));
    return state;
  }

  #go(feed: Feed, state: State): void {
    state.waiting = false;
    if (state.pending === null) return;
    if (this.#publish.congested) {
      state.waiting = true;
      void this.#publish.drained().then(() => this.#go(feed, state));
      return;
    }
    const wait = state.publishedAt + this.#options.everyMs - this.#clock.monotonic();
    if (wait > 0) {
      state.waiting = true;
      this.#clock.after(wait, () => this.#go(feed, state));
      return;
    }
    const { time, body } = state.pending;
    state.pending = null;
    state.publishedAt = this.#clock.monotonic();
    if (!feed.symbol.allowed) {
      this.counters.booksHeldBack++;
      return;
    }
    this.counters.booksPublished++;
    this.#publish.record('book', { time, symbol: feed.symbol.name, source: this.#source, body });
  }

  /** Best prices first; null where a price or volume is none. Market orders have no place in it. */
  #bodyOf(levels: readonly BookLevel[]): Pending['body'] | null {
    const bids: Level[] = [];
    const asks: Level[] = [];
    for (const { type, price, volume } of levels) {
      if (!Number.isFinite(price) || !Number.isFinite(volume) || volume < 0) return null;
      if (type === BookType.buy) bids.push([price, volume]);
      else if (type === BookType.sell) asks.push([price, volume]);
    }
    bids.sort((a, b) => b[0] - a[0]);
    asks.sort((a, b) => a[0] - b[0]);
    return { bids: bids.slice(0, this.#options.levels), asks: asks.slice(0, this.#options.levels) };
  }
}
