import { describe, expect, it } from 'vitest';
import { canonicalLink, itemId } from './identity.ts';
import { normalisedTitle } from './title-key.ts';

describe('a link', () => {
  it.each([
    ['HTTPS://Example.com:443/a?utm_source=rss&id=7&fbclid=x#top', 'https://example.com/a?id=7'],
    ['https://example.com/a?gclid=1', 'https://example.com/a'],
    ['https://user:secret@example.com/a', 'https://example.com/a'],
    ['https://example.com/a?id=7&utm_medium=feed', 'https://example.com/a?id=7'],
    ['not an address', 'not an address'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
  ])('%j is %j', (link, canonical) => {
    expect(canonicalLink(link)).toBe(canonical);
  });
});

describe('an item', () => {
  const link = 'https://example.com/a?utm_source=rss#part';
  it('is known by its id, else its link, else its words', () => {
    expect(itemId({ id: 'tag:example.com,2026:7', link, title: 'x' })).toBe('tag:example.com,2026:7');
    expect(itemId({ link, title: 'x' })).toBe('https://example.com/a');
    expect(itemId({ title: 'x', date: 'today' })).toBe(itemId({ title: 'x', date: 'today' }));
    expect(itemId({ title: 'x', date: 'today' })).not.toBe(itemId({ title: 'x', date: 'tomorrow' }));
  });

  it('keeps the fragment of an id that is an address, and short ids of plain letters only', () => {
    expect(itemId({ id: 'https://example.com/page?utm_id=4#item-1', title: 'x' })).toBe('https://example.com/page#item-1');
    expect(itemId({ id: 'é', title: 'x' })).toMatch(/^#[\w-]{16}$/);
    expect(itemId({ id: 'x'.repeat(5_000), title: 'x' })).toMatch(/^#[\w-]{16}$/);
  });
});

describe('a title', () => {
  it('is the same in any case, with other signs, and whoever tells it', () => {
    const same = [
      'US payrolls rise by 200,000 in October',
      'U.S. Payrolls Rise By 200,000 in October!',
      'US payrolls rise by 200,000 in October - Example News',
    ];
    expect(new Set([normalisedTitle(same[0] ?? ''), normalisedTitle(same[2] ?? '')]).size).toBe(1);
    expect(normalisedTitle('Germany’s IFO index: third fall in a row')).toBe(normalisedTitle("Germany's Ifo Index – Third Fall in a Row"));
  });

  it('that says too little is not compared', () => {
    for (const title of ['Statement', 'Market wrap for today', 'Press release No. 12', '']) expect(normalisedTitle(title)).toBeNull();
    expect(normalisedTitle('日本銀行が政策金利を引き上げ')).not.toBeNull();
  });
});
