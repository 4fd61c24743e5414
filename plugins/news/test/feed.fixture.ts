/** Feeds made for tests. */

export interface MadeItem {
  readonly guid?: string;
  readonly link?: string;
  readonly title?: string;
  readonly date?: string;
  readonly description?: string;
  readonly more?: string;
}

export function rss(items: readonly MadeItem[], channel = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>A feed</title>${channel}${items.map(item).join('')}</channel></rss>`;
}

function item({ guid, link, title, date, description, more = '' }: MadeItem): string {
  const element = (name: string, value: string | undefined): string => (value === undefined ? '' : `<${name}>${escaped(value)}</${name}>`);
  return `<item>${element('guid', guid)}${element('link', link)}${element('title', title)}${element('pubDate', date)}${element('description', description)}${more}</item>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
