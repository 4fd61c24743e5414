import { describe, expect, it } from 'vitest';
import { rss } from '../../test/feed.fixture.ts';
import { DOCUMENT_LIMITS } from './limits.ts';
import { parseDocument } from './parse.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const items = Array.from({ length: 50 }, (_, n) => ({ guid: String(n), title: `Item ${n}`, description: 'x'.repeat(2_000) }));

describe('a document', () => {
  it('is given up past its limits', async () => {
    const parse = (limits: Partial<typeof DOCUMENT_LIMITS>) =>
      parseDocument(bytes(rss(items)), { limits: { ...DOCUMENT_LIMITS, ...limits } });
    await expect(parse({ maxBytes: 100 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await expect(parse({ maxWorkMs: 0 })).rejects.toMatchObject({ code: 'TOO_SLOW' });
    await expect(parse({ maxDepth: 2 })).rejects.toMatchObject({ code: 'TOO_DEEP' });
  });

  it('is read up to a limit where what follows can be left', async () => {
    const parse = (limits: Partial<typeof DOCUMENT_LIMITS>) =>
      parseDocument(bytes(rss(items)), { limits: { ...DOCUMENT_LIMITS, ...limits } });
    expect(await parse({ maxItems: 7 })).toMatchObject({ cut: true, items: { length: 7 } });
    expect((await parse({ maxKeptLength: 10_000 })).items.length).toBeLessThan(10);
    expect((await parse({ maxFieldLength: 10 })).items[3]?.summary).toEqual({ value: 'x'.repeat(10), kind: 'html' });
    expect((await parse({ maxFields: 1 })).items[3]).toMatchObject({ id: '3', title: undefined });
  });

  it('in Atom, RSS 1.0 and JSON gives the same as in RSS 2.0', async () => {
    const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://e.example/news/"><entry><id>1</id><title type="text">A &lt; B</title><link href="../a"/><published>2026-11-25T10:00:00Z</published><author><name>Me</name></author></entry></feed>`;
    const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:d="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><d:language>de</d:language></channel><item rdf:about="1"><title>A &lt; B</title><link>https://e.example/a</link><d:date>2026-11-25T10:00:00Z</d:date><d:creator>Me</d:creator></item></rdf:RDF>`;
    const json = JSON.stringify({
      version: 'https://jsonfeed.org/version/1.1',
      language: 'de',
      items: [{ id: 1, title: 'A < B', url: 'https://e.example/a', date_published: '2026-11-25T10:00:00Z', authors: [{ name: 'Me' }] }],
    });
    for (const [text, format] of [
      [atom, 'atom'],
      [rdf, 'rdf'],
      [json, 'json'],
    ] as const) {
      const feed = await parseDocument(bytes(text), { url: 'https://e.example/feed' });
      expect(feed).toMatchObject({ format, language: 'de' });
      expect(feed.items).toMatchObject([
        { id: '1', link: 'https://e.example/a', title: { value: 'A < B' }, published: '2026-11-25T10:00:00Z', authors: ['Me'] },
      ]);
    }
  });

  it('repeats no key and no sign-in of its own address in the links of its items', async () => {
    const links = ['#a', '?b=1', '', '/c', 'd'].map((href) => `<entry><title>t</title><link href="${href}"/></entry>`).join('');
    const atom = bytes(`<feed xmlns="http://www.w3.org/2005/Atom">${links}</feed>`);
    const json = bytes(JSON.stringify({ items: ['#a', '?b=1', '', '/c', 'd'].map((url) => ({ title: 't', url })) }));
    for (const document of [atom, json]) {
      const { items } = await parseDocument(document, { url: 'https://me:pass@e.example/x/feed?key=secret#s' });
      expect(items.map(({ link }) => link)).toEqual([
        'https://e.example/x/feed#a',
        'https://e.example/x/feed?b=1',
        'https://e.example/x/feed',
        'https://e.example/c',
        'https://e.example/x/d',
      ]);
    }
  });

  it('of one module under another prefix, or none declared, is understood', async () => {
    const text = `<rss xmlns:x="HTTP://purl.org/dc/elements/1.1/"><channel><item><title>One</title><x:creator>Me</x:creator><content:encoded>Words</content:encoded><other:title>No</other:title></item></channel></rss>`;
    expect((await parseDocument(bytes(text))).items).toMatchObject([
      { title: { value: 'One' }, authors: ['Me'], content: { value: 'Words' } },
    ]);
  });
});
