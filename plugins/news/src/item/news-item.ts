/** An item of a document into the body of a `news` record. */
import type { NewsBody } from '@tickhub/plugin-sdk';
import type { RawItem } from '../document/raw-feed.ts';
import { tag } from '../tag/tagger.ts';
import { declaredLanguage, languageOf } from '../text/language.ts';
import { plainLine, plainText } from '../text/prose.ts';
import { readDate } from '../time/date.ts';
import { canonicalLink } from './identity.ts';

const MAX_TITLE = 500;
/** An item without a title is known by the beginning of its text. */
const MAX_MADE_TITLE = 150;
const MAX_LINK = 4_000;
const MAX_NAME = 200;
const MAX_AUTHORS = 10;
const MAX_CATEGORIES = 30;
const MAX_SYMBOLS = 100;
/** A summary that is shorter tells nothing that the content does not. */
const MIN_SUMMARY = 20;

export interface ItemTerms {
  /** `news:fed` */
  readonly source: string;
  readonly zone: string;
  readonly language: string | undefined;
  /** As the document declares it. */
  readonly feedLanguage: string | undefined;
  readonly maxTextLength: number;
  readonly rename: Readonly<Record<string, string>>;
}

/** An item's words, cleaned; null where it has none. */
export function wordsOf(item: RawItem): { title: string; text: string } | null {
  const title = item.title === undefined ? '' : plainLine(item.title, MAX_TITLE);
  const summary = item.summary === undefined ? '' : plainText(item.summary, 20_000);
  const content = summary.length < MIN_SUMMARY && item.content !== undefined ? plainText(item.content, 20_000) : '';
  const text = content.length > summary.length ? content : summary;
  if (title !== '') return { title, text: text === title ? '' : text };
  return text === '' ? null : { title: plainLine({ value: text, kind: 'text' }, MAX_MADE_TITLE), text };
}

/** The body, but for its time and what other feeds tell. The same item always gives the same. */
export function newsBody(item: RawItem, { title, text }: { title: string; text: string }, terms: ItemTerms): Omit<NewsBody, 'timeQuality'> {
  const authors = item.authors.map((name) => plainLine({ value: name, kind: 'html' }, MAX_NAME)).filter((name) => name !== '');
  const categories = item.categories.map((name) => plainLine({ value: name, kind: 'html' }, MAX_NAME)).filter((name) => name !== '');
  const declared = declaredLanguage(item.language) ?? declaredLanguage(terms.language) ?? declaredLanguage(terms.feedLanguage);
  const language = declared ?? languageOf(`${title}\n${text}`);
  const tags = [title, text, categories.join(' · ')].map((part) => tag(part, language));
  const symbols = new Set(tags.flatMap((found) => found.symbols).map((symbol) => terms.rename[symbol] ?? symbol));
  const kept = text.length > terms.maxTextLength ? plainText({ value: text, kind: 'text' }, terms.maxTextLength) : text;
  const url = item.link === undefined ? undefined : canonicalLink(item.link, true);
  const updated = item.updated === undefined || item.published === undefined ? null : readDate(item.updated, terms.zone);
  return {
    title,
    ...(terms.maxTextLength > 0 && kept !== '' && { text: kept }),
    ...(url !== undefined && url.length <= MAX_LINK && /^https?:/.test(url) && { url }),
    feed: terms.source,
    ...(authors.length > 0 && { authors: authors.slice(0, MAX_AUTHORS) }),
    ...(categories.length > 0 && { categories: categories.slice(0, MAX_CATEGORIES) }),
    ...(language !== undefined && { language }),
    symbols: [...symbols].sort().slice(0, MAX_SYMBOLS),
    currencies: [...new Set(tags.flatMap((found) => found.currencies))].sort().slice(0, 50),
    ...(updated !== null && { updatedAt: updated.time }),
  };
}
