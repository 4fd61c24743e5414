/**
 * Reads Jetstream's raw messages, of which hundreds come each second and a few in a hundred concern a symbol, without parsing them: one pass over the
 * text's characters, in which each word becomes a number that is looked up. Nothing is allocated.
 */
import { TRIGGER_WORDS } from '../symbols/tagger.ts';

const TEXT = '"text":"';
const TIME = '"time_us":';

const [QUOTE, DOLLAR, SIX, BACKSLASH, LOWER_U] = ['"', '$', '6', '\\', 'u'].map((char) => char.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
];
/** Fits a small integer of the engine; what collides is parsed for nothing, and does no harm. */
const HASH_MASK = 0x3fffffff;
const BITMAP_MASK = 0xfffff;

const SINGLE = new Set(TRIGGER_WORDS.single.map(hashOf));
const PAIRS = new Set(TRIGGER_WORDS.pairs.map(([first, second]) => follow(hashOf(first), hashOf(second))));
/** Most words are in neither set: a bit says so faster than a look-up. */
const BITMAP = new Uint8Array((BITMAP_MASK + 1) / 8);
for (const hash of [...SINGLE, ...PAIRS]) BITMAP[(hash & BITMAP_MASK) >> 3] = (BITMAP[(hash & BITMAP_MASK) >> 3] ?? 0) | (1 << (hash & 7));

function hashOf(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at++) hash = step(hash, word.charCodeAt(at));
  return hash;
}

/** In lower case: the bit that tells cases apart is set in digits already. */
function step(hash: number, code: number): number {
  return (Math.imul(hash, 0x01000193) ^ (code | 32)) & HASH_MASK;
}

function follow(first: number, second: number): number {
  return (Math.imul(first, 0x85ebca6b) ^ second) & HASH_MASK;
}

function isIn(set: ReadonlySet<number>, hash: number): boolean {
  return ((BITMAP[(hash & BITMAP_MASK) >> 3] ?? 0) & (1 << (hash & 7))) !== 0 && set.has(hash);
}

/** Letters, digits and the underscore, which are the characters of a word for the tagger too. */
function isWord(code: number): boolean {
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95;
}

/**
 * Whether a raw message may be about a symbol, or takes something back: everything else need not be parsed. Never false for what the tagger would tag.
 * Reads from the text on, so that `"$type"` in front of it is no cashtag.
 */
export function mayConcern(message: string): boolean {
  let at = message.indexOf(TEXT);
  if (at < 0) return message.includes('"operation":"delete"') || message.includes('"kind":"account"');
  let before = 0;
  let hash = 0;
  let isInside = false;
  for (at += TEXT.length; at < message.length; at++) {
    const code = message.charCodeAt(at);
    if (isWord(code)) {
      hash = step(isInside ? hash : 0, code);
      isInside = true;
      continue;
    }
    if (isInside) {
      if (isIn(SINGLE, hash) || isIn(PAIRS, follow(before, hash))) return true;
      before = hash;
      isInside = false;
    }
    if (code === DOLLAR) {
      const next = message.charCodeAt(at + 1);
      if (next === SIX || ((next | 32) >= 97 && (next | 32) <= 122)) return true;
    } else if (code === BACKSLASH) {
      at++;
      if (message.charCodeAt(at) !== LOWER_U) continue;
      // A letter may be written so. Relays write only `&`, `<` and `>` so, and controls; anything else of ASCII is parsed.
      const escaped = Number.parseInt(message.slice(at + 1, at + 5), 16);
      if (escaped < 128 && isWord(escaped)) return true;
      if (escaped === DOLLAR) return true;
      at += 4;
    } else if (code === QUOTE) {
      // The end of the text; a second one (another record within) is looked through too.
      const next = message.indexOf(TEXT, at);
      if (next < 0) break;
      at = next + TEXT.length - 1;
      before = 0;
    }
  }
  // An edit may take a symbol out of a post that was counted.
  return message.includes('"operation":"update"');
}

/** When the relay saw a message, microseconds since 1970, read without parsing it; 0 where it is not said. */
export function timeOf(message: string): number {
  const at = message.indexOf(TIME);
  if (at < 0) return 0;
  let time = 0;
  for (let digit = at + TIME.length; ; digit++) {
    const code = message.charCodeAt(digit) - 48;
    if (!(code >= 0 && code <= 9)) return time;
    time = time * 10 + code;
  }
}
