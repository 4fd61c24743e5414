import '../src/feed-reader.ts';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import { expect, it } from 'vitest';
import plugin from '../src/index.ts';

/** The shapes that feeds of the public list are said to have, with words of our own: none of them could be called from here. */
const FEEDS: readonly (readonly [string, string, string, object])[] = [
  [
    'a central bank in RSS-CB, which is RSS 1.0 with a module of its own',
    'rba',
    `<?xml version="1.0" encoding="UTF-8"?><rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:cb="http://www.cbwiki.net/wiki/index.php/Specification_1.1/"><channel rdf:about="https://www.rba.gov.au/rss"><title>Media Releases</title><items><rdf:Seq><rdf:li rdf:resource="https://www.rba.gov.au/1.html"/></rdf:Seq></items></channel><item rdf:about="https://www.rba.gov.au/1.html"><title>Monetary Policy Decision</title><link>https://www.rba.gov.au/1.html</link><description>The Board left the cash rate unchanged.</description><dc:date>2026-11-24T14:30:00+11:00</dc:date><dc:language>en</dc:language><cb:news rdf:parseType="Resource"><rdf:type rdf:resource="http://x/News"/><cb:simpleTitle>Another title</cb:simpleTitle></cb:news></item></rdf:RDF>`,
    {
      key: 'rba:https://www.rba.gov.au/1.html',
      time: Date.UTC(2026, 10, 24, 3, 30),
      body: { title: 'Monetary Policy Decision', timeQuality: 'exact', language: 'en' },
    },
  ],
  [
    'a regulator with dates in words, without a zone',
    'fca',
    `<rss version="2.0" xml:base="https://www.fca.org.uk/"><channel><item><title>Firm fined</title><link>/news/firm-fined</link><pubDate>Tuesday, November 24, 2026 - 15:30</pubDate><category>Press Releases</category></item></channel></rss>`,
    {
      key: 'fca:https://www.fca.org.uk/news/firm-fined',
      time: Date.UTC(2026, 10, 24, 15, 30),
      body: { timeQuality: 'zone-assumed', categories: ['Press Releases'], url: 'https://www.fca.org.uk/news/firm-fined' },
    },
  ],
  [
    'an office of statistics that leaves out the scheme of its addresses',
    'bea',
    `<rss version="2.0"><channel><item><title>GDP, Third Quarter</title><link>www.bea.gov/news/gdp</link><pubDate>Tue, 24 Nov 2026 08:30:00 EST</pubDate></item></channel></rss>`,
    { key: 'bea:https://www.bea.gov/news/gdp', time: Date.UTC(2026, 10, 24, 13, 30), body: { url: 'https://www.bea.gov/news/gdp' } },
  ],
  [
    'filings in Atom, with markup escaped',
    'sec',
    `<?xml version="1.0" encoding="ISO-8859-1" ?><feed xmlns="http://www.w3.org/2005/Atom"><title>Latest Filings</title><entry><title>8-K - EXAMPLE CORP (Filer)</title><link rel="alternate" type="text/html" href="https://www.sec.gov/1-index.htm"/><summary type="html">&lt;b&gt;Filed:&lt;/b&gt; 2026-11-24 &lt;b&gt;AccNo:&lt;/b&gt; 0001</summary><updated>2026-11-24T16:05:11-05:00</updated><category scheme="https://www.sec.gov/" label="form type" term="8-K"/><id>urn:tag:sec.gov,2008:accession-number=0001</id></entry></feed>`,
    {
      key: 'sec:urn:tag:sec.gov,2008:accession-number=0001',
      time: Date.UTC(2026, 10, 24, 21, 5, 11),
      body: { text: 'Filed: 2026-11-24 AccNo: 0001', categories: ['8-K'], currencies: [] },
    },
  ],
  [
    'a press feed whose items have no dates',
    'esma',
    `<rss version="2.0"><channel><item><title>ESMA publishes a statement on the euro</title><link>https://www.esma.europa.eu/1</link><description>&lt;span&gt;ESMA&lt;/span&gt;&lt;time datetime="2026-11-20"&gt;20 November&lt;/time&gt;</description><guid isPermaLink="false">28511 at https://www.esma.europa.eu</guid></item></channel></rss>`,
    { time: Date.UTC(2026, 10, 25, 12), body: { timeQuality: 'first-seen', currencies: ['EUR'] } },
  ],
];

it.each(FEEDS)('%s', async (_, name, body, expected) => {
  const asked: string[] = [];
  const harness = createHarness(plugin, {
    plugin: { id: 'news' },
    now: Date.UTC(2026, 10, 25, 12),
    config: { publicFeeds: false, on: [name], contact: 'desk@example.com' },
    http: (url) => {
      asked.push(url);
      return { body };
    },
  });
  await harness.start();
  await harness.advance(1_000);
  expect(asked).toHaveLength(1);
  expect(harness.records).toMatchObject([expected]);
  await harness.stop();
});
