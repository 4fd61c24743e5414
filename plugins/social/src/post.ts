/** The networks that are listened to; also the `network` of the records. */
export type Network = 'reddit' | 'stocktwits' | 'mastodon' | 'bluesky';

/** What an author said of the direction, where the network asks for it. */
export type Stance = 'bullish' | 'bearish';

/** One post, in the one shape that all networks are read into. Times are Unix epoch milliseconds, UTC. */
export interface Post {
  readonly network: Network;
  /** The network's own identity of it; never leaves the machine. */
  readonly id: string;
  /** A second identity that deletions may come with (Mastodon: the instance's own number). */
  readonly alias?: string | undefined;
  /** The network's own identity of its author; leaves the machine as a pseudonym only. */
  readonly author: string;
  /** Plain text, without markup. */
  readonly text: string;
  /** When it was posted, by the network's clock. */
  readonly at: number;
  /** BCP 47. */
  readonly language?: string | undefined;
  readonly stance?: Stance | undefined;
  /** What the network itself says it is about, in its own spelling: StockTwits' `symbols`. */
  readonly tags?: readonly string[] | undefined;
  /** The place is about markets (a subreddit that was chosen, StockTwits): `gold` is the metal there. */
  readonly marketPlace: boolean;
  /** The account calls itself a bot. */
  readonly automated?: boolean | undefined;
  readonly accountCreatedAt?: number | undefined;
}

/** What a network tells: a post, a post that was changed, one that was taken back, or an author who was. */
export type NetworkEvent =
  | { readonly kind: 'post'; readonly post: Post }
  | { readonly kind: 'edited'; readonly post: Post }
  | { readonly kind: 'deleted'; readonly network: Network; readonly id: string }
  | { readonly kind: 'author-deleted'; readonly network: Network; readonly author: string };
