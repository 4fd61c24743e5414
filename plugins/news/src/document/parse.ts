/**
 * The front of the parser: bytes from anywhere into a {@link RawFeed}, or a {@link DocumentError} that says why not. The work is done in slices of a few
 * milliseconds, so that a hostile document cannot keep the plugin from its heartbeat, and is given up past a limit.
 */
import { decode } from './decode.ts';
import { DocumentError } from './errors.ts';
import { parseJsonFeed } from './json-feed.ts';
import { DOCUMENT_LIMITS } from './limits.ts';
import type { DocumentLimits } from './limits.ts';
import { mapFeed } from './map-fields.ts';
import type { RawFeed } from './raw-feed.ts';
import { XmlFields } from './xml-fields.ts';

/** Characters in one slice. */
const SLICE = 32_768;

export interface DocumentTerms {
  /** Where it came from: what relative addresses are relative to. Its query and its sign-in, which may be secret, get into none of them. */
  readonly url?: string | undefined;
  readonly contentType?: string | undefined;
  readonly limits?: DocumentLimits | undefined;
}

export async function parseDocument(
  bytes: Uint8Array,
  { url: address, contentType, limits = DOCUMENT_LIMITS }: DocumentTerms = {},
): Promise<RawFeed> {
  const url = withoutSecrets(address);
  if (bytes.length > limits.maxBytes)
    throw new DocumentError('TOO_LARGE', `it has ${bytes.length} bytes; ${limits.maxBytes} are read at most`);
  const { text } = decode(bytes, contentType);
  const start = firstSign(text);
  if (start < 0) throw new DocumentError('EMPTY', 'there is nothing in it');
  if (text[start] === '{') return parseJsonFeed(text, url, limits);
  if (hasOwnEntities(text, start)) {
    throw new DocumentError('OWN_ENTITIES', 'its DOCTYPE declares entities of its own; such a document is not read');
  }
  return parseXml(text, url, limits);
}

async function parseXml(text: string, url: string | undefined, limits: DocumentLimits): Promise<RawFeed> {
  const fields = new XmlFields(url, limits);
  let worked = 0;
  for (let at = 0; at < text.length && !fields.done; at += SLICE) {
    if (at > 0) await new Promise(setImmediate);
    const began = performance.now();
    fields.take(text.slice(at, at + SLICE));
    worked += performance.now() - began;
    if (worked > limits.maxWorkMs) throw new DocumentError('TOO_SLOW', `reading it takes more than ${limits.maxWorkMs / 1000} s`);
  }
  return mapFeed(fields.end());
}

/** `#part` and `` are relative to the whole address, and would repeat the key in it. */
function withoutSecrets(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null) return undefined;
  url.username = url.password = url.search = url.hash = '';
  return url.href;
}

function firstSign(text: string): number {
  return text.search(/[^\s]/);
}

const PROLOG = /\s*(?:<\?[^]*?\?>|<!--[^]*?-->)/y;

/** Whether a DOCTYPE before the root element has a subset of its own: `<!DOCTYPE rss [ <!ENTITY ...> ]>`. */
export function hasOwnEntities(text: string, start = 0): boolean {
  PROLOG.lastIndex = start;
  let at = start;
  while (PROLOG.test(text)) at = PROLOG.lastIndex;
  while (/\s/.test(text[at] ?? '')) at++;
  if (!/^<!doctype/i.test(text.slice(at, at + 9))) return false;
  let quote = '';
  for (let i = at + 9; i < text.length; i++) {
    const sign = text[i] ?? '';
    if (quote !== '') quote = sign === quote ? '' : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '[') return true;
    else if (sign === '>') return false;
  }
  // It never ends: nothing that follows is a feed, and what looks like one may be a trick.
  return true;
}
