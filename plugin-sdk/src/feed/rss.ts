import { parseFeed } from 'feedsmith';

const MOST_CHARACTERS = 2_097_152;
const MOST_ITEMS = 1_000;
const DEEPEST = 100;

/** One item, whatever the format: what a row of an `rss` feed is. Fields that are not there are left out. */
export interface RssItem {
  id?: string;
  link?: string;
  /** May be HTML: `type: "plain-text"` makes text of it. */
  title?: string;
  summary?: string;
  content?: string;
  authors?: string[];
  categories?: string[];
  /** As it is written. */
  published?: string;
  updated?: string;
}

/** The items of an RSS 2.0, RSS 1.0, Atom or JSON feed. Throws an Error saying why it is none. */
export function rssItems(text: string): RssItem[] {
  if (text.length > MOST_CHARACTERS) throw new Error(`is larger than ${MOST_CHARACTERS} characters`);
  if (/<!DOCTYPE[^>[]*\[/i.test(text.slice(0, 100_000))) throw new Error('declares entities of its own; such a document is not read');
  if (isTooDeep(text)) throw new Error(`has elements within elements more than ${DEEPEST} deep`);
  let parsed: ReturnType<typeof parseFeed>;
  try {
    parsed = parseFeed(text, { maxItems: MOST_ITEMS });
  } catch (error) {
    throw new Error(`is no feed: ${(error as Error).message}`, { cause: error });
  }
  const { feed } = parsed;
  const given: unknown = 'entries' in feed ? feed.entries : 'items' in feed ? feed.items : [];
  return (Array.isArray(given) ? given : []).slice(0, MOST_ITEMS).map(itemOf);
}

type Loose = Readonly<Record<string, unknown>>;

function itemOf(given: unknown): RssItem {
  const item = (typeof given === 'object' && given !== null ? given : {}) as Loose;
  const dc = loose(item['dc']);
  const fields: Record<keyof RssItem, unknown> = {
    id: text(item['id']) ?? text(item['guid']) ?? text(loose(item['rdf'])['about']),
    link: linkOf(item),
    title: text(item['title']) ?? text(dc['title']),
    summary: text(item['description']) ?? text(item['summary']) ?? text(dc['description']),
    content: text(loose(item['content'])['encoded']) ?? text(item['content']) ?? text(item['content_html']) ?? text(item['content_text']),
    authors: texts(item['authors'] ?? dc['creators'] ?? dc['creator'], 'name'),
    categories: texts(item['categories'] ?? item['tags'] ?? dc['subjects'], 'term', 'name', 'label'),
    published: text(item['pubDate']) ?? text(item['published']) ?? text(item['date_published']) ?? first(dc['dates']) ?? text(dc['date']),
    updated: text(item['updated']) ?? text(item['date_modified']),
  };
  fields.published ??= fields.updated;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function linkOf(item: Loose): string | undefined {
  const links = Array.isArray(item['links']) ? item['links'].map(loose) : [];
  const alternate = links.find(({ rel }) => rel === undefined || rel === 'alternate') ?? links[0];
  const guid = loose(item['guid']);
  const permalink = guid['isPermaLink'] === false ? undefined : text(guid);
  const found = text(item['link']) ?? text(alternate?.['href']) ?? text(item['url']) ?? permalink;
  return found !== undefined && /^https?:\/\//i.test(found) ? found : undefined;
}

const loose = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});

/** A text, or an object around one. */
function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
  if (typeof value === 'number') return String(value);
  const inner = loose(value)['value'];
  return inner === undefined ? undefined : text(inner);
}

const first = (value: unknown): string | undefined => (Array.isArray(value) ? text(value[0]) : undefined);

function texts(value: unknown, ...names: readonly string[]): string[] | undefined {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  const found = list.flatMap(
    (one: unknown) => text(one) ?? names.map((name) => text(loose(one)[name])).find((name) => name !== undefined) ?? [],
  );
  return found.length === 0 ? undefined : found;
}

/** A parser that calls itself for each element would not survive a document that is nothing but beginnings. Looks at each character once. */
function isTooDeep(document: string): boolean {
  let depth = 0;
  for (let at = document.indexOf('<'); at >= 0; at = document.indexOf('<', at)) {
    const aside = ASIDES.find(([begin]) => document.startsWith(begin, at));
    const end = aside === undefined ? endOfTag(document, at) : document.indexOf(aside[1], at + aside[0].length);
    // What never ends has nothing within it.
    if (end < 0) return false;
    if (aside === undefined && /[A-Za-z_/]/.test(document[at + 1] ?? '')) {
      if (document[at + 1] === '/') depth--;
      else if (document[end - 1] !== '/' && ++depth > DEEPEST) return true;
    }
    at = end;
  }
  return false;
}

/** What is no element, whatever stands in it: HTML in a CDATA section leaves many open. */
const ASIDES = [
  ['<![CDATA[', ']]>'],
  ['<!--', '-->'],
] as const;

/** Where the `>` is that ends a tag; one within quotes does not. */
function endOfTag(document: string, from: number): number {
  let quote = '';
  for (let at = from; at < document.length; at++) {
    const sign = document.charAt(at);
    if (quote !== '') quote = sign === quote ? '' : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '>') return at;
  }
  return -1;
}
