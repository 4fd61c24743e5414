/** Who told a title first, over all feeds. It is made of what the feeds remember, so nothing of it is stored twice. */
import type { FeedMemory, Owner } from './feed-memory.ts';

/** Told by two feeds on both sides of midnight, it is still the same. */
const NEAR_MS = 6 * 3_600_000;

export interface Told {
  /** The title's keys, its own day's first. */
  readonly titles: readonly [string, string, string];
  /** Key of the record that tells it, and when. */
  readonly key: string;
  readonly time: number;
}

export class TitleOwners {
  readonly #feeds: () => Iterable<FeedMemory>;

  /** @param feeds what each feed remembers. */
  constructor(feeds: () => Iterable<FeedMemory>) {
    this.#feeds = feeds;
  }

  /**
   * Key of the record that told the same first, where it is another feed's; undefined where nobody did, or this feed itself. What was said once is remembered by
   * the feed that it was said to, so it is said again whatever order feeds are asked in after a restart.
   * @param prefix the start of all keys of this feed's records.
   */
  duplicateOf(memory: FeedMemory, told: Told, prefix: string): string | undefined {
    const [title] = told.titles;
    const owner = memory.ownerOf(title) ?? this.#known(told);
    memory.rememberOwner(title, owner ?? { key: told.key, time: told.time });
    return owner === undefined || owner.key.startsWith(prefix) ? undefined : owner.key;
  }

  #known({ titles: [title, ...beside], time }: Told): Owner | undefined {
    for (const feed of this.#feeds()) {
      const owner = feed.titles.get(title);
      if (owner !== undefined) return owner;
    }
    for (const feed of this.#feeds()) {
      for (const day of beside) {
        const owner = feed.titles.get(day);
        if (owner !== undefined && Math.abs(owner.time - time) <= NEAR_MS) return owner;
      }
    }
    return undefined;
  }
}
