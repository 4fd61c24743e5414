import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { feedPlugin } from './feed-plugin.ts';
import { given, manifest, running, URL_A } from './feed.fixture.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const T = 1_764_072_000_000;
const healthOf = (harness: Awaited<ReturnType<typeof given>>) => harness.status().sources?.[0];
const http = { type: 'http', url: URL_A, format: 'json' };

describe('a feed of ticks', () => {
  it('publishes each row, numbers in text too', async () => {
    const harness = await given([
      { s: 'EURUSD', t: T, b: 1.1, a: '1.2' },
      { s: 'XAUUSD', t: String(T), b: ' 4000.5 ', a: 4_001 },
    ]);
    expect(harness.ticks).toMatchObject([
      { symbol: 'EURUSD', time: T, ordinal: 0, bid: 1.1, ask: 1.2, source: 'test' },
      { symbol: 'XAUUSD', time: T, ordinal: 0, bid: 4_000.5, ask: 4_001 },
    ]);
    expect(harness.status()).toMatchObject({ counters: { rows: 2, published: 2, bad: 0 }, sources: [{ state: 'ok', source: 'test' }] });
    await harness.stop();
  });

  it('publishes a document that it is given again only once, ticks of one millisecond included', async () => {
    const rows = [
      { s: 'A', t: T, b: 1, a: 2 },
      { s: 'A', t: T, b: 3, a: 4 },
    ];
    const harness = await given(rows);
    await harness.advance(70_000);
    rows.push({ s: 'A', t: T + 1, b: 5, a: 6 });
    expect(harness.ticks.map(({ bid, ordinal }) => [bid, ordinal])).toEqual([
      [1, 0],
      [3, 1],
    ]);
    expect(harness.status().counters).toMatchObject({ rows: 4, published: 2, duplicate: 2 });
    await harness.stop();
  });

  it('finds its rows by pointer or expression, and turns round those that come newest first', async () => {
    const document = { data: { 'a/b': [3, 2, 1].map((n) => ({ q: { s: 'A', t: T + n, b: n, a: n } })) } };
    for (const rows of ['/data/a~1b', 'data."a/b"']) {
      const map = { symbol: 'q.s', time: { at: '/q/t', time: 'milliseconds' }, bid: '/q/b' };
      const harness = await given(document, { rows, order: 'newest-first', where: 'q.b > `1`', map });
      expect(harness.ticks.map(({ bid }) => bid)).toEqual([2, 3]);
      await harness.stop();
    }
  });

  it('makes what the mapping says of a value', async () => {
    const harness = await given([{ base: 'eur', quote: 'usd', when: '25.11.2026 12:30', price: '1.234,5', pct: '5', side: 'K' }], {
      to: 'custom',
      map: {
        symbol: "join('', [upper(base), upper(quote)])",
        time: { at: '/when', time: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' },
        key: { template: '{/base}/{quote}' },
        sourceTime: '/when',
        body: {
          price: { at: '/price', type: 'number', decimal: ',' },
          share: { at: '/pct', type: 'number', scale: 0.01 },
          side: { at: '/side', values: { K: 'buy', V: 'sell' } },
          venue: { const: 'XFRA' },
          note: { at: '/none', default: 'none' },
          seen: { now: true },
          deep: { fields: { price: { at: '/price', type: 'string' } } },
          both: { list: ['/base', '/quote', '/none'] },
          html: { const: '<p>Fed &amp; <b>ECB</b></p>', type: 'plain-text' },
        },
      },
    });
    expect(harness.records[0]).toMatchObject({
      stream: 'custom',
      symbol: 'EURUSD',
      time: Date.UTC(2026, 10, 25, 11, 30),
      key: 'eur/usd',
      sourceTime: '25.11.2026 12:30',
      body: {
        price: 1_234.5,
        share: 0.05,
        side: 'buy',
        venue: 'XFRA',
        note: 'none',
        seen: harness.now(),
        deep: { price: '1.234,5' },
        both: ['eur', 'usd'],
        html: 'Fed & ECB',
      },
    });
    await harness.stop();
  });

  it('takes numbers in text within lists, where the stream wants numbers', async () => {
    const harness = await given(
      { t: T, id: 7, b: [['1.1', '2', 'x']], a: [] },
      {
        to: 'book',
        map: { symbol: { const: 'BTCUSD' }, time: { at: 't', time: 'milliseconds' }, key: 'id', body: { bids: 'b', asks: 'a' } },
      },
    );
    expect(harness.records[0]).toMatchObject({ stream: 'book', key: '7', body: { bids: [[1.1, 2]], asks: [] } });
    await harness.stop();
  });
});

describe('a row that does not fit', () => {
  it('is left out and told with the line of the mapping, once; the others pass', async () => {
    const harness = await given([
      { s: 'A', t: T, b: 'abc', a: 2 },
      { s: 'A', t: T, b: 1, a: 2 },
      { s: 'A', t: T, b: 'def', a: 2 },
    ]);
    const words = /^plugin\.json:\d+:\d+: feed\.map\.bid: "\/b" gives a string "abc" where a number is needed \(row 1\)/;
    expect(harness.ticks).toHaveLength(1);
    expect(harness.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([expect.stringMatching(words)]);
    expect(healthOf(harness)).toMatchObject({ state: 'ok', detail: expect.stringContaining('3 rows, 2 bad: plugin.json:') });
    const at = /plugin\.json:(\d+):(\d+)/.exec(healthOf(harness)?.detail ?? '');
    const line = manifest().split('\n')[Number(at?.[1]) - 1] ?? '';
    expect(line.slice(Number(at?.[2]) - 1)).toBe('"/b",');
    await harness.stop();
  });

  it('makes the source malformed when there is no other', async () => {
    const harness = await given([{ s: 'A', t: T, b: 'abc', a: 2 }]);
    expect(healthOf(harness)).toMatchObject({ state: 'malformed', detail: expect.stringMatching(/feed\.map\.bid.*next attempt in 6\d s/) });
    await harness.stop();
  });

  it.each([
    ['no symbol', { t: T, b: 1, a: 2 }, /feed\.map\.symbol: gives nothing \(row 1\)/],
    ['no time', { s: 'A', b: 1 }, /feed\.map\.time: gives nothing/],
    ['another time', { s: 'A', t: '2026-11-25', b: 1 }, /feed\.map\.time: "\/t" gives a string "2026-11-25" where a number is needed/],
    ['no price', { s: 'A', t: T }, /no bid, ask or last price/],
    ['a time before all time', { s: 'A', t: -1, b: 1 }, /a price, a volume or the time is none/],
    ['no object', 5, /feed\.map\.symbol: gives nothing/],
    ['an object for a number', { s: 'A', t: T, b: { c: 1 } }, /gives an object where a number is needed/],
  ])('has %s', async (_what, row, message) => {
    const harness = await given([row]);
    expect(healthOf(harness)?.detail).toMatch(message);
    await harness.stop();
  });

  it('may be any JSON: nothing crashes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (document) => {
        const harness = await given(document, { rows: 'data || @', map: { symbol: 's', time: { at: 't', time: 'iso' }, bid: 'max(b)' } });
        expect(harness.failure).toBeNull();
        await harness.stop();
      }),
      { numRuns: 40 },
    );
  });
});

describe('documents', () => {
  const csv = (more: Record<string, unknown> = {}) => ({
    source: { type: 'http', url: URL_A, format: 'csv', csv: more },
    map: { symbol: { const: 'A' }, time: { at: '/Date', time: 'yyyy-MM-dd' }, bid: '/Close Price' },
  });

  it('CSV: quotes, other delimiters, comments, lines that are broken', async () => {
    const text = '\uFEFFrates of the day\nDate;"Close Price"\n# closed\n2026-11-24;"1.5"\n2026-11-25;1"5\n\n2026-11-26;2.5;more\n';
    const harness = await given(text, csv({ delimiter: ';', comment: '#', skipLines: 1 }));
    expect(harness.ticks.map(({ bid }) => bid)).toEqual([1.5, 2.5]);
    expect(harness.status().counters['bad']).toBe(1);
    await harness.stop();
  });

  it('CSV without a header, and with one given', async () => {
    const byIndex = { ...csv({ header: false }), map: { symbol: { const: 'A' }, time: { at: '/0', time: 'yyyy-MM-dd' }, bid: '/1' } };
    const named = csv({ header: ['Date', 'Close Price'] });
    for (const feed of [byIndex, named]) {
      const harness = await given('2026-11-24,1.5\n2026-11-25,2.5', feed);
      expect(harness.ticks.map(({ bid }) => bid)).toEqual([1.5, 2.5]);
      await harness.stop();
    }
  });

  const news = {
    source: { type: 'http', url: URL_A, format: 'rss' },
    to: 'news',
    map: { time: '/published', body: { title: { at: '/title', type: 'plain-text' }, url: '/link', categories: '/categories' } },
  };

  it.each([
    [
      'RSS',
      '<rss version="2.0"><channel><title>T</title><item><title>Fed &amp;amp; ECB</title><link>https://x.example/1</link><guid>g1</guid><pubDate>Wed, 25 Nov 2026 12:30:00 GMT</pubDate><category>rates</category></item></channel></rss>',
      'g1',
    ],
    [
      'Atom',
      '<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><title>T</title><updated>2026-11-25T12:30:00Z</updated><entry><id>e1</id><title type="html">Fed &amp;amp; ECB</title><link href="https://x.example/1"/><updated>2026-11-25T12:30:00Z</updated><category term="rates"/></entry></feed>',
      'e1',
    ],
    [
      'JSON Feed',
      JSON.stringify({
        version: 'https://jsonfeed.org/version/1.1',
        title: 'T',
        items: [
          {
            id: 'j1',
            url: 'https://x.example/1',
            title: 'Fed & ECB',
            content_text: 'x',
            date_published: '2026-11-25T12:30:00Z',
            tags: ['rates'],
          },
        ],
      }),
      'j1',
    ],
  ])('%s items are news, with their ids for keys', async (_what, text, key) => {
    const harness = await given(text, news);
    expect(harness.records).toMatchObject([
      {
        stream: 'news',
        key,
        time: Date.UTC(2026, 10, 25, 12, 30),
        body: {
          title: 'Fed & ECB',
          url: 'https://x.example/1',
          categories: ['rates'],
          feed: 'test',
          symbols: [],
          currencies: [],
          timeQuality: 'exact',
        },
      },
    ]);
    await harness.stop();
  });

  it.each([
    ['entities of its own', '<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>', /declares entities/],
    ['elements without end', `<rss><channel>${'<a>'.repeat(5_000)}`, /more than 100 deep/],
    ['no feed', '<html><body>404</body></html>', /is no feed/],
    ['nothing', '', /is no feed/],
  ])('a feed with %s is malformed', async (_what, text, message) => {
    const harness = await given(text, news);
    expect(healthOf(harness)).toMatchObject({ state: 'malformed', detail: expect.stringMatching(message) });
    await harness.stop();
  });

  it.each([
    ['UTF-8, whatever the server says', new TextEncoder().encode('[{"s":"Zürich"}]'), 'application/json; charset=iso-8859-1'],
    ['UTF-8 with a mark', new TextEncoder().encode('\uFEFF[{"s":"Zürich"}]'), ''],
    ['what the server says', Buffer.from('[{"s":"Zürich"}]', 'latin1'), 'application/json; charset=windows-1252'],
    ['windows-1252 for want of better', Buffer.from('[{"s":"Zürich"}]', 'latin1'), 'application/json; charset=no-such'],
    ['UTF-16', Buffer.from('\uFEFF[{"s":"Zürich"}]', 'utf16le'), ''],
  ])('are read as %s', async (_what, bytes, type) => {
    const feed = { to: 'custom', map: { time: { now: true }, key: '/s', body: { name: '/s' } } };
    const harness = await given(new Uint8Array(bytes), feed, { 'content-type': type });
    expect(harness.records[0]?.body).toEqual({ name: 'Zürich' });
    await harness.stop();
  });

  it('that are none say how they begin', async () => {
    const harness = await given('<html>Just a moment...</html>');
    expect(healthOf(harness)).toMatchObject({ state: 'malformed', detail: expect.stringContaining('it begins with "<html>Just a moment') });
    await harness.stop();
  });

  it('without rows where they should be are malformed', async () => {
    const harness = await given({ error: 'key' }, { rows: '/data' });
    expect(healthOf(harness)?.detail).toMatch(/plugin\.json:\d+:\d+: feed\.rows: "\/data" gives nothing in this document/);
    await harness.stop();
  });
});

describe('a feed over a WebSocket', () => {
  const feed = {
    source: {
      type: 'websocket',
      url: 'wss://stream.example/ws',
      subscribe: [{ method: 'SUBSCRIBE', params: ['{env:CHANNEL}'] }, 'hello'],
      keepAlive: { everyMs: 15_000, send: { op: 'ping' } },
      staleAfterMs: 30_000,
    },
    rows: '/data',
    where: 's',
  };

  it('subscribes, keeps alive, and publishes what its messages carry', async () => {
    vi.stubEnv('CHANNEL', 'secret-channel');
    const harness = await running(manifest(feed, { permissions: { env: ['CHANNEL'] } }));
    const { last } = harness.sockets;
    expect(last.sent).toEqual(['{"method":"SUBSCRIBE","params":["secret-channel"]}', 'hello']);
    last.send(
      { result: null },
      { data: { s: 'BTCUSD', t: T, b: '1', a: '2' } },
      { data: [{ pong: 1 }, { s: 'BTCUSD', t: T, b: '2', a: '3' }] },
    );
    expect(harness.ticks.map(({ bid, ordinal }) => [bid, ordinal])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(healthOf(harness)).toMatchObject({ state: 'ok', counters: { malformed: 0 } });
    await harness.advance(15_000);
    expect(last.sent.at(-1)).toBe('{"op":"ping"}');
    await harness.advance(16_000);
    expect(harness.sockets.connections).toHaveLength(2);
    await harness.stop();
  });

  it('is off while a variable that it needs is not set, and never shows what it is', async () => {
    vi.stubEnv('CHANNEL', undefined);
    const harness = await running(manifest(feed, { permissions: { env: ['CHANNEL'] } }));
    expect(harness.sockets.attempts).toEqual([]);
    expect(healthOf(harness)).toMatchObject({ state: 'off', detail: expect.stringContaining('CHANNEL is not set') });
    await harness.stop();
  });
});

describe('when a feed is asked', () => {
  it('at its times of day, in its zone', async () => {
    const at = { times: ['08:30'], zone: 'America/New_York', days: ['wed', 'thu', 'fri'] };
    let asked = 0;
    const harness = await running(manifest({ source: { ...http, at } }), {
      now: Date.UTC(2026, 10, 27, 13),
      http: () => {
        asked++;
        return { body: '[]' };
      },
    });
    const hours = async (count: number): Promise<number> => {
      await harness.advance(count * 3_600_000);
      return asked;
    };
    // At the start; on Friday at 08:30, which is 13:30 in UTC; and not before Wednesday.
    expect([asked, await hours(0.49), await hours(0.02), await hours(30)]).toEqual([1, 1, 2, 2]);
    await harness.sleepMachine(89 * 3_600_000);
    expect([await hours(0.1), new Date(harness.now()).toISOString().slice(0, 13)]).toEqual([3, '2026-12-02T12']);
    expect(await hours(2)).toBe(4);
    await harness.stop();
  });

  it('as often, and where, the user says', async () => {
    const asked: string[] = [];
    const harness = await running(manifest(), {
      config: { url: 'http://127.0.0.1:5/other', everyMs: 1_000 },
      http: (url) => {
        asked.push(url);
        return { body: '[]' };
      },
    });
    await harness.advance(1_100);
    expect(asked).toEqual(['http://127.0.0.1:5/other', 'http://127.0.0.1:5/other']);
    await harness.stop();
  });
});

describe('a feed that is wrong is refused at its line', () => {
  const map = { symbol: '/s', time: { now: true }, bid: '/b' };
  it.each([
    ['an expression', { map: { ...map, bid: 'a.[' } }, /^plugin\.json:\d+:\d+: feed\.map\.bid: "a\.\[": /],
    ['a pointer', { map: { ...map, bid: '/a~2' } }, /feed\.map\.bid: "\/a~2": a JSON Pointer has ~ only as/],
    ['a condition', { where: '(' }, /feed\.where: "\(":/],
    ['a time format', { map: { ...map, time: { at: '/t', time: 'YYYY' } } }, /feed\.map\.time\.time: "YYYY" has "Y"/],
    ['a zone', { map: { ...map, time: { at: '/t', zone: 'Mars' } } }, /feed\.map\.time\.zone "Mars" is no IANA zone/],
    ['a field of another stream', { map: { ...map, key: '/k' } }, /feed\.map\.key is no field of ticks/],
    ['no price', { map: { symbol: '/s', time: { now: true } } }, /feed\.map\.bid is missing: a tick has/],
    [
      'two sources of a value',
      { map: { ...map, bid: { at: '/b', const: 1 } } },
      /feed\.map\.bid needs exactly one of .* it has at and const/,
    ],
    ['a mistyped field', { map: { ...map, bid: { att: '/b' } } }, /feed\.map\.bid\.att there is no such field\. Write "at"/],
    ['a mistyped source', { source: { ...http, evryMs: 5 } }, /feed\.source\.evryMs there is no such field\. Write "everyMs"/],
    [
      'a scheme',
      { source: { ...http, url: 'ftp://x.example/' } },
      /feed\.source\.url is no address that begins with http:\/\/ or https:\/\//,
    ],
    ['a host that is not known', { source: { ...http, url: 'https://{env:HOST}/' } }, /reads the variable HOST|has a variable in its host/],
    [
      'a variable that is not named',
      { source: { ...http, headers: { 'x-key': '{env:KEY}' } } },
      /feed\.source\.headers\.x-key reads the variable KEY/,
    ],
    [
      'records without identity',
      { to: 'custom', map: { time: { now: true }, body: {} } },
      /feed\.map\.key is missing: without an identity/,
    ],
    [
      'a body without what it needs',
      { to: 'bars', map: { time: { now: true }, key: '/k', body: { open: '/o' } } },
      /feed\.map\.body\.widthMs is missing/,
    ],
    [
      'a body with what it has not',
      { to: 'news', map: { time: { now: true }, key: '/k', body: { title: '/t', headline: '/h' } } },
      /feed\.map\.body\.headline is no field of news/,
    ],
  ])('%s', (_what, feed, message) => {
    expect(() => feedPlugin(manifest(feed))).toThrow(
      expect.objectContaining({ code: 'BAD_FEED', message: expect.stringMatching(message) as string }) as Error,
    );
  });

  it('neither entry nor feed, and both', () => {
    expect(() => feedPlugin(manifest({}, { entry: 'index.ts' }))).toThrow(/entry is given beside "feed"/);
    expect(() => feedPlugin(manifest({}, { kind: 'model' }))).toThrow(/kind is "model", and a feed is a data-source/);
    expect(() => feedPlugin(JSON.stringify({ ...JSON.parse(manifest()), feed: undefined }))).toThrow(/entry is missing/);
  });
});
