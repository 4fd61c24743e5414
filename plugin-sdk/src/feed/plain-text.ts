const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  copy: '©',
  reg: '®',
  trade: '™',
  middot: '·',
  bull: '•',
};
/** Elements whose content nobody is meant to read. */
const UNREAD = /<(script|style|template|noscript|iframe)\b[^>]*(?:>[\s\S]*?(?:<\/\1\s*>|$)|$)/gi;

/** HTML without its markup, on one line: what is left is text, and is not HTML any more. */
export function plainText(html: string): string {
  return html
    .replace(UNREAD, ' ')
    .replace(/<!--[\s\S]*?(?:-->|$)/g, ' ')
    .replace(/<[a-z/!?][^>]*(?:>|$)/gi, (tag) => (/^<\/?(b|i|u|em|strong|a|span|sup|sub|small|font|code|mark)\b/i.test(tag) ? '' : ' '))
    .replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (whole, name: string) => decoded(name) ?? whole)
    .replace(/\s+/g, ' ')
    .trim();
}

function decoded(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()];
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const isText = (code >= 0x20 && code < 0xd8_00) || (code >= 0xe0_00 && code <= 0x10_ff_ff) || code === 9 || code === 10;
  return isText ? String.fromCodePoint(code) : ' ';
}
