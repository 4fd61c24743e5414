import { parse as parseCsv } from 'csv-parse/sync';
import { decodeText } from '../documents/decode-text.ts';
import type { HttpFeedSource } from '../manifest/feed.ts';
import { rssItems } from './rss.ts';

/** More rows than this are no feed. */
const MOST_ROWS = 100_000;
/** Nor are more values, or more lines that are none: they take longer than the host waits for a sign of life. */
const MOST_VALUES = 1_000_000;
const MOST_UNREADABLE = 50_000;

/** A document's text as JSON has it: what `rows` is looked for in. */
export interface Document {
  readonly value: unknown;
  /** Lines or items that could not be read. */
  readonly unreadable: number;
}

/** Reads a document. Throws an Error saying why it is none. */
export function readDocument(body: Uint8Array, contentType: string, source: HttpFeedSource): Document {
  const text = decodeText(body, { contentType, encoding: source.encoding });
  switch (source.format) {
    case 'json':
      return { value: readJson(text), unreadable: 0 };
    case 'csv':
      return readCsv(text, source.csv);
    case 'rss':
      return { value: rssItems(text), unreadable: 0 };
  }
}

/** Text of a document or message as JSON. Throws an Error. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const begins = text.trimStart().slice(0, 40);
    const what = begins === '' ? 'it is empty' : `it begins with ${JSON.stringify(begins)}`;
    throw new Error(`is no JSON: ${(error as Error).message}; ${what}`, { cause: error });
  }
}

function readCsv(text: string, { delimiter, header, quote, comment, skipLines }: HttpFeedSource['csv']): Document {
  let unreadable = 0;
  if (occurrences(text, delimiter) + occurrences(text, '\n') > MOST_VALUES) throw new Error(`has more than ${MOST_VALUES} values`);
  const value: unknown = parseCsv(text, {
    bom: true,
    delimiter,
    quote,
    ...(comment === undefined ? {} : { comment }),
    columns: header,
    from_line: skipLines + 1,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    trim: true,
    max_record_size: 1_048_576,
    to: MOST_ROWS,
    on_skip: () => {
      if (++unreadable > MOST_UNREADABLE) throw new Error(`has more than ${MOST_UNREADABLE} lines that cannot be read`);
    },
  });
  return { value, unreadable };
}

function occurrences(text: string, sign: string): number {
  let count = 0;
  for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + sign.length)) count++;
  return count;
}
