/** Markup into plain text. */
import { decodeHTML } from 'entities';
import sanitizeHtml from 'sanitize-html';
import type { Prose } from '../document/raw-feed.ts';

/** So much markup is looked at; what the record keeps is far less. */
const MAX_MARKUP = 100_000;

const BLOCKS = [
  'address',
  'article',
  'aside',
  'blockquote',
  'br',
  'dd',
  'div',
  'dl',
  'dt',
  'figcaption',
  'figure',
  'footer',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'header',
  'hr',
  'li',
  'main',
  'nav',
  'ol',
  'p',
  'pre',
  'section',
  'table',
  'td',
  'th',
  'tr',
  'ul',
];

/** An element that HTML has: "EUR < USD" and "<unk>" are words, not markup. */
const ELEMENT =
  /<(?:\/|!--)?\s*(?:a|abbr|address|article|aside|audio|b|big|blockquote|body|br|button|center|code|dd|del|div|dl|dt|em|embed|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|meta|nav|noscript|object|ol|option|p|pre|q|s|script|section|select|small|source|span|strike|strong|style|sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|u|ul|video)\b[^<>]*\/?>|<\/[a-z][\w:-]*\s*>|<!--/i;
const ENTITY = /&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]+);/i;

/** Plain text: no markup, no entities, no control characters; blocks on lines of their own; shortened to `max` characters. */
export function plainText({ value, kind }: Prose, max: number): string {
  const markup = value.length > MAX_MARKUP ? value.slice(0, MAX_MARKUP) : value;
  if (kind === 'text') return shortened(tidy(markup), max);
  return shortened(tidy(ELEMENT.test(markup) ? stripped(markup) : decoded(markup)), max);
}

/** As {@link plainText}, on one line. A title that is escaped twice (`&amp;amp;`) is taken as it was meant. */
export function plainLine(prose: Prose, max: number): string {
  const text = plainText(prose, MAX_MARKUP).replaceAll('\n', ' ').replaceAll(/ {2,}/g, ' ');
  return shortened(prose.kind === 'html' ? decoded(text) : text, max);
}

function stripped(markup: string): string {
  const kept = sanitizeHtml(markup, {
    allowedTags: BLOCKS,
    allowedAttributes: {},
    nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'head', 'title', 'iframe', 'object', 'svg'],
    nestingLimit: 100,
    parseStyleAttributes: false,
  });
  return decoded(kept.replaceAll(/<[^>]*>/g, '\n'));
}

const decoded = (text: string): string => (ENTITY.test(text) ? decodeHTML(text) : text);

/** What Windows means by 0x80 to 0x9F; in Unicode these are controls, and nobody means those. */
const WINDOWS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ';

function tidy(text: string): string {
  return text
    .replaceAll(/[\u0080-\u009F]/g, (sign) => WINDOWS[sign.charCodeAt(0) - 0x80] ?? '')
    .replaceAll(/(?![\t\n\r])[\p{Cc}\u00AD\u200B\u2028\u2029\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '')
    .replaceAll(/[^\S\n]+/g, ' ')
    .replaceAll(/ ?\n[ \n]*/g, '\n')
    .toWellFormed()
    .trim();
}

/** Cut at a word, with an ellipsis. */
function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > max * 0.8 ? cut.slice(0, space) : cut).toWellFormed().trimEnd()}…`;
}
