/**
 * The language of foreign exchange, which the training data does not hold: what a word about interest and central banks means for a currency. Written by
 * hand, no list is taken from anyone. It says a direction and never how much is priced in.
 */
import type { Mention } from './mentions.ts';

/** A term that was found, and the currency that it helps (1) or hurts (-1). */
export interface Hint {
  readonly term: string;
  readonly currency: string;
  readonly sign: 1 | -1;
}

const CUTS = '(?:cuts?|cutting|lowers?|lowered|lowering|slash(?:es|ed)?|reduces?|reduced|trims?|trimmed|easing of)';
const HIKES = '(?:hikes?|hiked|hiking|raises?|raised|raising|lifts?|lifted|increases?|increased)';
const RATES = '(?:(?:its|the|key|main|policy|bank|benchmark|cash|interest|deposit|borrowing|lending|repo) ){0,3}rates?';

const TERMS: readonly { readonly term: string; readonly sign: 1 | -1; readonly match: string }[] = [
  { term: 'hawkish', sign: 1, match: 'hawkish(?:ly|ness)?|hawks?' },
  { term: 'dovish', sign: -1, match: 'dovish(?:ly|ness)?|doves?' },
  {
    term: 'rate hike',
    sign: 1,
    match: `rate[ -](?:hikes?|increases?|rises?)|${HIKES} ${RATES}|tightens? policy|(?:monetary |policy )tightening`,
  },
  {
    term: 'rate cut',
    sign: -1,
    match: `rate[ -](?:cuts?|reductions?)|${CUTS} ${RATES}|eases? policy|(?:monetary|policy|quantitative) easing`,
  },
  { term: 'negative rates', sign: -1, match: 'negative (?:interest )?rates' },
  { term: 'intervention to weaken', sign: -1, match: 'interven(?:es?|ed|ing|tion) to weaken' },
  { term: 'intervention to support', sign: 1, match: 'interven(?:es?|ed|ing|tion) to (?:support|prop up|strengthen|defend)' },
  { term: 'devaluation', sign: -1, match: 'devalu(?:es?|ed|ing|ation)' },
  { term: 'safe-haven demand', sign: 1, match: 'safe[ -]haven (?:demand|flows?|bid|buying)' },
];
const PATTERNS = TERMS.map(({ term, sign, match }) => ({
  term,
  sign,
  pattern: new RegExp(`(?<![\\p{L}])(?:${match})(?![\\p{L}])`, 'giu'),
}));

/** What turns a term around, within this many words before it: "rules out a rate cut", "less hawkish". */
const TURNED =
  /(?:\b(?:not|no|never|without|less|rules? out|ruled out|ruling out|pushes back (?:on|against)|pushed back (?:on|against)|against|fading|fade|fewer|unlikely to|pauses?|paused|halts?|ends?|ended|skips?|dash(?:es|ed)?|abandons?)|n['’]t)\s+(?:[\p{L}'’-]+\s+){0,2}$/iu;
/** A clause ends at these; a term speaks of whom its own clause names. */
const CLAUSE = /[;:,.!?](?=\s|$)|\b(?:while|whereas|but|as|after|before)\b/giu;

/**
 * Terms of a text, each given to the bank or currency that its clause names before it, or else after it; to the only one of the text where the clause names
 * none. Those that cannot be given to one currency are left out.
 */
export function hintsIn(text: string, mentions: readonly Mention[]): Hint[] {
  const owners = mentions.filter(({ of }) => /^[A-Z]{3}$/.test(of));
  const ends = [...text.matchAll(CLAUSE)].map(({ index }) => index);
  const hints: Hint[] = [];
  for (const { term, sign, pattern } of PATTERNS) {
    for (const { 0: found, index } of text.matchAll(pattern)) {
      const from = Math.max(0, ...ends.filter((end) => end < index));
      const to = Math.min(text.length, ...ends.filter((end) => end >= index + found.length));
      const currency = ownerOf(owners, index, from, to);
      if (currency === null) continue;
      const turned = TURNED.test(text.slice(from, index));
      hints.push({ term: turned ? `not ${term}` : term, currency, sign: turned ? (-sign as 1 | -1) : sign });
    }
  }
  return hints;
}

function ownerOf(owners: readonly Mention[], at: number, from: number, to: number): string | null {
  const within = owners.filter((owner) => owner.from >= from && owner.to <= to);
  // A bank speaks of its own interest; "dollar falls as Fed cuts rates" is two clauses, "dollar falls on ECB rate cut" is one.
  for (const named of [within.filter(({ bank }) => bank), within]) {
    const before = named.findLast((owner) => owner.from < at);
    const owner = before ?? named[0];
    if (owner !== undefined) return owner.of;
  }
  const only = new Set(owners.filter(({ bank }) => bank).map(({ of }) => of));
  const all = only.size > 0 ? only : new Set(owners.map(({ of }) => of));
  const [first] = all;
  return all.size === 1 && first !== undefined ? first : null;
}

/** What the hints say of a symbol: their sum over its base, less that over its quote, between -2 and 2. */
export function leaningOf(hints: readonly Hint[], symbol: string, legs: readonly [string, string] | null): number {
  const sum = (code: string): number => hints.reduce((total, { currency, sign }) => total + (currency === code ? sign : 0), 0);
  const leaning = legs === null ? (symbol === 'DXY' ? sum('USD') : sum(symbol)) : sum(legs[0]) - sum(legs[1]);
  return Math.max(-2, Math.min(2, leaning));
}
