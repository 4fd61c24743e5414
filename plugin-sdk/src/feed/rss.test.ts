import { describe, expect, it } from 'vitest';
import { rssItems } from './rss.ts';

const feed = (items: string): string => `<rss version="2.0"><channel><title>t</title>${items}</channel></rss>`;

describe('rssItems', () => {
  it('takes HTML in CDATA sections and comments for what it is: its open elements are none of the document', () => {
    const html = '<![CDATA[one<br>two<img src="x">]]>';
    const items = `<item><title>a > b</title><description>${html}</description><!-- <br> --></item>`.repeat(200);
    expect(rssItems(feed(items))).toHaveLength(200);
  });

  it('refuses elements within elements without end, also behind what only looks like a CDATA section', () => {
    const deep = `${'<a>'.repeat(150)}${'</a>'.repeat(150)}`;
    expect(() => rssItems(feed(`<item>${deep}</item>`))).toThrow('more than 100 deep');
    expect(() => rssItems(feed(`<item x="<![CDATA[">${deep}</item>`))).toThrow('more than 100 deep');
    expect(() => rssItems(feed(`<item x="/>">${deep}</item>`))).toThrow('more than 100 deep');
  });

  it.each([
    ['one tag that never ends', `<${'a'.repeat(1_500_000)}`],
    ['many of them', '<a '.repeat(500_000)],
    ['CDATA sections that never end', '<![CDATA['.repeat(150_000)],
    ['quotes that never end', `<a b="${"'<a b=".repeat(200_000)}`],
  ])('is not kept busy by %s', (_what, items) => {
    expect(() => rssItems(`<rss version="2.0"><channel><item>${items}`)).toThrow('is no feed');
  });
});
