import { ZoneOffset } from '@tickhub/plugin-sdk/files';

/** An offset and the instant, UTC, from which it holds. */
export interface OffsetSince {
  readonly since: number;
  readonly offsetMs: number;
}

/** The offset for a time by the broker's clock, and the range of such times for which it is the same. */
export interface OffsetRange {
  readonly offsetMs: number;
  readonly from: number;
  readonly until: number;
}

/**
 * Whose clocks brokers follow, the likeliest first: where an offset changed while nobody looked, and more than one of them changed meanwhile, it is
 * taken to have been the first.
 */
const FOLLOWED = ['America/New_York', 'Europe/Athens', 'Australia/Sydney'].map((zone) => new ZoneOffset(zone));
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Further back nobody searches for a change. */
const MAX_SEARCH_MS = 400 * DAY_MS;
const MAX_KEPT = 40;

/** Which offset a broker's clock had when, as far as it was seen. Before the first one that is known, that one is taken. */
export class OffsetHistory {
  #changes: readonly OffsetSince[];

  /** @param changes in the order of time. */
  constructor(changes: readonly OffsetSince[] = []) {
    this.#changes = changes;
  }

  get changes(): readonly OffsetSince[] {
    return this.#changes;
  }

  /** Milliseconds; null before the first. */
  get latest(): number | null {
    return this.#changes.at(-1)?.offsetMs ?? null;
  }

  /** The instant before which nothing was seen; Infinity where nothing was. */
  get begins(): number {
    return this.#changes[0]?.since ?? Infinity;
  }

  /** The clock changed at `since`, later than all changes before. */
  add(since: number, offsetMs: number): void {
    this.#changes = [...this.#changes.filter((change) => change.since < since), { since, offsetMs }].slice(-MAX_KEPT);
  }

  /**
   * The offset of a time by the broker's clock. In the hour that a change to winter time repeats the first pass counts; in the one that a change to
   * summer time skips, the offset before it.
   */
  atWall(wallMs: number): OffsetRange {
    let range: OffsetRange = { offsetMs: this.#changes[0]?.offsetMs ?? 0, from: -Infinity, until: Infinity };
    for (const { since, offsetMs } of this.#changes.slice(1)) {
      // The first wall-clock millisecond that can only be on the new side of the change.
      const begins = since + Math.max(range.offsetMs, offsetMs);
      if (wallMs < begins) return { ...range, until: begins };
      range = { offsetMs, from: begins, until: Infinity };
    }
    return range;
  }
}

/** The instant within `after` to `upTo` at which a clock that brokers follow changed by `deltaMs`; null where none did. */
export function followedChange(after: number, upTo: number, deltaMs: number): number | null {
  const from = Math.max(after, upTo - MAX_SEARCH_MS);
  for (const clock of FOLLOWED) {
    for (let day = from; day < upTo; day += DAY_MS) {
      const end = Math.min(day + DAY_MS, upTo);
      if (clock.atUtc(end) - clock.atUtc(day) === deltaMs) return changeWithin(clock, day, end);
    }
  }
  return null;
}

/** Clocks change at whole hours, or half ones, of UTC; the search stops at the minute. */
function changeWithin(clock: ZoneOffset, from: number, to: number): number {
  const before = clock.atUtc(from);
  let [low, high] = [from, to];
  while (high - low > 1_000) {
    const middle = (low + high) / 2;
    if (clock.atUtc(middle) === before) low = middle;
    else high = middle;
  }
  return Math.round(high / (HOUR_MS / 60)) * (HOUR_MS / 60);
}
