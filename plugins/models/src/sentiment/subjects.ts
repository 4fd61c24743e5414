import { legsOf, mentionsIn } from './mentions.ts';
import type { Mention } from './mentions.ts';
import { hintsIn, leaningOf } from './lexicon.ts';
import type { Hint } from './lexicon.ts';
import type { Message } from './message.ts';
import type { Span } from './text/tokens.ts';

/** One way in which a text speaks of a symbol: of the symbol itself or its base (1), or of its quote (-1), whose gain is the symbol's loss. */
export interface Aspect {
  readonly of: string;
  readonly spans: readonly Span[];
  readonly sign: 1 | -1;
}

export interface Subject {
  readonly symbol: string;
  /** None where the text names neither the symbol nor a side of it. */
  readonly aspects: readonly Aspect[];
  /** What the lexicon says, from -2 to 2, and of which terms. */
  readonly leaning: number;
  readonly hints: readonly Hint[];
}

const MOST_SYMBOLS = 16;
/** Which of a currency and the dollar is the base, by the market's habit. */
const BEFORE_THE_DOLLAR: ReadonlySet<string> = new Set(['EUR', 'GBP', 'AUD', 'NZD', 'XAU', 'XAG', 'XPT', 'XPD', 'BTC', 'ETH']);

/**
 * Whom a message is about: the symbols of the record and the pairs and indices that its text names. A currency that is in none of them is
 * answered for by its pair with the dollar, the dollar by DXY.
 */
export function subjectsOf({ text, symbols, currencies }: Message): Subject[] {
  const mentions = mentionsIn(text, new Set([...symbols, ...currencies, ...symbols.flatMap((symbol) => legsOf(symbol) ?? [])]));
  const hints = hintsIn(text, mentions);
  const found = new Set(symbols);
  for (const { of } of mentions) if (of.length > 3 || of === 'DXY') found.add(of);
  const covered = new Set([...found].flatMap((symbol) => (symbol === 'DXY' ? ['USD'] : (legsOf(symbol) ?? []))));
  const single = [...currencies, ...mentions.flatMap(({ of }) => (of.length === 3 && of !== 'DXY' ? [of] : []))].filter(
    (code) => !covered.has(code),
  );
  const others = single.filter((code) => code !== 'USD');
  for (const code of others) found.add(BEFORE_THE_DOLLAR.has(code) ? `${code}USD` : `USD${code}`);
  // "Dollar slips against the yen" is about USDJPY, which holds the dollar.
  if (single.includes('USD') && others.length === 0) found.add('DXY');
  return [...found].slice(0, MOST_SYMBOLS).map((symbol) => subjectOf(symbol, mentions, hints));
}

function subjectOf(symbol: string, mentions: readonly Mention[], hints: readonly Hint[]): Subject {
  const legs = legsOf(symbol);
  const spansOf = (...names: readonly string[]): Mention[] => mentions.filter(({ of, bank }) => !bank && names.includes(of));
  const aspects: Aspect[] = [];
  const add = (of: string, spans: readonly Span[], sign: 1 | -1): void => {
    if (spans.length > 0) aspects.push({ of, spans, sign });
  };
  add(symbol, spansOf(symbol, ...(symbol === 'DXY' ? ['USD'] : [])), 1);
  if (legs !== null) {
    add(legs[0], spansOf(legs[0]), 1);
    add(legs[1], spansOf(legs[1]), -1);
  }
  const concerned = hints.filter(({ currency }) => (legs ?? [symbol === 'DXY' ? 'USD' : symbol]).includes(currency));
  return { symbol, aspects, leaning: leaningOf(hints, symbol, legs), hints: concerned };
}
