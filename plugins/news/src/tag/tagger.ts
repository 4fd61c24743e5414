/**
 * Which currencies and symbols a text mentions. Tables of names (currencies, central banks, places, instruments) matched as whole words, with rules
 * for the words that mean something else too: "Gold" but not "Gold Coast", "the pound falls" but not "a pound of flour", "Fed" but not "fed". The
 * tables are English; of other languages only codes and pairs (`EUR/USD`) count. What it gets right is measured by `npm run figures -w plugins/news`;
 * README.md has the figures.
 */
import { BASE_ORDER, CODES, CURRENCY_RULES, PAIR_CODES } from './currencies.ts';
import { INSTRUMENT_RULES } from './instruments.ts';
import { PLACE_RULES } from './places.ts';
import type { Rule } from './rule.ts';

export interface Tags {
  /** In alphabetical order, so that the same text always gives the same. */
  readonly symbols: string[];
  readonly currencies: string[];
}

interface Compiled {
  readonly pattern: RegExp;
  readonly symbols: readonly string[];
  readonly currencies: readonly string[];
}

const WORD = String.raw`\p{L}\p{N}`;

function compile({ match, symbols = [], currencies = [], notAfter, notBefore, after, before }: Rule): Compiled {
  const not = (notAfter === undefined ? '' : `(?<!${notAfter})`) + (after === undefined ? '' : `(?<=${after})`);
  const ahead = (notBefore === undefined ? '' : `(?!${notBefore})`) + (before === undefined ? '' : `(?=${before})`);
  return { pattern: new RegExp(`(?<![${WORD}])${not}(?:${match})(?![${WORD}])${ahead}`, 'u'), symbols, currencies };
}

const CODE = new RegExp(`(?<![${WORD}$])(?:${CODES.join('|')})(?![${WORD}])`, 'gu');
const PAIR = new RegExp(`(?<![${WORD}])(${PAIR_CODES.join('|')})[/-]?(${PAIR_CODES.join('|')})(?![${WORD}])`, 'gu');
const RULES = [...CURRENCY_RULES, ...PLACE_RULES, ...INSTRUMENT_RULES].map(compile);

/** Currencies by name on both sides of a slash or hyphen: "dollar/yen", "euro-dollar". */
const NAMES: Readonly<Record<string, string>> = {
  dollar: 'USD',
  euro: 'EUR',
  yen: 'JPY',
  sterling: 'GBP',
  pound: 'GBP',
  franc: 'CHF',
  aussie: 'AUD',
  kiwi: 'NZD',
  loonie: 'CAD',
  yuan: 'CNY',
  rupee: 'INR',
  gold: 'XAU',
};
const NAMED_PAIR = new RegExp(`(?<![${WORD}])(${Object.keys(NAMES).join('|')})[/-](${Object.keys(NAMES).join('|')})(?![${WORD}])`, 'giu');

/** So much of a text is read. */
const MAX_LENGTH = 2_000;

/**
 * @param language BCP 47; English where it is not known.
 * @example tag('Dollar slips as Fed holds; gold near $2,400') // { symbols: ['XAUUSD'], currencies: ['USD'] }
 */
export function tag(text: string, language = 'en'): Tags {
  const symbols = new Set<string>();
  const currencies = new Set<string>();
  const given = text.slice(0, MAX_LENGTH).replaceAll('’', "'");
  for (const [, one = '', other = ''] of given.matchAll(PAIR)) addPair(one, other, false, symbols, currencies);
  for (const [code] of given.matchAll(CODE)) currencies.add(code);
  if (/^en\b/i.test(language)) {
    for (const [, one = '', other = ''] of given.matchAll(NAMED_PAIR)) {
      addPair(NAMES[one.toLowerCase()] ?? '', NAMES[other.toLowerCase()] ?? '', true, symbols, currencies);
    }
    for (const version of isShouted(given) ? [given, capitalised(given)] : [given]) {
      for (const rule of RULES) {
        if (!rule.pattern.test(version)) continue;
        for (const symbol of rule.symbols) symbols.add(symbol);
        for (const currency of rule.currencies) currencies.add(currency);
      }
    }
  }
  return { symbols: [...symbols].sort(), currencies: [...currencies].sort() };
}

function addPair(one: string, other: string, byHabit: boolean, symbols: Set<string>, currencies: Set<string>): void {
  if (one === other) return;
  const [base, quote] = byHabit && orderOf(other) < orderOf(one) ? [other, one] : [one, other];
  symbols.add(`${base}${quote}`);
  for (const code of [base, quote]) if ((CODES as readonly string[]).includes(code) || code === 'TRY') currencies.add(code);
}

function orderOf(code: string): number {
  const at = (BASE_ORDER as readonly string[]).indexOf(code);
  return at < 0 ? BASE_ORDER.length : at;
}

/** A headline in capitals: its words are read as if they were written like names, and as they are (`US`, `ECB`). */
function isShouted(text: string): boolean {
  let [upper, lower] = [0, 0];
  for (const sign of text.slice(0, 300)) {
    if (/\p{Lu}/u.test(sign)) upper++;
    else if (/\p{Ll}/u.test(sign)) lower++;
  }
  return upper > 12 && upper > lower * 4;
}

const capitalised = (text: string): string => text.replaceAll(/\p{L}+/gu, (word) => word[0] + word.slice(1).toLowerCase());
