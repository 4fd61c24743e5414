import { hash } from './identity.ts';

const DAY_MS = 86_400_000;
/** "Statement", "Market wrap": such a title tells nothing. */
const MIN_WORDS = 4;
const MIN_LETTERS = 24;
/** Han, kana and hangul say more in fewer signs. */
const MIN_DENSE_LETTERS = 10;

/** ` - Reuters`, ` | CNBC`: who tells it, at a title's end. */
const TELLER = /\s+[-–—|]\s+[\p{Lu}][\p{L}\p{N}.&' ]{1,30}$/u;

/** A title as it is compared across feeds: without case, accents, signs and the name of who tells it; null for one that says too little. */
export function normalisedTitle(title: string): string | null {
  const cut = title.replace(TELLER, '');
  return plain(cut) ?? plain(title);
}

function plain(title: string): string | null {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[\p{M}'’]/gu, '')
    .match(/[\p{L}\p{N}]+/gu);
  if (words === null) return null;
  const text = words.join(' ');
  const isDense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(text);
  if (isDense ? text.length < MIN_DENSE_LETTERS : words.length < MIN_WORDS || text.length < MIN_LETTERS) return null;
  return text;
}

/** Keys to look for a title by: its own day's first, then those of the days beside it. The first is the one to be known by. */
export function titleKeys(normalised: string, time: number): readonly [string, string, string] {
  const day = Math.floor(time / DAY_MS);
  return [hash(`${day} ${normalised}`), hash(`${day - 1} ${normalised}`), hash(`${day + 1} ${normalised}`)];
}
