/**
 * What feedparser's tests expect of a document, out of its first comment: `Expect: not bozo and entries[0]['title'] == 'Example'`. Translated are comparisons of
 * what a news item is made of (and the feed's title and language) with a string or a time; the rest of the expression is left out.
 */
import { decode } from '../../src/document/decode.ts';
import type { Prose, RawFeed, RawItem } from '../../src/document/raw-feed.ts';
import { plainText } from '../../src/text/prose.ts';
import { readDate } from '../../src/time/date.ts';

export interface Expectation {
  /** `entries[0].title` */
  readonly path: string;
  readonly expected: string | number;
}

export interface Expected {
  /** What its bytes are in, where it says so. */
  readonly encoding: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly expectations: readonly Expectation[];
}

const COMPARISON =
  /\b((?:entries\[\d+\]|feed)(?:\[(?:u?'\w+'|\d+)\]|\.\w+)+)\s*==\s*(?:[ub]?'((?:[^'\\]|\\.)*)'|[ub]?"((?:[^"\\]|\\.)*)"|\((\d+(?:,\s*\d+){5,8})\))/g;
const ALTERNATIVES = /\bor\b|\bnot\s+entries|ord\(|len\(/;

export function expectedOf(bytes: Uint8Array): Expected {
  const { text } = decode(bytes);
  const comment = /<!--([^]*?)-->/.exec(text)?.[1] ?? '';
  const headers: Record<string, string> = {};
  for (const [, name = '', value = ''] of comment.matchAll(/^\s*Header:\s*([\w-]+):\s*(.*)$/gm)) headers[name.toLowerCase()] = value.trim();
  const expression = /Expect:\s*(.*)/.exec(comment)?.[1] ?? '';
  const encoding = /\bencoding\s*==\s*[ub]?['"]([\w-]+)['"]/.exec(expression)?.[1];
  if (ALTERNATIVES.test(expression)) return { encoding, headers, expectations: [] };
  const expectations = [...expression.matchAll(COMPARISON)].map(([, path = '', single, double, tuple]) => ({
    path: path.replaceAll(/\[u?'(\w+)'\]/g, '.$1'),
    expected: tuple === undefined ? unescaped(single ?? double ?? '') : timeOf(tuple),
  }));
  return { encoding, headers, expectations };
}

/** What we have at the path; undefined where the path is none of what a news item is made of. */
export function foundAt(feed: RawFeed, path: string): { found: string | number | undefined; as: 'prose' | 'text' | 'time' } | undefined {
  const match = /^(?:entries\[(\d+)\]|feed)\.(.+)$/.exec(path);
  if (match === null) return undefined;
  if (match[1] === undefined) {
    if (match[2] === 'title' || match[2] === 'title_detail.value') return { found: prose(feed.title), as: 'prose' };
    if (match[2] === 'language') return { found: feed.language, as: 'text' };
    if (match[2] === 'ttl') return { found: feed.pace.ttl, as: 'text' };
    return undefined;
  }
  const item = feed.items[Number(match[1])];
  return item === undefined ? foundIn({ authors: [], categories: [] }, match[2] ?? '') : foundIn(item, match[2] ?? '');
}

function foundIn(item: RawItem, field: string): { found: string | number | undefined; as: 'prose' | 'text' | 'time' } | undefined {
  const tag = /^tags\[(\d+)\]\.(?:term|label)$/.exec(field)?.[1];
  if (tag !== undefined) return { found: item.categories[Number(tag)], as: 'text' };
  switch (field) {
    case 'title':
    case 'title_detail.value':
      return { found: prose(item.title), as: 'prose' };
    case 'description':
    case 'summary':
    case 'summary_detail.value':
      return { found: prose(item.summary ?? item.content), as: 'prose' };
    case 'content[0].value':
      return { found: prose(item.content ?? item.summary), as: 'prose' };
    case 'link':
      return { found: item.link, as: 'text' };
    case 'id':
    case 'guid':
      return { found: item.id, as: 'text' };
    case 'category':
      return { found: item.categories[0], as: 'text' };
    case 'author_detail.name':
      return { found: item.authors[0], as: 'text' };
    case 'published':
      return { found: item.published, as: 'text' };
    case 'updated':
      return { found: item.updated ?? item.published, as: 'text' };
    case 'published_parsed':
      return { found: time(item.published), as: 'time' };
    case 'updated_parsed':
      return { found: time(item.updated ?? item.published), as: 'time' };
    default:
      return undefined;
  }
}

/** Whether the two say the same to a reader: feedparser gives cleaned HTML where we have markup and make plain text of it. */
export function agree(found: string | number | undefined, expected: string | number, as: 'prose' | 'text' | 'time'): boolean {
  if (as === 'prose') return found === expected || found === plainText({ value: String(expected), kind: 'html' }, 100_000);
  if (as === 'time') return found === expected;
  const [a, b] = [String(found ?? '').trim(), String(expected).trim()];
  return a === b || (URL.canParse(a) && URL.parse(a)?.href === URL.parse(b)?.href);
}

const prose = (value: Prose | undefined): string => (value === undefined ? '' : plainText(value, 100_000));
const time = (value: string | undefined): number | undefined => (value === undefined ? undefined : readDate(value, 'UTC')?.time);

function timeOf(tuple: string): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = tuple.split(',').map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** A Python string literal's escapes. */
function unescaped(literal: string): string {
  return literal.replaceAll(/\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/gi, (_, hex?: string, unicode?: string, sign?: string) => {
    const code = hex ?? unicode;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return { n: '\n', t: '\t', r: '\r' }[sign ?? ''] ?? sign ?? '';
  });
}
