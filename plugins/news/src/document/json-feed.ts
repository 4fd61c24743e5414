import { z } from '@tickhub/plugin-sdk';
import { DocumentError } from './errors.ts';
import type { DocumentLimits } from './limits.ts';
import type { Prose, RawFeed, RawItem } from './raw-feed.ts';
import { resolved } from './xml-fields.ts';

/** A field that does not fit counts as left out. */
const Text = z.string().optional().catch(undefined);
/** JSON Feed 1.0 has ids that are numbers in the wild; 1.1 says to take them as strings. */
const Id = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined);
const Author = z.object({ name: Text }).catch({ name: undefined });

const Item = z.object({
  id: Id,
  url: Text,
  external_url: Text,
  title: Text,
  summary: Text,
  content_text: Text,
  content_html: Text,
  date_published: Text,
  date_modified: Text,
  author: Author.optional(),
  authors: z.array(Author).optional().catch(undefined),
  tags: z.array(z.string().catch('')).optional().catch(undefined),
  language: Text,
});

/** The items are looked at one by one, and only as many as are read. */
const Feed = z.object({ title: Text, language: Text, items: z.custom<unknown[]>(Array.isArray) });

/** JSON Feed 1.0 and 1.1, https://www.jsonfeed.org/version/1.1/. Items that are no objects are left out. */
export function parseJsonFeed(text: string, base: string | undefined, limits: DocumentLimits): RawFeed {
  if (isDeep(text, limits.maxDepth)) throw new DocumentError('TOO_DEEP', `it has values ${limits.maxDepth} deep within each other`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DocumentError('BAD_JSON', `it is JSON that cannot be read: ${(error as Error).message.slice(0, 120)}`);
  }
  const feed = Feed.safeParse(json);
  if (!feed.success) throw new DocumentError('NOT_A_FEED', 'it is JSON without "items", so no JSON Feed');
  const { title, language, items } = feed.data;
  return {
    format: 'json',
    title: plain(title, limits),
    language,
    pace: { skipHours: [], skipDays: [] },
    items: items.slice(0, limits.maxItems).flatMap((item) => mapItem(item, base, limits)),
    cut: items.length > limits.maxItems,
  };
}

/** Whether brackets are nested deeper than `max`; those within strings do not count. It takes what JSON.parse takes long for. */
function isDeep(text: string, max: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) at = endOfString(text, at);
    else if (sign === OPEN_BRACKET || sign === OPEN_BRACE) {
      if (++depth > max) return true;
    } else if (sign === CLOSE_BRACKET || sign === CLOSE_BRACE) depth--;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === BACKSLASH) at++;
    else if (sign === QUOTE) return at;
  }
  return text.length;
}

function mapItem(given: unknown, base: string | undefined, limits: DocumentLimits): RawItem[] {
  const parsed = Item.safeParse(given);
  if (!parsed.success) return [];
  const item = parsed.data;
  const html = item.content_html;
  const authors = (item.authors ?? (item.author === undefined ? [] : [item.author])).flatMap(({ name }) =>
    name === undefined ? [] : [name],
  );
  const link = item.url ?? item.external_url;
  return [
    {
      id: item.id,
      link: link === undefined ? undefined : resolved(link.slice(0, limits.maxAttributeLength), base),
      title: plain(item.title, limits),
      summary: plain(item.summary, limits),
      content:
        plain(item.content_text, limits) ??
        (html === undefined ? undefined : { value: html.slice(0, limits.maxFieldLength), kind: 'html' }),
      authors: authors.slice(0, limits.maxChildren),
      categories: (item.tags ?? []).slice(0, limits.maxChildren).filter((tag) => tag !== ''),
      published: item.date_published,
      updated: item.date_modified,
      language: item.language,
    },
  ];
}

function plain(value: string | undefined, { maxFieldLength }: DocumentLimits): Prose | undefined {
  return value === undefined ? undefined : { value: value.slice(0, maxFieldLength), kind: 'text' };
}
