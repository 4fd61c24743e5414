import { COINS, CURRENCIES, METALS } from '@tickhub/plugin-sdk/markets';
import { BANKS, NAMES } from './names.ts';
import type { Name } from './names.ts';
import { MOST_TEXT } from './text/tokens.ts';
import type { Span } from './text/tokens.ts';

/** A currency, metal, coin, pair or index in a text. */
export interface Mention extends Span {
  readonly of: string;
  /** It is a bank that speaks for a currency, not the currency. */
  readonly bank: boolean;
}

const ASSETS: readonly string[] = [...CURRENCIES, ...METALS, ...COINS];
const QUOTES: readonly string[] = CURRENCIES;
const PAIR = new RegExp(`(?<![\\p{L}\\p{N}])(${ASSETS.join('|')})[/-]?(${QUOTES.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
const CODE = new RegExp(`(?<![\\p{L}\\p{N}/])(${CURRENCIES.join('|')})(?![\\p{L}\\p{N}/])`, 'gu');

const compiled = (names: readonly Name[], bank: boolean) =>
  names.map(({ of, match, ambiguous }) => ({
    of,
    bank,
    ambiguous: ambiguous === true,
    pattern: new RegExp(`(?<![\\p{L}\\p{N}$@])(?:${match})(?:'s)?(?![\\p{L}\\p{N}])`, 'giu'),
  }));
const PATTERNS = [...compiled(NAMES, false), ...compiled(BANKS, true)];

/** Base and quote of a pair; null for what is no pair. */
export function legsOf(symbol: string): readonly [string, string] | null {
  const [base, quote] = [symbol.slice(0, -3), symbol.slice(-3)];
  return ASSETS.includes(base) && QUOTES.includes(quote) ? [base, quote] : null;
}

/**
 * What a text names, in its order, none within another.
 * @param concerned codes and symbols that the record names: words that mean other things too ("the kiwi", "cable") are believed where they are among them.
 */
export function mentionsIn(text: string, concerned: ReadonlySet<string>): Mention[] {
  const read = text.slice(0, MOST_TEXT);
  const found: Mention[] = [];
  const add = (from: number, length: number, of: string, bank = false): void => {
    found.push({ from, to: from + length, of, bank });
  };
  // First, so that they win where a name is as long.
  for (const symbol of concerned) {
    if (legsOf(symbol) !== null || ASSETS.includes(symbol)) continue;
    for (let from = read.indexOf(symbol); from >= 0; from = read.indexOf(symbol, from + symbol.length)) {
      const tag = read[from - 1] === '$' ? 1 : 0;
      if (!/[\p{L}\p{N}]/u.test(`${read[from - 1 - tag] ?? ' '}${read[from + symbol.length] ?? ' '}`))
        add(from - tag, symbol.length + tag, symbol);
    }
  }
  for (const { 0: all, 1: base = '', 2: quote = '', index } of read.matchAll(PAIR))
    if (base !== quote) add(index, all.length, base + quote);
  for (const { 0: all, index } of read.matchAll(CODE)) add(index, all.length, all);
  for (const { pattern, of, bank, ambiguous } of PATTERNS) {
    if (ambiguous && !concerned.has(of)) continue;
    for (const { 0: all, index } of read.matchAll(pattern)) add(index, all.length, of, bank);
  }
  // The longest of those that begin at one place, and none within another: "Australian dollar" holds a "dollar".
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  let end = 0;
  return found.filter(({ from, to }) => {
    if (from < end) return false;
    end = to;
    return true;
  });
}
