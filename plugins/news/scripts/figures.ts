/**
 * `npm run figures -w plugins/news [-- SEntFiN.csv.gz]`: what the README claims, measured. What is extracted from the corpus, beside feedsmith with htmlparser2's
 * parseFeed behind it; what hostile documents cost; how well tagger and language detection do. With the whole of SEntFiN (not part of this repository): how many of the
 * entities that its authors marked are found.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DocumentError } from '../src/document/errors.ts';
import { parseDocument } from '../src/document/parse.ts';
import { newsBody, wordsOf } from '../src/item/news-item.ts';
import { tag } from '../src/tag/tagger.ts';
import { languageOf } from '../src/text/language.ts';
import { plainText } from '../src/text/prose.ts';
import { corpus } from '../test/corpus/archive.ts';
import { agree, expectedOf, foundAt } from '../test/corpus/expectations.ts';
import { reference } from '../test/corpus/feedsmith.ts';
import { hostileDocuments } from '../test/corpus/hostile.ts';
import { score } from '../test/tagger/score.ts';

const TERMS = { source: 'news:x', zone: 'UTC', language: undefined, feedLanguage: undefined, maxTextLength: 2_000, rename: {} };
const URL_OF_FEED = 'https://one.example/feed';
const percent = (part: number, of: number): string => `${((100 * part) / of).toFixed(1)} %`;

async function corpusFigures(): Promise<void> {
  let [checked, agreed, compared, own, other] = [0, 0, 0, 0, 0];
  for (const { bytes } of corpus()) {
    const { headers, expectations } = expectedOf(bytes);
    const contentType = headers['content-type'];
    const feed = await parseDocument(bytes, { url: 'http://feed.example/', contentType }).catch(() => null);
    const theirs = expectations.length === 0 ? null : reference(bytes, contentType);
    for (const { path: at, expected } of expectations) {
      const found = feed === null ? undefined : foundAt(feed, at);
      if (feed !== null && found === undefined) continue;
      checked++;
      if (found !== undefined && agree(found.found, expected, found.as)) agreed++;
      const what = /^entries\[(\d+)\]\.(title|link|id)$/.exec(at);
      if (what === null) continue;
      compared++;
      const item = theirs?.items[Number(what[1])];
      const as = found?.as ?? 'text';
      const value = item?.[what[2] as 'title' | 'link' | 'id'];
      if (found !== undefined && agree(found.found, expected, as)) own++;
      if (agree(as === 'prose' ? plainText({ value: value ?? '', kind: 'html' }, 100_000) : value, expected, as)) other++;
    }
  }
  console.log(`corpus: ${agreed} of ${checked} values that feedparser's tests expect (${percent(agreed, checked)})`);
  console.log(`corpus, titles, links and ids alone: ${own} of ${compared}; feedsmith with htmlparser2's parseFeed behind it: ${other}`);
}

/** Milliseconds in all, the longest that the event loop had to wait, and what the heap grew to meanwhile. */
async function cost(work: () => Promise<void>): Promise<{ all: number; longest: number; heapMb: number }> {
  let [longest, heap, last, done] = [0, 0, performance.now(), false];
  const before = process.memoryUsage().heapUsed;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    heap = Math.max(heap, process.memoryUsage().heapUsed - before);
    if (!done) setImmediate(look);
  };
  setImmediate(look);
  const began = performance.now();
  await work();
  const all = performance.now() - began;
  await new Promise((resolve) => setImmediate(resolve));
  done = true;
  return { all, longest, heapMb: heap / 1e6 };
}

async function read(bytes: Uint8Array): Promise<void> {
  try {
    const { items } = await parseDocument(bytes, { url: URL_OF_FEED });
    let began = performance.now();
    for (const item of items) {
      const words = wordsOf(item);
      if (words !== null) newsBody(item, words, TERMS);
      if (performance.now() - began < 10) continue;
      await new Promise((resolve) => setImmediate(resolve));
      began = performance.now();
    }
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
  }
}

async function hostileFigures(): Promise<void> {
  const documents = hostileDocuments();
  for (const { bytes } of documents) await read(bytes);
  const costs: { name: string; all: number; longest: number; heapMb: number }[] = [];
  for (const { name, bytes } of documents) costs.push({ name, ...(await cost(() => read(bytes))) });
  const most = (by: 'all' | 'longest' | 'heapMb'): string => {
    const [first] = costs.sort((a, b) => b[by] - a[by]);
    return first === undefined ? '' : `${first[by].toFixed(0)} (${first.name})`;
  };
  console.log(
    `${documents.length} hostile documents: at most ${most('all')} ms in all, ${most('longest')} ms at once, ${most('heapMb')} MB of heap`,
  );
}

function taggerFigures(): void {
  for (const file of ['own.tsv', 'sentfin.tsv'] as const) {
    const { count, exact, precision, recall } = score(file);
    console.log(
      `tagger, ${file}: ${count} headlines, ${exact} without a fault, precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`,
    );
  }
}

/** What the annotators of SEntFiN marked as an entity in exactly these words. */
const MARKED: readonly (readonly [string, RegExp])[] = [
  ['XAUUSD', /^(?:gold|gold prices?|gold futures|bullion|spot gold)$/i],
  ['XAGUSD', /^(?:silver|silver prices?|silver futures)$/i],
  ['UKOIL', /^(?:oil|oil prices?|crude|crude oil|crude oil prices?|oil futures|brent|brent crude|opec)$/i],
  ['USD', /^(?:dollar|us dollar|greenback|fed|us fed|federal reserve)$/i],
  ['EUR', /^(?:euro|ecb|euro ?zone|european central bank)$/i],
  ['JPY', /^(?:yen|boj|bank of japan|japan)$/i],
  ['GBP', /^(?:sterling|pound|british pound|bank of england|boe|uk|britain)$/i],
  ['INR', /^(?:rupee|indian rupee|rbi|india)$/i],
  ['CNY', /^(?:yuan|china yuan|china|pboc)$/i],
  ['IN50', /^(?:nifty|nifty50)$/i],
  ['JP225', /^nikkei$/i],
];

function sentfinFigures(file: string): void {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split(/\r?\n/).slice(1);
  const rows = lines.flatMap((line) => {
    const match = /^\d+,(?:"((?:[^"]|"")*)"|([^,]*)),(.*),\d+$/.exec(line);
    if (match === null) return [];
    const entities = [...(match[3] ?? '').matchAll(/['"]([^{}:]+?)['"]: ?'(?:positive|negative|neutral)'/g)];
    return [
      {
        title: (match[1] ?? match[2] ?? '').replaceAll('""', '"'),
        entities: entities.map(([, name = '']) => name.replace(/^, ?['"]+/, '').trim()),
      },
    ];
  });
  let [marked, found] = [0, 0];
  for (const { title, entities } of rows) {
    const { symbols, currencies } = tag(title);
    for (const [code, names] of MARKED) {
      if (!entities.some((name) => names.test(name))) continue;
      marked++;
      if (symbols.includes(code) || currencies.includes(code)) found++;
    }
  }
  console.log(`tagger, all of SEntFiN: ${found} of ${marked} marked entities found (${percent(found, marked)})`);
  const languages = rows.map(({ title }) => languageOf(title));
  const wrong = languages.filter((language) => language !== undefined && language !== 'en').length;
  console.log(
    `language, ${rows.length} English headlines: ${percent(languages.filter((language) => language === 'en').length, rows.length)} en, ${percent(wrong, rows.length)} wrong, the rest not said`,
  );
  const began = performance.now();
  for (const { title } of rows) tag(title);
  console.log(`tagger: ${(((performance.now() - began) * 1_000) / rows.length).toFixed(0)} us a headline`);
}

await corpusFigures();
await hostileFigures();
taggerFigures();
const sentfin = process.argv[2];
if (sentfin !== undefined) sentfinFigures(path.resolve(sentfin));
