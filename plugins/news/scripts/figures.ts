/**
 * `npm run figures -w plugins/news`: what the README claims, measured: what is extracted from the corpus, what hostile documents cost, how well the tagger and the
 * language detection do.
 */
import { Parser } from 'htmlparser2';
import { parseFeed as parseWithFeedsmith } from 'feedsmith';
import { parseFeed as parseWithHtmlparser2 } from 'htmlparser2';
import { DocumentError } from '../src/document/errors.ts';
import { parseDocument } from '../src/document/parse.ts';
import { newsBody, wordsOf } from '../src/item/news-item.ts';
import { hostileDocuments } from '../test/corpus/hostile.ts';

const TERMS = { source: 'news:x', zone: 'UTC', language: undefined, feedLanguage: undefined, maxTextLength: 2_000, rename: {} };

async function read(bytes: Uint8Array): Promise<void> {
  try {
    const { items } = await parseDocument(bytes, { url: 'https://one.example/feed' });
    let began = performance.now();
    for (const item of items) {
      const words = wordsOf(item);
      if (words !== null) newsBody(item, words, TERMS);
      if (performance.now() - began < 10) continue;
      await new Promise(setImmediate);
      began = performance.now();
    }
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
  }
}

/** Milliseconds in all, and the longest that the event loop had to wait. */
async function cost(work: () => Promise<void>): Promise<{ all: number; longest: number }> {
  let [longest, last] = [0, performance.now()];
  let done = false;
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!done) setImmediate(tick);
  };
  await new Promise(setImmediate);
  last = performance.now();
  setImmediate(tick);
  const began = performance.now();
  await work();
  const all = performance.now() - began;
  await new Promise(setImmediate);
  done = true;
  return { all, longest: Math.max(longest, performance.now() - last) };
}

const documents = hostileDocuments();
for (const { bytes } of documents.slice(0, 30)) await read(bytes);
const rows: { name: string; all: number; longest: number }[] = [];
for (const { name, bytes } of documents) rows.push({ name, ...(await cost(() => read(bytes))) });
rows.sort((a, b) => b.longest - a.longest);
console.log(
  rows
    .slice(0, 14)
    .map(({ name, all, longest }) => `${longest.toFixed(0).padStart(6)} ms at once, ${all.toFixed(0).padStart(6)} ms in all: ${name}`)
    .join('\n'),
);
void Parser;
void parseWithFeedsmith;
void parseWithHtmlparser2;
