import { marketAt, openFor } from './market-hours.ts';
import type { Feed } from './feed.ts';

/** How silent a terminal's symbols are, measured by how often each of them usually ticks. */
export interface Quietness {
  /** Silent for longer than is usual, while their market is not closed. */
  readonly overdue: readonly Feed[];
  /** Symbols that have ticked, and whose market is not closed. */
  readonly watched: number;
  /** Since the newest tick of any of them, milliseconds. */
  readonly silentMs: number;
  /** The usual time from one tick of the liveliest to its next, milliseconds; null while it is not known. */
  readonly usualMs: number | null;
}

/** @param wall the broker's clock, epoch milliseconds. @param now monotonic milliseconds. */
export function quietness(feeds: readonly Feed[], wall: number, now: number): Quietness {
  const overdue: Feed[] = [];
  let watched = 0;
  let silentMs = Infinity;
  let usualMs: number | null = null;
  for (const feed of feeds) {
    const { lastAt, toleratedMs, usualMs: usual } = feed.cadence;
    const market = marketAt(feed.hours, wall);
    if (lastAt === null || market === 'closed') continue;
    watched++;
    // Before the market opened silence was right.
    const silent = market === 'open' ? Math.min(now - lastAt, openFor(feed.hours, wall)) : now - lastAt;
    silentMs = Math.min(silentMs, silent);
    if (usual !== null && (usualMs === null || usual < usualMs)) usualMs = usual;
    if (silent > toleratedMs) overdue.push(feed);
  }
  return { overdue, watched, silentMs: watched === 0 ? 0 : silentMs, usualMs };
}
