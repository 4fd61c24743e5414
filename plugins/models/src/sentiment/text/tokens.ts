/**
 * A text as the model reads it: one list of tokens, the same in training and when it serves. Nothing else in Tickhub or in the trainer cuts text into words.
 */

/** A piece of a text, in UTF-16 code units. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What the answer is about, in a text: it takes the place of its name, so that nothing is learned of the name. */
export const TARGET = '\u{E000}';
const PRIVATE_USE = /[\u{E000}-\u{F8FF}]/gu;

/** So many code units of a text are read; a headline has 70, a post 280 at most on the networks that the model was trained on. */
export const MOST_TEXT = 600;
/** So many tokens are kept. */
export const MOST_TOKENS = 96;

/** The text with its target masked. Spans that overlap one before, or lie outside, are left out. */
export function mask(text: string, spans: readonly Span[]): string {
  let out = '';
  let at = 0;
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    if (from < at || to <= from || to > text.length) continue;
    out += `${text.slice(at, from).replace(PRIVATE_USE, ' ')} ${TARGET} `;
    at = to;
  }
  return out + text.slice(at).replace(PRIVATE_USE, ' ');
}

const URL = /(?:https?:\/\/|www\.)\S*|\bpic\.twitter\.com\/\S*/g;
const MENTION = /@\w+/g;
const TOKEN =
  /\u{E000}|\$[a-z][a-z.]*|[+-]?[$€£¥₹]?\d+(?:[.,:/]\d+)*(?:[-\s]?(?:%|percent|per cent|pc|bps|basis points)(?!\p{L}))?|\p{L}[\p{L}\p{M}]*(?:['&.]\p{L}+)*|\p{Extended_Pictographic}|[?!:;,]|\.\.\./gu;
const NUMBER = /^[+-]?[$€£¥₹]?\d/;

/**
 * NFKC, lower case, without URLs and names of accounts; a number is only its sign and kind (`+num%`), a cashtag is `$tag`, a target {@link TARGET}.
 * Marks that turn or ask (`?`, `!`, `:`, `;`, `,`) are tokens.
 * @param text masked with {@link mask}.
 */
export function tokensOf(text: string): string[] {
  const plain = text
    .slice(0, MOST_TEXT)
    .normalize('NFKC')
    .toLowerCase()
    .replace(URL, ' ')
    .replace(MENTION, ' ')
    .replaceAll(/[’‘`]/g, "'")
    .replaceAll(/[–—−]/g, '-')
    .replaceAll('…', '...');
  const tokens: string[] = [];
  for (const [found] of plain.matchAll(TOKEN)) {
    tokens.push(tokenOf(found));
    if (tokens.length === MOST_TOKENS) break;
  }
  return tokens;
}

function tokenOf(found: string): string {
  if (NUMBER.test(found)) {
    const sign = found.startsWith('-') ? '-' : found.startsWith('+') ? '+' : '';
    const money = /[$€£¥₹]/.test(found) ? '$' : '';
    const kind = /%|p(?:er\s?)?c/.test(found) ? '%' : /b(?:ps|asis)/.test(found) ? 'bp' : '';
    return `${sign}${money}num${kind}`;
  }
  if (found.startsWith('$')) return '$tag';
  return found.endsWith("'s") ? found.slice(0, -2) : found;
}
