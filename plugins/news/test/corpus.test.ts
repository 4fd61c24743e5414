import { describe, expect, it } from 'vitest';
import iconv from 'iconv-lite';
import { decode } from '../src/document/decode.ts';
import { DocumentError } from '../src/document/errors.ts';
import { parseDocument } from '../src/document/parse.ts';
import type { RawFeed } from '../src/document/raw-feed.ts';
import { plainLine } from '../src/text/prose.ts';
import { corpus } from './corpus/archive.ts';
import { agree, expectedOf, foundAt } from './corpus/expectations.ts';
import { reference } from './corpus/feedsmith.ts';

const BASE = 'http://feed.example/';

/** What feedparser's tests expect and this parser does not give, each for a reason. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'tests/encoding/bozo_linenoise.xml': 'line noise; what of it is text is a matter of taste',
  'tests/wellformed/rss/entity_in_doctype.xml': 'refused: it declares entities',
  'tests/wellformed/rdf/doctype_contains_entity_decl.xml': 'refused: it declares entities',
  'tests/wellformed/rss/item_summary_and_description.xml': 'of two summaries the description counts',
  'tests/wellformed/rss/item_description_and_summary.xml': 'of two summaries the description counts',
  'tests/wellformed/rss/item_madeup_tags_element.xml': 'an element that no format has',
  'tests/wellformed/atom10/entry_category_label.xml': "a category's term is taken, not its label",
  'tests/wellformed/media-rss/item_media_category_label.xml': "a category's term is taken, not its label",
};

/** Where the reference parser leaves an Atom 0.3 title in Base64. */
const BETTER = new Set(['tests/wellformed/atom10/entry_title_base64.xml', 'tests/wellformed/atom10/entry_title_base64_2.xml']);

interface Read {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly contentType: string | undefined;
  readonly feed: RawFeed | null;
}

const documents = corpus();

async function readAll(): Promise<Read[]> {
  const read: Read[] = [];
  for (const { path, bytes } of documents) {
    const contentType = expectedOf(bytes).headers['content-type'];
    const feed = await parseDocument(bytes, { url: BASE, contentType }).catch((error: unknown) => {
      if (error instanceof DocumentError) return null;
      throw error;
    });
    read.push({ path, bytes, contentType, feed });
  }
  return read;
}

describe('the corpus of feedparser', () => {
  it('is read, but for what is empty or declares entities', async () => {
    const read = await readAll();
    expect(read.length).toBe(591);
    expect(read.filter(({ feed }) => feed === null).map(({ path }) => path)).toEqual([
      'tests/illformed/rss_empty_document.xml',
      'tests/wellformed/rss/entity_in_doctype.xml',
      'tests/wellformed/rdf/doctype_contains_entity_decl.xml',
    ]);
  });

  it('gives what its own tests expect', async () => {
    const missed: string[] = [];
    let checked = 0;
    for (const { path, bytes, feed } of await readAll()) {
      for (const { path: at, expected } of expectedOf(bytes).expectations) {
        const given = feed === null ? undefined : foundAt(feed, at);
        if (feed !== null && given === undefined) continue;
        checked++;
        if (given !== undefined && agree(given.found, expected, given.as)) continue;
        if (OTHERWISE[path] === undefined)
          missed.push(`${path}: ${at} is ${JSON.stringify(given?.found)}, not ${JSON.stringify(expected)}`);
      }
    }
    expect(missed).toEqual([]);
    expect(checked).toBeGreaterThan(150);
  });

  it('is decoded as its own tests expect', () => {
    const missed: string[] = [];
    let checked = 0;
    for (const { path, bytes } of documents) {
      const { encoding, headers } = expectedOf(bytes);
      if (encoding === undefined) continue;
      checked++;
      const decoded = decode(bytes, headers['content-type']);
      // Labels differ where nothing else does: ASCII is ASCII in most of them.
      if (decoded.text !== iconv.decode(Buffer.from(bytes), encoding).replace(/^\uFEFF/, ''))
        missed.push(`${path}: ${decoded.encoding}, not ${encoding}`);
    }
    expect(missed).toEqual(['tests/illformed/chardet/tis620.xml: windows-1252, not TIS-620']);
    expect(checked).toBe(70);
  });

  it('gives all that the reference parser extracts', async () => {
    const missed: string[] = [];
    let checked = 0;
    for (const { path, bytes, contentType, feed } of await readAll()) {
      const other = reference(bytes, contentType);
      if (other === null || feed === null) continue;
      for (const [at, item] of other.items.entries()) {
        const mine = feed.items[at];
        const pairs: [string, string | undefined, string | undefined][] = [
          [
            'title',
            item.title === undefined ? undefined : plainLine({ value: item.title, kind: 'html' }, 500),
            mine?.title === undefined ? undefined : plainLine(mine.title, 500),
          ],
          ['link', absolute(item.link), mine?.link],
          ['id', item.id, mine?.id],
        ];
        for (const [what, theirs, ours] of pairs) {
          if (theirs === undefined || theirs.trim() === '' || BETTER.has(path)) continue;
          checked++;
          if (ours?.trim() !== theirs.trim())
            missed.push(`${path} (${other.by}): ${what} of item ${at} is ${JSON.stringify(ours)}, not ${JSON.stringify(theirs)}`);
        }
      }
    }
    expect(missed).toEqual([]);
    expect(checked).toBeGreaterThan(100);
  });
});

const absolute = (link: string | undefined): string | undefined => (link === undefined ? undefined : (URL.parse(link, BASE)?.href ?? link));
