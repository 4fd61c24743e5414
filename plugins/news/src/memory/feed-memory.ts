/**
 * What must be remembered of a feed over restarts, so that the same item is told the same way each time: when an item without a usable date was first seen, which
 * ids the feed uses for several items, and which title belongs to whom. Bounded; what has not been in the feed for longest goes first.
 */
import { z } from '@tickhub/plugin-sdk';
import type { Store } from '@tickhub/plugin-sdk';

/** More than twice what a document may have; as JSON all of it stays below the store's 1 MiB a value. */
const MAX_ENTRIES = 2_300;

const Saved = z.object({
  v: z.literal(1),
  seen: z.array(z.tuple([z.string(), z.number()])).max(MAX_ENTRIES),
  shared: z.array(z.string()).max(MAX_ENTRIES),
  titles: z.array(z.tuple([z.string(), z.string(), z.number()])).max(MAX_ENTRIES),
});

/** Who told a title first, and when. */
export interface Owner {
  /** Key of the record. */
  readonly key: string;
  readonly time: number;
}

export class FeedMemory {
  readonly #store: Store;
  readonly #name: string;
  /** Item id's hash -> epoch milliseconds. In the order of their last use, as the two below. */
  readonly #seen = new Map<string, number>();
  readonly #shared = new Map<string, true>();
  readonly #titles = new Map<string, Owner>();
  #isChanged = false;

  constructor(store: Store, feed: string) {
    this.#store = store;
    this.#name = `feed:${feed}`;
  }

  get titles(): ReadonlyMap<string, Owner> {
    return this.#titles;
  }

  /** What was kept; a value that is none is forgotten. */
  async load(): Promise<void> {
    const saved = Saved.safeParse(await this.#store.get(this.#name));
    if (!saved.success) return;
    for (const [id, time] of saved.data.seen) this.#seen.set(id, time);
    for (const id of saved.data.shared) this.#shared.set(id, true);
    for (const [title, key, time] of saved.data.titles) this.#titles.set(title, { key, time });
  }

  /** Makes what is new durable; does nothing where nothing is. Rejects as the store does. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const value = {
      v: 1,
      seen: [...this.#seen],
      shared: [...this.#shared.keys()],
      titles: [...this.#titles].map(([title, { key, time }]) => [title, key, time]),
    };
    try {
      await this.#store.set(this.#name, value);
    } catch (error) {
      this.#isChanged = true;
      throw error;
    }
  }

  /** When the item was first seen, if that had to be remembered. */
  firstSeen(id: string): number | undefined {
    return this.#used(this.#seen, id);
  }

  rememberSeen(id: string, time: number): void {
    this.#add(this.#seen, id, time);
  }

  isShared(id: string): boolean {
    return this.#used(this.#shared, id) ?? false;
  }

  rememberShared(id: string): void {
    this.#add(this.#shared, id, true);
  }

  ownerOf(titleKey: string): Owner | undefined {
    return this.#used(this.#titles, titleKey);
  }

  rememberOwner(titleKey: string, owner: Owner): void {
    if (this.#titles.has(titleKey)) return;
    this.#add(this.#titles, titleKey, owner);
  }

  #used<T>(map: Map<string, T>, key: string): T | undefined {
    const value = map.get(key);
    if (value === undefined) return undefined;
    map.delete(key);
    map.set(key, value);
    return value;
  }

  #add<T>(map: Map<string, T>, key: string, value: T): void {
    map.delete(key);
    map.set(key, value);
    const oldest = map.size > MAX_ENTRIES ? map.keys().next().value : undefined;
    if (oldest !== undefined) map.delete(oldest);
    this.#isChanged = true;
  }
}
