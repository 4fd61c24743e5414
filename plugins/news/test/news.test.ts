// Loaded with the first answer otherwise, which a virtual clock does not wait for.
import '../src/feed-reader.ts';
import { readFile } from 'node:fs/promises';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { Harness, HttpAnswer } from '@tickhub/plugin-sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';
import { rss } from './feed.fixture.ts';
import type { MadeItem } from './feed.fixture.ts';

const NOW = Date.UTC(2026, 10, 25, 12);
const ONE = 'https://one.example/feed';
const TWO = 'https://two.example/feed';
const PAYROLLS: MadeItem = {
  guid: 'a-1',
  link: 'https://one.example/payrolls?utm_source=rss#top',
  title: 'US payrolls rise, dollar gains',
  date: 'Wed, 25 Nov 2026 13:30:00 +0200',
  description: '<p>The <b>dollar</b> rose against the yen &amp; EUR/USD fell.</p><script>alert(1)</script>',
};

let harness: Harness;
afterEach(() => harness.stop());

interface Setting {
  answers: Record<string, HttpAnswer>;
  config?: Record<string, unknown>;
  store?: Map<string, unknown>;
}

const feed = (name: string, url: string, more: object = {}) => ({ name, url, everyMs: 60_000, ...more });

function made({ answers, config = {}, store }: Setting): Harness {
  harness = createHarness(plugin, {
    plugin: { id: 'news' },
    now: NOW,
    config: { publicFeeds: false, feeds: [feed('one', ONE)], ...config },
    http: (url) => answers[url] ?? { status: 404 },
    ...(store !== undefined && { store }),
  });
  return harness;
}

const body = (at = 0) => harness.records[at]?.body;

describe('an item', () => {
  it('becomes a record with clean text, its time in UTC, its symbols and currencies', async () => {
    await made({ answers: { [ONE]: { body: rss([PAYROLLS]) } } }).start();
    await harness.advance(1_000);
    expect(harness.records).toMatchObject([
      {
        stream: 'news',
        source: 'news:one',
        key: 'one:a-1',
        time: Date.UTC(2026, 10, 25, 11, 30),
        sourceTime: 'Wed, 25 Nov 2026 13:30:00 +0200',
        body: {
          title: 'US payrolls rise, dollar gains',
          text: 'The dollar rose against the yen & EUR/USD fell.',
          url: 'https://one.example/payrolls#top',
          feed: 'news:one',
          language: 'en',
          symbols: ['EURUSD'],
          currencies: ['EUR', 'JPY', 'USD'],
          timeQuality: 'exact',
        },
      },
    ]);
  });

  it('is told once, however often it is seen, and anew when its words change', async () => {
    const answers = { [ONE]: { body: rss([PAYROLLS]) } };
    await made({ answers }).start();
    await harness.advance(200_000);
    expect(harness.records).toHaveLength(1);
    answers[ONE] = { body: rss([{ ...PAYROLLS, title: 'US payrolls rise more than thought' }]) };
    await harness.advance(100_000);
    expect(harness.records.map(({ key, revision = 0 }) => [key, revision])).toEqual([
      ['one:a-1', 0],
      ['one:a-1', 1],
    ]);
  });

  it('without id and link is known by title and date', async () => {
    await made({ answers: { [ONE]: { body: rss([{ title: 'Only a title', date: 'Wed, 25 Nov 2026 10:00:00 GMT' }]) } } }).start();
    await harness.advance(200_000);
    expect(harness.records).toHaveLength(1);
    expect(harness.records[0]?.key).toMatch(/^one:#[\w-]{16}$/);
  });

  it('that shares its id with others is told apart from them', async () => {
    const home = 'https://one.example/';
    const items = ['First of the day', 'Second of the day'].map((title) => ({ guid: home, title, date: 'Wed, 25 Nov 2026 10:00:00 GMT' }));
    const answers = { [ONE]: { body: rss(items) } };
    await made({ answers }).start();
    await harness.advance(70_000);
    expect(harness.records.map(({ body: { title } }) => title)).toEqual(['First of the day', 'Second of the day']);
    // Alone in the feed it is still the one it was.
    answers[ONE] = { body: rss(items.slice(1)) };
    await harness.advance(70_000);
    expect(harness.records).toHaveLength(2);
  });

  it('that is older than maxAgeDays is left out', async () => {
    await made({ answers: { [ONE]: { body: rss([{ ...PAYROLLS, date: 'Mon, 01 Jun 2026 10:00:00 GMT' }]) } } }).start();
    await harness.advance(1_000);
    expect(harness.records).toEqual([]);
    expect(harness.status().counters['old']).toBe(1);
  });
});

describe('the time of an item', () => {
  it.each<[string, MadeItem['date'], number, string]>([
    ['with a zone', 'Wed, 25 Nov 2026 05:00:00 EST', Date.UTC(2026, 10, 25, 10), 'exact'],
    ['with the wrong weekday', 'Mon, 25 Nov 2026 05:00:00 EST', Date.UTC(2026, 10, 25, 10), 'exact'],
    ['without a zone', '25 Nov 2026 05:00', Date.UTC(2026, 10, 25, 10), 'zone-assumed'],
    ['in the future', 'Thu, 26 Nov 2026 05:00:00 GMT', NOW, 'clamped'],
    ['that is none', 'yesterday', NOW, 'first-seen'],
    ['left out', undefined, NOW, 'first-seen'],
  ])('%s', async (_, date, time, timeQuality) => {
    const answers = { [ONE]: { body: rss([{ guid: 'x', title: 'An item', ...(date !== undefined && { date }) }]) } };
    await made({ answers, config: { feeds: [feed('one', ONE, { zone: 'America/New_York' })] } }).start();
    await harness.advance(0);
    expect(harness.records).toMatchObject([{ time, body: { timeQuality } }]);
  });

  it('that is when it was first seen stays so, over restarts', async () => {
    const items = [
      { guid: 'x', title: 'Without a date' },
      { guid: 'y', title: 'Of tomorrow', date: 'Thu, 26 Nov 2026 05:00:00 GMT' },
    ];
    await made({ answers: { [ONE]: { body: rss(items) } } }).start();
    await harness.advance(70_000);
    await harness.stop();
    // After the date that lay ahead.
    await harness.advance(30 * 3_600_000);
    await harness.start();
    await harness.advance(70_000);
    expect(harness.records.map(({ time, revision = 0 }) => [time, revision])).toEqual([
      [NOW, 0],
      [NOW, 0],
    ]);
  });
});

describe('what two feeds tell', () => {
  const told = { guid: 'b-7', title: 'US Payrolls rise; Dollar gains - Example News', date: 'Wed, 25 Nov 2026 11:45:00 GMT' };
  const feeds = [feed('one', ONE), feed('two', TWO)];

  it('names the one that told it first, and goes on to after a restart', async () => {
    const answers: Record<string, HttpAnswer> = { [ONE]: { body: rss([PAYROLLS]) }, [TWO]: { status: 503 } };
    await made({ answers, config: { feeds } }).start();
    await harness.advance(1_000);
    answers[TWO] = { body: rss([told]) };
    await harness.advance(120_000);
    expect(harness.records.map(({ key, body: { duplicateOf } }) => [key, duplicateOf])).toEqual([
      ['one:a-1', undefined],
      ['two:b-7', 'one:a-1'],
    ]);
    await harness.stop();
    answers[ONE] = { status: 503 };
    await harness.start();
    await harness.advance(120_000);
    expect(harness.records).toHaveLength(2);
  });

  it('is not the same on another day, nor where the title says too little', async () => {
    const answers = {
      [ONE]: { body: rss([PAYROLLS, { guid: 'c', title: 'Statement', date: told.date }]) },
      [TWO]: {
        body: rss([
          { ...told, date: 'Mon, 23 Nov 2026 11:45:00 GMT' },
          { guid: 'd', title: 'Statement', date: told.date },
        ]),
      },
    };
    await made({ answers, config: { feeds } }).start();
    await harness.advance(1_000);
    expect(harness.records).toHaveLength(4);
    expect(harness.records.filter(({ body: { duplicateOf } }) => duplicateOf !== undefined)).toEqual([]);
  });
});

describe('a feed', () => {
  it('that asks for longer pauses gets them', async () => {
    await made({ answers: { [ONE]: { body: rss([PAYROLLS], '<ttl>60</ttl>') } } }).start();
    await harness.advance(1_000);
    const due = harness.status().sources?.[0]?.nextAttemptAt ?? 0;
    expect(due).toBeGreaterThanOrEqual(NOW + 3_600_000);
  });

  it.each<[string, HttpAnswer, string, RegExp]>([
    ['a web page', { body: '<!doctype html><html><body>Sign in</body></html>' }, 'malformed', /web page/],
    ['entities of its own', { body: `<!DOCTYPE rss [<!ENTITY a "b">]>${rss([PAYROLLS])}` }, 'malformed', /entities/],
    ['nothing', { body: ' ' }, 'malformed', /nothing in it/],
    ['no feed', { body: '{"error": "quota"}' }, 'malformed', /JSON/],
    ['a refusal', { status: 403 }, 'refused', /403/],
  ])('that answers with %s is named so, with its next attempt', async (_, answer, state, words) => {
    await made({ answers: { [ONE]: answer } }).start();
    await harness.advance(1_000);
    const status = harness.status();
    expect(status).toMatchObject({ status: 'degraded', sources: [{ source: 'news:one', state }] });
    expect(status.detail).toContain(`one ${state}`);
    expect(status.sources?.[0]?.detail).toMatch(words);
    expect(status.sources?.[0]?.nextAttemptAt).toBeGreaterThan(NOW);
  });

  it('of the public list that needs a contact is off without one', async () => {
    await made({ answers: {}, config: { on: ['sec'], feeds: [] } }).start();
    expect(harness.status().sources).toMatchObject([{ source: 'news:sec', state: 'off', detail: expect.stringContaining('contact') }]);
  });

  it('is asked with one identifying User-Agent', async () => {
    const agents: (string | undefined)[] = [];
    harness = createHarness(plugin, {
      plugin: { id: 'news' },
      config: { publicFeeds: false, on: ['sec', 'fed'], contact: 'desk@example.com' },
      http: (_, { headers }) => {
        agents.push(headers?.['user-agent']);
        return { body: rss([]) };
      },
    });
    await harness.start();
    await harness.advance(1_000);
    expect(agents).toEqual(
      ['Tickhub-news/0.0.0 desk@example.com', 'Tickhub-news/0.0.0 desk@example.com'].map(() =>
        expect.stringMatching(/^Tickhub-news\/\S+ desk@example\.com$/),
      ),
    );
  });

  it('that is not in the public list is named', () => {
    const parsed = (plugin.config ?? expect.fail('no config schema')).safeParse({ on: ['feed'] });
    expect(parsed.error?.issues[0]?.message).toContain('it has fed, fed-speeches, ecb');
  });
});

it('gives symbols the names of the config', async () => {
  await made({
    answers: { [ONE]: { body: rss([{ guid: 'o', title: 'WTI crude slides' }]) } },
    config: { rename: { USOIL: 'XTIUSD' } },
  }).start();
  await harness.advance(1_000);
  expect(body()?.['symbols']).toEqual(['XTIUSD']);
});

it('takes the config that its README shows', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const shown = [...readme.matchAll(/```json\n([^]*?)```/g)].map(
    ([, json = '']) => (JSON.parse(json) as { plugins: { news: unknown } }).plugins.news,
  );
  expect(shown.length).toBeGreaterThan(0);
  for (const config of shown) expect(plugin.config?.safeParse(config).error).toBeUndefined();
});
