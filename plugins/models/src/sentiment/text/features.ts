import { hash32 } from './hash.ts';
import { TARGET } from './tokens.ts';

/** What is asked of a text: what it says of its target (learned from headlines), or as a whole (learned from posts). The classes are not as frequent in both. */
export type Form = 'entity' | 'whole';

/** Rows of each table, a power of two. */
export const TABLE_ROWS = 2 ** 18;
/** Words and pairs of words; 3 to 5 signs in a row; words by where they stand to the target, and by the form of the text. */
export const TABLES = ['words', 'signs', 'places'] as const;
export type Table = (typeof TABLES)[number];
/** Row 0 is nothing: what fills a shorter row up. */
export const ROWS = 1 + TABLES.length * TABLE_ROWS;
/** So many ids are kept of one text, the first ones: of words and places before those of signs. */
export const MOST_IDS = 2_048;

const SHORTEST = 3;
const LONGEST = 5;
/** Words that a sentence turns at: what stands behind one is not said of what stands before it. */
const TURNS = new Set([',', ';', ':', 'but', 'as', 'while', 'after', 'despite', 'amid', 'on', 'though', 'even', 'and', 'over', 'before']);

/**
 * Ids of a text's features, each once, in the order in which they are found.
 * @param tokens of `tokensOf`.
 * @returns from 1 to {@link ROWS} - 1.
 */
export function featureIds(tokens: readonly string[], form: Form): Int32Array {
  const ids = new Set<number>();
  const add = (table: number, name: string): void => {
    if (ids.size < MOST_IDS) ids.add(1 + table * TABLE_ROWS + (hash32(name, table) & (TABLE_ROWS - 1)));
  };
  addWords(tokens, (name) => add(0, name));
  addPlaces(tokens, form, (name) => add(2, name));
  addSigns(tokens, (name) => add(1, name));
  return Int32Array.from(ids);
}

function addWords(tokens: readonly string[], add: (name: string) => void): void {
  let before = '^';
  for (const token of tokens) {
    add(token);
    add(`${before} ${token}`);
    before = token;
  }
  add(`${before} $`);
}

/** Of each token with a space around it, so that beginnings and ends of words differ from their middles. */
function addSigns(tokens: readonly string[], add: (name: string) => void): void {
  for (const token of tokens) {
    if (token === TARGET) continue;
    const signs = [...` ${token} `];
    for (let length = SHORTEST; length <= LONGEST; length++) {
      for (let from = 0; from + length <= signs.length; from++) add(signs.slice(from, from + length).join(''));
    }
  }
}

function addPlaces(tokens: readonly string[], form: Form, add: (name: string) => void): void {
  add(form);
  for (const token of tokens) add(`${form} ${token}`);
  const target = tokens.indexOf(TARGET);
  if (target < 0) return;
  add(`${form} target`);
  addSide(tokens, target, -1, add);
  addSide(tokens, target, 1, add);
}

/** Words on one side of the target: on which, how far, and how many turns of the sentence lie between. */
function addSide(tokens: readonly string[], target: number, step: 1 | -1, add: (name: string) => void): void {
  const side = step < 0 ? 'left' : 'right';
  let turns = 0;
  let before = TARGET;
  for (let at = target + step; at >= 0 && at < tokens.length; at += step) {
    const token = tokens[at] ?? '';
    const far = Math.abs(at - target);
    if (TURNS.has(token)) turns = Math.min(turns + 1, 2);
    add(`${side} ${token}`);
    add(`${side} ${turns} ${token}`);
    if (turns === 0) add(`near ${token}`);
    if (far <= 3) add(`${side} at ${far} ${token}`);
    add(`${side} ${before} ${token}`);
    before = token;
  }
}
