import { Parser } from 'htmlparser2';

const BLOCKS: ReadonlySet<string> = new Set(['p', 'br', 'div', 'li', 'tr', 'blockquote', 'h1', 'h2', 'h3', 'h4', 'pre']);
const SILENT: ReadonlySet<string> = new Set(['script', 'style', 'template', 'noscript']);
const LONGEST_MARKUP = 200_000;
const LONGEST_TEXT = 10_000;

/**
 * The text of HTML as it is read aloud: blocks become lines, scripts and styles nothing, entities their characters. Mastodon splits an address into spans
 * of which some are `invisible`, and they are kept: the address is one word again. At most 10,000 characters come out, of the first 200,000.
 */
export function textOf(html: string): string {
  let text = '';
  let silent = 0;
  const parser = new Parser({
    ontext: (part) => {
      if (silent === 0 && text.length < LONGEST_TEXT) text += part;
    },
    onopentagname: (name) => {
      if (SILENT.has(name)) silent++;
      else if (BLOCKS.has(name) && text.length < LONGEST_TEXT) text += '\n';
    },
    onclosetag: (name) => {
      if (SILENT.has(name) && silent > 0) silent--;
    },
  });
  parser.end(html.slice(0, LONGEST_MARKUP));
  return text
    .slice(0, LONGEST_TEXT)
    .replace(/[ \t\u00A0]+/g, ' ')
    .replace(/ ?\n\s*/g, '\n')
    .trim();
}

/** Without what names a person: `@name`, `@name@server`, `u/name`, and addresses of mail, of which the part before the `@` has at most 64 signs (RFC 5321). */
export function withoutNames(text: string): string {
  return text
    .replace(/[\w.+-]{1,64}@[\w-]+\.[\w.-]+/g, (match, at: number) => (text[at - 1] === '@' ? match : '@…'))
    .replace(/@[\w.-]+(?:@[\w.-]+)?/g, '@…')
    .replace(/(?<![\w/])\/?u\/[\w-]+/g, 'u/…');
}
