import type { Cancel, Clock } from '@tickhub/plugin-sdk';
import type { Link } from '../link/link.ts';
import type { Feed } from './feed.ts';

/** The shortest time between two ACK frames of a connection. */
const EVERY_MS = 20;

/** Collects the feeds whose durable cursor moved, and tells the terminal at most every 20 ms. */
export class AckQueue {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #moved = new Set<Feed>();
  #cancel: Cancel | null = null;
  #sentAt = -Infinity;
  #stopped = false;

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
  }

  add(feed: Feed): void {
    if (this.#stopped || feed.symIdx === 0 || feed.symbol.durable.time === 0) return;
    this.#moved.add(feed);
    this.#cancel ??= this.#clock.after(Math.max(0, this.#sentAt + EVERY_MS - this.#clock.monotonic()), () => this.#flush());
  }

  forget(feed: Feed): void {
    this.#moved.delete(feed);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#moved.clear();
  }

  #flush(): void {
    this.#cancel = null;
    this.#sentAt = this.#clock.monotonic();
    const entries = [...this.#moved].map(({ symIdx, symbol }) => ({
      symIdx,
      cursor: { time: symbol.durable.time, same: symbol.durable.same },
    }));
    this.#moved.clear();
    this.#link.ack(entries);
  }
}
