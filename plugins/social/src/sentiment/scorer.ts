import { DEGREES, EMOJI, NEGATION_REACH, NEGATIONS, PHRASES, TURNS, WORDS } from './lexicon.ts';

/** From here on a score is bullish, from its negative on bearish; README.md has what that is worth. */
export const STANCE_FROM = 0.35;

const LONGEST_TEXT = 4_000;
const MOST_WORDS = 400;
/** A negated word turns around and weakens: `not bullish` is less than bearish. */
const NEGATED = -0.6;
const SHOUTED = 1.3;
const BEFORE_THE_TURN = 0.5;
/** How quickly a sum of weights nears 1. */
const SOFTNESS = 3;
/** How many words the longest phrase has that begins with a word. */
const LONGEST_FROM = new Map<string, number>();
for (const phrase of PHRASES.keys()) {
  const words = phrase.split(' ');
  const first = words[0] ?? '';
  LONGEST_FROM.set(first, Math.max(words.length, LONGEST_FROM.get(first) ?? 0));
}

const NOT_WORDS = /https?:\/\/\S+|[@$#]\w+(?:[._]\w+)?/g;
const TOKEN = /[A-Za-z][A-Za-z'’-]*|\d[\d.,]*%?|\p{Extended_Pictographic}|[?!.;]/gu;

/** A word of the text with what it weighs. */
interface Weighed {
  weight: number;
  readonly at: number;
}

/**
 * The direction that a text speaks for, from -1 (bearish) to 1 (bullish); null where it has no word that says any. The sum of the weights of its words
 * (README.md lists the rules), softened: `sum / sqrt(sum² + 9)`.
 */
export function score(text: string): number | null {
  const tokens = text.slice(0, LONGEST_TEXT).replace(NOT_WORDS, ' ').match(TOKEN)?.slice(0, MOST_WORDS) ?? [];
  const words = tokens.map((token) => token.toLowerCase().replaceAll(/['’]/g, ''));
  const shouting = isShouting(tokens);
  const weighed: Weighed[] = [];
  let turnedAt = -1;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (TURNS.has(word)) turnedAt = at;
    const { weight, length } = weightAt(words, at);
    if (weight === null) continue;
    if (weight !== 0) {
      let amount = weight * (DEGREES.get(words[at - 1] ?? '') ?? 1);
      if (!shouting && isCapital(tokens[at] ?? '')) amount *= SHOUTED;
      if (isNegated(words, at)) amount *= NEGATED;
      weighed.push({ weight: amount, at });
    }
    at += length - 1;
  }
  if (weighed.length === 0) return null;
  let sum = 0;
  for (const { weight, at } of weighed) sum += at < turnedAt ? weight * BEFORE_THE_TURN : weight;
  return sum / Math.sqrt(sum * sum + SOFTNESS * SOFTNESS);
}

/** What is at a place, and over how many words; null where nothing is. A phrase of weight 0 keeps its words from counting. */
function weightAt(words: readonly string[], at: number): { weight: number | null; length: number } {
  const word = words[at] ?? '';
  for (let length = Math.min(LONGEST_FROM.get(word) ?? 0, words.length - at); length > 1; length--) {
    const weight = PHRASES.get(words.slice(at, at + length).join(' '));
    if (weight !== undefined) return { weight, length };
  }
  return { weight: WORDS.get(word) ?? EMOJI.get(word) ?? null, length: 1 };
}

function isNegated(words: readonly string[], at: number): boolean {
  for (let before = at - 1; before >= Math.max(0, at - NEGATION_REACH); before--) {
    const word = words[before] ?? '';
    if (/^[?!.;]$/.test(word) || TURNS.has(word)) return false;
    if (NEGATIONS.has(word)) return true;
  }
  return false;
}

function isCapital(token: string): boolean {
  return token.length > 2 && /^[A-Z]+$/.test(token);
}

/** Capitals say nothing where all is in capitals. */
function isShouting(tokens: readonly string[]): boolean {
  const long = tokens.filter((token) => /^[A-Za-z]{3,}$/.test(token));
  return long.length > 3 && long.filter(isCapital).length > long.length / 2;
}
