/** The reference parser of the corpus test: what feedsmith, and where it gives up htmlparser2's parseFeed, extracts of a document. Only tests use it. */
import { parseFeed as parseWithFeedsmith } from 'feedsmith';
import { parseFeed as parseWithHtmlparser2 } from 'htmlparser2';
import { decode } from '../../src/document/decode.ts';

export interface ReferenceItem {
  readonly title: string | undefined;
  readonly link: string | undefined;
  readonly id: string | undefined;
}

export interface Reference {
  readonly by: 'feedsmith' | 'htmlparser2';
  readonly items: readonly ReferenceItem[];
}

/** Null where neither makes anything of it. */
export function reference(bytes: Uint8Array, contentType?: string): Reference | null {
  const { text } = decode(bytes, contentType);
  try {
    return { by: 'feedsmith', items: itemsOf(parseWithFeedsmith(text)) };
  } catch {
    const feed = parseWithHtmlparser2(text);
    if (feed === null) return null;
    return { by: 'htmlparser2', items: feed.items.map(({ title, link, id }) => ({ title, link, id })) };
  }
}

type Parsed = ReturnType<typeof parseWithFeedsmith>;

function itemsOf(parsed: Parsed): ReferenceItem[] {
  switch (parsed.format) {
    case 'rss':
      return (parsed.feed.items ?? []).map(({ title, link, guid }) => ({ title: wordsOf(title), link, id: guid?.value }));
    case 'rdf':
      return (parsed.feed.items ?? []).map(({ title, link }) => ({ title: wordsOf(title), link, id: undefined }));
    case 'atom':
      return (parsed.feed.entries ?? []).map(({ title, links, id }) => ({
        title: wordsOf(title),
        link: links?.find(({ rel }) => rel === undefined || rel === 'alternate')?.href,
        id,
      }));
    case 'json':
      return (parsed.feed.items ?? []).map(({ title, url, id }) => ({ title, link: url, id }));
  }
}

const wordsOf = (title: unknown): string | undefined =>
  typeof title === 'object' && title !== null && 'value' in title ? String(title.value) : (title as string | undefined);
