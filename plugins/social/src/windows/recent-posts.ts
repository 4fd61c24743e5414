import { z } from '@tickhub/plugin-sdk';
import type { Contribution } from './cell.ts';
import type { Place } from './windows.ts';

const MOST_POSTS = 20_000;

/** What is remembered of a post: enough to know it again, and to take it back. No text, and no name but pseudonyms. */
export interface RememberedPost extends Contribution, Place {
  readonly network: string;
  /** Its other identity, as a pseudonym too. */
  readonly alias: string | null;
}

const Remembered = z.tuple([
  z.string(),
  z.string(),
  z.array(z.string()),
  z.number(),
  z.string(),
  z.number().nullable(),
  z.enum(['bullish', 'bearish', 'neutral']),
  z.boolean(),
  z.string().nullable(),
]);
export const RecentPostsState = z.array(Remembered);
export type RecentPostsState = z.infer<typeof RecentPostsState>;

/** The last 20,000 posts that were counted, by pseudonym. */
export class RecentPosts {
  readonly #posts = new Map<string, RememberedPost>();
  readonly #aliases = new Map<string, string>();

  get size(): number {
    return this.#posts.size;
  }

  get(id: string): RememberedPost | undefined {
    return this.#posts.get(id) ?? this.#posts.get(this.#aliases.get(id) ?? '');
  }

  has(id: string): boolean {
    return this.#posts.has(id);
  }

  /** Remembers a post under its pseudonym; the oldest is forgotten when there are too many. */
  set(id: string, post: RememberedPost): void {
    this.delete(id);
    this.#posts.set(id, post);
    if (post.alias !== null) this.#aliases.set(post.alias, id);
    if (this.#posts.size <= MOST_POSTS) return;
    const oldest = this.#posts.keys().next();
    if (!oldest.done) this.delete(oldest.value);
  }

  /** Forgets a post by either identity. @returns what it was, and its first identity. */
  delete(idOrAlias: string): { id: string; post: RememberedPost } | null {
    const id = this.#posts.has(idOrAlias) ? idOrAlias : this.#aliases.get(idOrAlias);
    const post = id === undefined ? undefined : this.#posts.get(id);
    if (id === undefined || post === undefined) return null;
    this.#posts.delete(id);
    if (post.alias !== null) this.#aliases.delete(post.alias);
    return { id, post };
  }

  /** The posts of an author, by pseudonyms. */
  by(network: string, author: string): string[] {
    return [...this.#posts].flatMap(([id, post]) => (post.network === network && post.author === author ? [id] : []));
  }

  save(): RecentPostsState {
    return [...this.#posts].map(([id, { network, symbols, at, author, sentiment, stance, spam, alias }]) => [
      id,
      network,
      [...symbols],
      at,
      author,
      sentiment,
      stance,
      spam,
      alias,
    ]);
  }

  restore(state: RecentPostsState): void {
    for (const [id, network, symbols, at, author, sentiment, stance, spam, alias] of state) {
      this.set(id, { network, symbols, at, author, sentiment, stance, spam, alias });
    }
  }
}
