/** One feed: its documents into `news` records, each item known again by its key. */
import { SourceFault } from '@tickhub/plugin-sdk';
import type { Clock, HttpResponse, PollAdvice, Publish } from '@tickhub/plugin-sdk';
import type { ChosenFeed } from './chosen-feeds.ts';
import { DocumentError } from './document/errors.ts';
import { parseDocument } from './document/parse.ts';
import type { RawFeed, RawItem } from './document/raw-feed.ts';
import { canonicalLink, hash, itemId } from './item/identity.ts';
import { newsBody, wordsOf } from './item/news-item.ts';
import { normalisedTitle, titleKeys } from './item/title-key.ts';
import type { FeedMemory } from './memory/feed-memory.ts';
import type { TitleOwners } from './memory/title-owners.ts';
import { pauseOf } from './pace.ts';
import { eventTime } from './time/event-time.ts';
import type { EventTime } from './time/event-time.ts';

const DAY_MS = 86_400_000;
/** Work between two looks at the clock; then others get their turn. */
const SLICE_MS = 10;

export interface ReaderTerms {
  readonly feed: ChosenFeed;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly memory: FeedMemory;
  readonly owners: TitleOwners;
  readonly maxAgeDays: number;
  readonly maxTextLength: number;
  readonly rename: Readonly<Record<string, string>>;
}

type NewsRecord = Parameters<Publish['record']>[1] & { body: ReturnType<typeof newsBody> & { timeQuality: EventTime['quality'] } };

interface Named {
  readonly item: RawItem;
  readonly words: { title: string; text: string };
  readonly id: string;
}

export class FeedReader {
  /** Of documents: how many were read. Of items: seen, told, without words, too old, and past the most that is read of one document. */
  readonly counters = { documents: 0, items: 0, published: 0, empty: 0, old: 0, duplicates: 0, cut: 0 };
  readonly #terms: ReaderTerms;
  readonly #source: string;
  readonly #prefix: string;

  constructor(terms: ReaderTerms) {
    this.#terms = terms;
    this.#source = `news:${terms.feed.name}`;
    this.#prefix = `${terms.feed.name}:`;
  }

  /** Publishes all items of a document. Rejects with a {@link SourceFault} where it is none. */
  async take(answer: Pick<HttpResponse, 'body' | 'url' | 'headers'>): Promise<PollAdvice> {
    const { feed, clock, memory, publish } = this.#terms;
    const document = await this.#parse(answer);
    const now = clock.now();
    this.counters.documents++;
    if (document.cut) this.counters.cut++;
    const records = await this.#records(document, now);
    // What is remembered is durable before what follows from it is told: after a kill in between, the same is told again.
    await memory.save();
    for (const record of records) {
      if (publish.congested) await publish.drained();
      publish.record('news', record);
    }
    this.counters.published += records.length;
    return { notBeforeMs: pauseOf(document.pace, feed.everyMs, now) };
  }

  async #parse({ body, url, headers }: Pick<HttpResponse, 'body' | 'url' | 'headers'>): Promise<RawFeed> {
    try {
      return await parseDocument(body, { url, contentType: headers['content-type'] });
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      const state = error.code === 'TOO_LARGE' ? 'too-large' : 'malformed';
      throw new SourceFault(state, `its document cannot be read: ${error.message}`, { cause: error });
    }
  }

  async #records(document: RawFeed, now: number): Promise<NewsRecord[]> {
    const named = await this.#named(document.items);
    const records = new Map<string, NewsRecord>();
    const pause = pauses();
    for (const one of named) {
      await pause();
      const record = this.#record(one, document, now);
      if (record !== null && !records.has(record.key ?? '')) records.set(record.key ?? '', record);
    }
    return [...records.values()];
  }

  /** Each item with its id. An id that several items share (a feed that gives all of them its home page) is none; it is remembered as such. */
  async #named(items: readonly RawItem[]): Promise<Named[]> {
    const { memory } = this.#terms;
    const named: Named[] = [];
    const told = new Map<string, string>();
    const pause = pauses();
    for (const item of items) {
      await pause();
      this.counters.items++;
      const words = wordsOf(item);
      if (words === null) {
        this.counters.empty++;
        continue;
      }
      const id = itemId({ id: item.id, link: item.link, title: words.title, date: item.published ?? item.updated });
      const what = whatOf(item, words.title);
      if ((told.get(id) ?? what) !== what) memory.rememberShared(hash(id));
      told.set(id, what);
      named.push({ item, words, id });
    }
    return named.map((one) =>
      memory.isShared(hash(one.id)) ? { ...one, id: `${one.id}#${hash(whatOf(one.item, one.words.title))}` } : one,
    );
  }

  #record({ item, words, id }: Named, document: RawFeed, now: number): NewsRecord | null {
    const { feed, memory, owners, maxAgeDays, maxTextLength, rename } = this.#terms;
    const written = item.published ?? item.updated;
    const { time, quality } = this.#time(id, written, now);
    if (time < now - maxAgeDays * DAY_MS) {
      this.counters.old++;
      return null;
    }
    const key = `${this.#prefix}${id}`;
    const normalised = normalisedTitle(words.title);
    const duplicateOf =
      normalised === null ? undefined : owners.duplicateOf(memory, { titles: titleKeys(normalised, time), key, time }, this.#prefix);
    if (duplicateOf !== undefined) this.counters.duplicates++;
    const body = newsBody(item, words, {
      source: this.#source,
      zone: feed.zone,
      language: feed.language,
      feedLanguage: document.language,
      maxTextLength,
      rename,
    });
    return {
      time,
      key,
      source: this.#source,
      sourceTime: written?.slice(0, 100),
      body: { ...body, timeQuality: quality, ...(duplicateOf !== undefined && { duplicateOf }) },
    };
  }

  /** A time that depends on when the item was seen is the same after a restart. */
  #time(id: string, written: string | undefined, now: number): EventTime {
    const { feed, memory } = this.#terms;
    const known = memory.firstSeen(hash(id));
    const event = eventTime(written, feed.zone, known ?? now);
    if (known === undefined && (event.quality === 'first-seen' || event.quality === 'clamped')) memory.rememberSeen(hash(id), now);
    return event;
  }
}

const whatOf = (item: RawItem, title: string): string => `${item.link === undefined ? '' : canonicalLink(item.link, true)}\n${title}`;

/** Lets others have their turn whenever this one took long enough. */
function pauses(): () => Promise<void> | void {
  let began = performance.now();
  return () => {
    if (performance.now() - began < SLICE_MS) return;
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      began = performance.now();
    });
  };
}
