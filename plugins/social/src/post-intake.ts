import type { Publish } from '@tickhub/plugin-sdk';
import type { Config } from './config.ts';
import type { NetworkEvent, Post } from './post.ts';
import type { Pseudonyms } from './pseudonyms.ts';
import { score, STANCE_FROM } from './sentiment/scorer.ts';
import { SpamScore } from './spam/spam-score.ts';
import type { SymbolTagger } from './symbols/tagger.ts';
import { withoutNames } from './text/markup.ts';
import type { Aggregates } from './windows/aggregates.ts';
import { rounded } from './windows/cell.ts';
import type { RecentPosts, RememberedPost } from './windows/recent-posts.ts';

/** A post from the future (a clock that is wrong somewhere) is taken as posted when it came. */
const LARGEST_LEAD_MS = 60_000;

export interface IntakeTerms {
  readonly config: Config;
  readonly tagger: SymbolTagger;
  readonly pseudonyms: Pseudonyms;
  readonly aggregates: Aggregates;
  readonly recent: RecentPosts;
  readonly publish: Publish;
}

/** What became of what was taken; since the start. */
export interface IntakeCounts {
  /** About a symbol, and counted. */
  posts: number;
  spam: number;
  /** About no symbol that is wanted. */
  untagged: number;
  duplicates: number;
  /** Posted in windows that are all closed. */
  late: number;
  /** Taken back by their authors or the network. */
  deleted: number;
  /** Stamped with a time to come. */
  future: number;
}

/** From a post to what is counted and published of it. Its text is read here, and kept nowhere. */
export class PostIntake {
  readonly counts: IntakeCounts = { posts: 0, spam: 0, untagged: 0, duplicates: 0, late: 0, deleted: 0, future: 0 };
  readonly #terms: IntakeTerms;
  readonly #spam = new SpamScore();

  constructor(terms: IntakeTerms) {
    this.#terms = terms;
  }

  /** Answers whether anything changed. `receivedAt` is in Unix epoch milliseconds. */
  take(event: NetworkEvent, receivedAt: number): boolean {
    switch (event.kind) {
      case 'post':
        return this.#takePost(event.post, receivedAt, false);
      case 'edited':
        return this.#takePost(event.post, receivedAt, true);
      case 'deleted':
        return this.#takeBack(this.#terms.pseudonyms.post(event.network, event.id));
      case 'author-deleted': {
        const posts = this.#terms.recent.by(event.network, this.#terms.pseudonyms.author(event.network, event.author));
        for (const id of posts) this.#takeBack(id);
        return posts.length > 0;
      }
    }
  }

  #takePost(post: Post, receivedAt: number, isEdit: boolean): boolean {
    const { tagger, pseudonyms, recent } = this.#terms;
    const symbols = tagger.tag(post);
    const id = symbols.length > 0 || isEdit ? pseudonyms.post(post.network, post.id) : '';
    const before = recent.get(id);
    if (before !== undefined && !isEdit) {
      this.counts.duplicates++;
      return false;
    }
    if (symbols.length === 0) {
      this.counts.untagged++;
      // Edited away from what it was about.
      return before !== undefined && this.#takeBack(id);
    }
    const isFuture = post.at > receivedAt + LARGEST_LEAD_MS;
    if (isFuture) this.counts.future++;
    const author = pseudonyms.author(post.network, post.author);
    const spam = this.#spam.judge(post, author, symbols.length).score;
    const sentiment = sentimentOf(post);
    const remembered: RememberedPost = {
      network: post.network,
      symbols,
      at: before?.at ?? (isFuture ? receivedAt : post.at),
      author,
      sentiment,
      stance: post.stance ?? stanceOf(sentiment),
      spam: spam >= this.#terms.config.spamThreshold,
      alias: post.alias === undefined ? null : pseudonyms.post(post.network, post.alias),
    };
    this.#count(id, remembered, before);
    if (this.#terms.config.share !== 'aggregates') this.#share(id, post, remembered, spam);
    return true;
  }

  #count(id: string, post: RememberedPost, before: RememberedPost | undefined): void {
    const { aggregates, recent } = this.#terms;
    if (before !== undefined) aggregates.remove(before.network, before, before);
    if (aggregates.add(post.network, post, post)) {
      this.counts.posts++;
      if (post.spam) this.counts.spam++;
    } else this.counts.late++;
    recent.set(id, post);
  }

  #takeBack(idOrAlias: string): boolean {
    const { aggregates, recent, config, publish } = this.#terms;
    const found = recent.delete(idOrAlias);
    if (found === null) return false;
    const { id, post } = found;
    this.counts.deleted++;
    aggregates.remove(post.network, post, post);
    if (config.share === 'aggregates') return true;
    publish.record('social', {
      time: post.at,
      key: keyOfPost(id),
      source: `social:${post.network}`,
      body: { kind: 'post', network: post.network, author: post.author, symbols: [], spam: 0, deleted: true },
    });
    return true;
  }

  #share(id: string, { network, language, text }: Post, { author, symbols, sentiment, at }: RememberedPost, spam: number): void {
    this.#terms.publish.record('social', {
      time: at,
      symbol: symbols.length === 1 ? symbols[0] : undefined,
      key: keyOfPost(id),
      source: `social:${network}`,
      body: {
        kind: 'post',
        network,
        author,
        symbols: [...symbols],
        spam,
        ...(sentiment === null ? {} : { sentiment: rounded(sentiment) }),
        ...(language === undefined ? {} : { language }),
        ...(this.#terms.config.share === 'text' ? { text: withoutNames(text).slice(0, 10_000) } : {}),
      },
    });
  }
}

/** What the author said, where the network asks; else what the words say, which are read in English only. */
function sentimentOf({ stance, text, language }: Post): number | null {
  if (stance !== undefined) return stance === 'bullish' ? 1 : -1;
  if (language !== undefined && !/^en\b/i.test(language)) return null;
  return score(text);
}

function stanceOf(sentiment: number | null): RememberedPost['stance'] {
  if (sentiment === null) return 'neutral';
  return sentiment >= STANCE_FROM ? 'bullish' : sentiment <= -STANCE_FROM ? 'bearish' : 'neutral';
}

function keyOfPost(id: string): string {
  return `post:${id}`;
}
