/** What a document says, as it says it: before dates are read, markup is cleaned and identities are given. */

/** Words, and how they are written: as they are, or as HTML. */
export interface Prose {
  readonly value: string;
  readonly kind: 'text' | 'html';
}

export interface RawItem {
  /** `guid`, `id`, or `rdf:about`. */
  readonly id?: string | undefined;
  /** Absolute where the document says what it is relative to. */
  readonly link?: string | undefined;
  readonly title?: Prose | undefined;
  readonly summary?: Prose | undefined;
  readonly content?: Prose | undefined;
  readonly authors: readonly string[];
  readonly categories: readonly string[];
  /** As written; there may be none, and it may be no date at all. */
  readonly published?: string | undefined;
  readonly updated?: string | undefined;
  /** BCP 47, as declared. */
  readonly language?: string | undefined;
}

/** How often a feed asks to be looked at. */
export interface RawPace {
  /** RSS 2.0 `ttl`, minutes. */
  readonly ttl?: string | undefined;
  /** RSS 1.0 syndication module. */
  readonly updatePeriod?: string | undefined;
  readonly updateFrequency?: string | undefined;
  /** Hours (0 to 23, UTC) and days (`Saturday`) in which nothing should be asked. */
  readonly skipHours: readonly string[];
  readonly skipDays: readonly string[];
}

export interface RawFeed {
  readonly format: 'rss' | 'rdf' | 'atom' | 'json';
  readonly title?: Prose | undefined;
  readonly language?: string | undefined;
  readonly pace: RawPace;
  readonly items: readonly RawItem[];
  /** The document has more items than are read. */
  readonly cut: boolean;
}
