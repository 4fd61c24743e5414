import { parse as parseCsv } from 'csv-parse/sync';
import type { HttpFeedSource } from '../manifest/feed.ts';
import { rssItems } from './rss.ts';

/** More rows than this are no feed. */
const MOST_ROWS = 100_000;
const CHARSET = /;\s*charset\s*=\s*"?([A-Za-z0-9._:-]{1,40})/i;
const DECLARATION = /^[\s\uFEFF]*<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/;

/** A document's text as JSON has it: what `rows` is looked for in. */
export interface Document {
  readonly value: unknown;
  /** Lines or items that could not be read. */
  readonly unreadable: number;
}

/** Reads a document. Throws an Error saying why it is none. */
export function readDocument(body: Uint8Array, contentType: string, source: HttpFeedSource): Document {
  const text = textOf(body, contentType, source.encoding);
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

/**
 * Bytes that are UTF-8 are taken for it, whatever the label says: nothing else of any length looks like it. Otherwise what the feed says, the server, the
 * document; and at last windows-1252, in which everything is some letter.
 */
export function textOf(body: Uint8Array, contentType: string, encoding: string | undefined): string {
  const head = new TextDecoder('latin1').decode(body.subarray(0, 400));
  const labels = [CHARSET.exec(contentType)?.[1], DECLARATION.exec(head)?.[1]];
  const mark = body[0] === 0xfe && body[1] === 0xff ? 'utf-16be' : body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : undefined;
  const tries = [mark, encoding, 'utf-8', ...labels].filter((label) => label !== undefined);
  for (const label of tries) {
    try {
      return new TextDecoder(label, { fatal: true }).decode(body);
    } catch {
      // A label that is none, or that the bytes are not in.
    }
  }
  return new TextDecoder('windows-1252').decode(body);
}

function readCsv(text: string, { delimiter, header, quote, comment, skipLines }: HttpFeedSource['csv']): Document {
  let unreadable = 0;
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
      unreadable++;
    },
  });
  return { value, unreadable };
}
