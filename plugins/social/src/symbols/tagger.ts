import { METALS } from '@tickhub/plugin-sdk/markets';
import { AMBIGUOUS, COINS, CURRENCIES, FUTURES, MARKET_WORDS, NAMES, NOT_CASHTAGS, NOT_THE_METAL } from './catalogue.ts';

/** What is looked at. */
export interface Taggable {
  readonly text: string;
  readonly tags?: readonly string[] | undefined;
  readonly marketPlace: boolean;
}

/** More symbols than this are a list, not an opinion; what is over it is left out, and counts as spam elsewhere. */
const MOST_SYMBOLS = 50;
const LONGEST_TEXT = 10_000;

const CURRENCY = new Set<string>(CURRENCIES);
const COIN = new Set<string>(COINS);
const METAL = new Set<string>(METALS);

const escaped = (word: string): string => word.replace(/[.*+?^${}()|[\]\\&]/g, '\\$&').replaceAll('\\&', '&');
const anyOf = (words: readonly string[]): string =>
  [...words]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join('|');
const CODES = anyOf([...CURRENCIES, ...COINS]);
const QUOTES = [...CURRENCIES, 'USDT'];

const CASHTAG = /(?<![\w$])\$([A-Za-z][A-Za-z0-9]{0,9}|6[A-Z])(?:([._-])([A-Za-z]{1,2}))?(?![\w$])/g;
const PAIR = new RegExp(`(?<![\\w$/])#?(${CODES})(?: ?[/\\-] ?)?(${anyOf(QUOTES)})(?![\\w/])`, 'gi');
const NAME = new RegExp(`(?<![\\w$@])#?(${anyOf(Object.keys(NAMES))})(?!\\w)`, 'gi');
const UNSURE = new RegExp(`(?<![\\w$@])#?(${anyOf(Object.keys(AMBIGUOUS))})(?![\\w-])`, 'gi');
const MARKET = new RegExp(`(?<!\\w)(?:${anyOf(MARKET_WORDS)})(?!\\w)`, 'i');

/**
 * Which symbols a post is about, canonical. README.md has the rules for people; in short: what the network itself says (StockTwits) is believed; then
 * cashtags (`$SPY`, `$BTC.X`, `$GC_F`), pairs (`EUR/USD`, `eurusd`), names that mean one thing (`bitcoin`), and names that mean more (`gold`) where the
 * post or its place is about markets.
 */
export class SymbolTagger {
  readonly #renamed: ReadonlyMap<string, string>;
  readonly #wanted: ReadonlySet<string> | null;

  /** @param renamed canonical or network's name -> yours. @param wanted canonical names to keep; empty: all. */
  constructor(renamed: Readonly<Record<string, string>> = {}, wanted: readonly string[] = []) {
    this.#renamed = new Map(Object.entries(renamed).map(([from, to]) => [from.toUpperCase(), to]));
    this.#wanted = wanted.length === 0 ? null : new Set(wanted);
  }

  /** In the order of their mention, each once, at most 50. */
  tag({ text, tags, marketPlace }: Taggable): string[] {
    const found = new Set<string>();
    for (const tag of tags ?? []) this.#add(found, ofCashtag(tag.replace(/^\$/, '').toUpperCase(), true));
    const read = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
    for (const [, name = '', mark = '', suffix = ''] of read.matchAll(CASHTAG)) {
      const upper = `${name}${suffix === '' ? '' : `${mark === '_' ? '_' : '.'}${suffix}`}`.toUpperCase();
      this.#add(found, ofCashtag(upper, name === name.toUpperCase()));
    }
    for (const match of read.matchAll(PAIR)) this.#add(found, ofPair(match[0], match[1] ?? '', match[2] ?? ''));
    for (const [, name = ''] of read.matchAll(NAME)) this.#add(found, NAMES[name.toLowerCase()] ?? null);
    const unsure = [...read.replace(NOT_THE_METAL, ' ').matchAll(UNSURE)];
    if (unsure.length > 0 && (marketPlace || MARKET.test(read))) {
      for (const [, name = ''] of unsure) this.#add(found, AMBIGUOUS[name.toLowerCase()] ?? null);
    }
    return [...found];
  }

  #add(found: Set<string>, symbol: string | null): void {
    if (symbol === null || found.size >= MOST_SYMBOLS) return;
    const name = this.#renamed.get(symbol) ?? symbol;
    if (this.#wanted === null || this.#wanted.has(name)) found.add(name);
  }
}

/** @param sure capitals, or said by the network: a ticker that the catalogue does not have is believed then. */
function ofCashtag(tag: string, sure: boolean): string | null {
  const [, root = '', mark = '', suffix = ''] = /^([A-Z0-9]{1,10})(?:([._])([A-Z]{1,2}))?$/.exec(tag) ?? [];
  if (root === '') return null;
  if (mark === '.' && suffix === 'X') return COIN.has(root) || sure ? `${root}USD` : null;
  if (mark === '_' && suffix === 'F') return FUTURES[root] ?? (sure ? tag : null);
  // Share classes: BRK.B; and a full stop at the end of a sentence is not one.
  if (mark !== '') return sure ? `${root}.${suffix}` : null;
  const pair = root.length === 6 ? ofPair(root, root.slice(0, 3), root.slice(3)) : null;
  if (pair !== null) return pair;
  if (COIN.has(root) || METAL.has(root)) return `${root}USD`;
  if (root === 'GOLD' && !sure) return 'XAUUSD';
  const named = NAMES[root.toLowerCase()];
  if (named !== undefined) return named;
  if (!sure || NOT_CASHTAGS.has(root) || root.length > 6 || !/^[A-Z]+$/.test(root)) return null;
  return root;
}

/** @param written as it is in the text: without a slash it has to be in one case, or `EurUsd` would be cut out of a longer name. */
function ofPair(written: string, first: string, second: string): string | null {
  const base = first.toUpperCase();
  const quote = second.toUpperCase() === 'USDT' ? 'USD' : second.toUpperCase();
  if (base === quote || METAL.has(quote) || !CURRENCY.has(quote) || !(CURRENCY.has(base) || COIN.has(base))) return null;
  const bare = !/[/\- ]/.test(written.replace('#', ''));
  if (!bare && written.includes('-') && written !== written.toUpperCase()) return null;
  if (bare && written !== written.toUpperCase() && written !== written.toLowerCase()) return null;
  return `${base}${quote}`;
}

/** Words that a post about a symbol has at least one of, unless it has a cashtag: single ones, and pairs that follow each other. In lower case. */
export const TRIGGER_WORDS: { readonly single: readonly string[]; readonly pairs: readonly (readonly [string, string])[] } = triggerWords();

function triggerWords(): { single: string[]; pairs: [string, string][] } {
  const single: string[] = [];
  const pairs: [string, string][] = [];
  for (const name of [...Object.keys(NAMES), ...Object.keys(AMBIGUOUS)]) {
    const [first = '', second] = name.toLowerCase().split(/\W+/);
    if (second === undefined) single.push(first);
    else pairs.push([first, second]);
  }
  for (const base of [...CURRENCIES, ...COINS].map((code) => code.toLowerCase())) {
    for (const quote of QUOTES.map((code) => code.toLowerCase())) {
      single.push(base + quote);
      pairs.push([base, quote]);
    }
  }
  return { single, pairs };
}
