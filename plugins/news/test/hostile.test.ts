// Loaded with the first answer otherwise, which a virtual clock does not wait for.
import '../src/feed-reader.ts';
import { NewsBody } from '@tickhub/plugin-sdk';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';
import { DocumentError } from '../src/document/errors.ts';
import { parseDocument } from '../src/document/parse.ts';
import { newsBody, wordsOf } from '../src/item/news-item.ts';
import { hostileDocuments } from './corpus/hostile.ts';

const URL_OF_ONE = 'https://one.example/feed';
const TERMS = { source: 'news:x', zone: 'UTC', language: undefined, feedLanguage: undefined, maxTextLength: 2_000, rename: {} };

/** How reading it ends: a code, or the number of items, each of which was made into a body. */
async function endOf(bytes: Uint8Array): Promise<string | number> {
  try {
    const { items } = await parseDocument(bytes, { url: URL_OF_ONE });
    for (const item of items) {
      const words = wordsOf(item);
      if (words !== null) NewsBody.parse({ ...newsBody(item, words, TERMS), timeQuality: 'exact' });
    }
    return items.length;
  } catch (error) {
    if (error instanceof DocumentError) return error.code;
    throw error;
  }
}

describe('a hostile document', () => {
  it.each(hostileDocuments())('$name ends as it should', async ({ bytes, ends }) => {
    expect(bytes.length).toBeLessThan(5_000_000);
    expect(await endOf(bytes)).toBe(ends);
  });

  it('puts its feed into a named state, and the plugin goes on', async () => {
    const documents = hostileDocuments();
    const harness = createHarness(plugin, {
      plugin: { id: 'news' },
      config: { publicFeeds: false, feeds: documents.map((_, n) => ({ name: `feed-${n}`, url: `https://${n}.example/` })) },
      http: (url) => ({ body: documents[Number.parseInt(new URL(url).host, 10)]?.bytes ?? '' }),
    });
    await harness.start();
    await harness.advance(1_000);
    const states = () => harness.status().sources?.map(({ state }) => state) ?? [];
    await expect.poll(() => states().filter((state) => state !== 'starting').length, { timeout: 60_000 }).toBe(documents.length);
    expect(new Set(states())).toEqual(new Set(['ok', 'malformed']));
    await harness.stop();
  }, 120_000);

  it('is read in slices, between which others have their turn', async () => {
    const slices = 100;
    let [turns, done] = [0, false];
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    await parseDocument(
      Buffer.from(`<rss><channel>${'<!-- x -->'.repeat((slices * 32_768) / 10)}<item><title>One</title></item></channel></rss>`),
    );
    done = true;
    expect(turns).toBeGreaterThanOrEqual(slices);
  });
});

const Markup = fc.oneof(
  fc.constantFrom(
    '<rss>',
    '<channel>',
    '<item>',
    '</item>',
    '<title>',
    '</title>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    '<entry>',
    '<link href="',
    '"/>',
    '&amp;',
    '&#',
    '<!DOCTYPE',
    '[',
    '<?xml encoding="',
    '?>',
    '<content type="xhtml">',
    '<div>',
    '\0',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
);

describe('any document', () => {
  it('ends with items or a code, and each item with a body that the host takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Markup, { maxLength: 60 }), fc.boolean(), async (pieces, isFeed) => {
        const text = (isFeed ? '<rss><channel>' : '') + pieces.join('');
        expect(await endOf(Buffer.from(text))).toEqual(
          expect.toSatisfy((end: unknown) => typeof end === 'string' || typeof end === 'number'),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('of bytes ends so, too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('', '<rss><channel><item><title>', '{"items":['),
        async (bytes, before) => {
          await endOf(Buffer.concat([Buffer.from(before), bytes]));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('says the same whether its title is escaped, in CDATA, or both kinds of text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(...'abc &é漢😀') }), async (title) => {
        const escaped = title.replaceAll('&', '&amp;');
        const titles = [escaped, `<![CDATA[${title}]]>`].map(async (written) => {
          const { items } = await parseDocument(Buffer.from(`<rss><channel><item><title>${written}</title></item></channel></rss>`));
          return items.map(wordsOf);
        });
        const [one, other] = await Promise.all(titles);
        expect(one).toEqual(other);
      }),
      { numRuns: 200 },
    );
  });
});
