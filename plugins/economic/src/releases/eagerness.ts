import type { TrackedEvent } from '../events/tracked-event.ts';
import type { Feed } from '../providers/feed.ts';

const MINUTE_MS = 60_000;
/** Before a release its forecast and time are looked at once more, */
const BEFORE_MS = 6 * MINUTE_MS;
/** and after it, for so long, until its actual is there. */
const AFTER_MS = 30 * MINUTE_MS;
/** A provider needs a moment to write down what came out. */
const SETTLED_AFTER_MS = 5_000;

/**
 * Whether a feed should be asked out of turn, since an important release is near: once shortly before it; and after it once, or again and again until the
 * actual is there where the feed gives actuals.
 * @param askedAt when it was asked last, Unix epoch milliseconds; 0: never.
 * @param minGapMs the least that the provider's manners leave between two requests.
 */
export function isEager(events: Iterable<TrackedEvent>, askedAt: number, now: number, feed: Pick<Feed, 'minGapMs' | 'actuals'>): boolean {
  if (now - askedAt < feed.minGapMs) return false;
  for (const event of events) {
    if (!event.timed || event.withdrawn || (event.impact !== 'high' && event.impact !== 'medium')) continue;
    const left = event.at - now;
    if (left > BEFORE_MS || left < -AFTER_MS) continue;
    if (left > 0) {
      if (askedAt < event.at - BEFORE_MS) return true;
      continue;
    }
    if (-left < SETTLED_AFTER_MS) continue;
    if (askedAt < event.at + SETTLED_AFTER_MS || waits(event, feed.actuals)) return true;
  }
  return false;
}

function waits(event: TrackedEvent, actuals: Feed['actuals']): boolean {
  if (event.actual !== null || actuals === 'none') return false;
  return actuals === 'all' || event.forecast !== null || event.previous !== null;
}
