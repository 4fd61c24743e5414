import { describe, expect, it, vi } from 'vitest';
import * as shapes from './shapes.ts';
import { aggregates, harness, make, MINUTE, NOON, source, visible } from './social.fixture.ts';

describe('Reddit', () => {
  const REDDIT = { reddit: { user: 'my_name', subreddits: ['Forex'] }, windowMinutes: [5], lateSeconds: 0 };
  const SECRETS = { TICKHUB_REDDIT_CLIENT_ID: 'the-client-id', TICKHUB_REDDIT_CLIENT_SECRET: 'the-client-secret' };

  it('signs in as an app, names itself as Reddit wants it, reads, signs in anew where its token is refused, and never shows what it signs in with', async () => {
    for (const [name, value] of Object.entries(SECRETS)) vi.stubEnv(name, value);
    let token = 'token-1';
    const asked: { url: string; headers: Record<string, string>; body: string | undefined }[] = [];
    make(
      { ...REDDIT, reddit: { ...REDDIT.reddit, clientSecret: 'env:TICKHUB_REDDIT_CLIENT_SECRET' } },
      {
        http: (url, { headers = {}, body }) => {
          asked.push({ url, headers, body });
          if (url === 'https://www.reddit.com/api/v1/access_token') return { body: shapes.redditToken(token) };
          if (headers['authorization'] !== `Bearer ${token}`) return { status: 401, body: { message: 'Unauthorized', error: 401 } };
          return { body: shapes.redditListing([{ id: 't3_a', title: 'Gold', text: 'long XAUUSD', at: NOON }]) };
        },
      },
    );
    await harness.start();
    await harness.advance(3_000);
    expect(asked[0]).toMatchObject({ body: 'grant_type=client_credentials' });
    expect(asked[0]?.headers['authorization']).toBe(`Basic ${Buffer.from('the-client-id:the-client-secret').toString('base64')}`);
    expect(asked[1]?.url).toBe('https://oauth.reddit.com/r/Forex/new?limit=100&raw_json=1');
    for (const { headers } of asked) expect(headers['user-agent']).toBe(`${process.platform}:tickhub:0.1.0 (by /u/my_name)`);
    expect(source('social:reddit:Forex')).toMatchObject({ state: 'ok' });
    await harness.advance(5 * MINUTE);
    token = 'token-2';
    await harness.advance(2 * MINUTE);
    const refused = source('social:reddit:Forex');
    expect(refused?.state === 'refused' ? refused.nextAttemptAt : harness.now()).not.toBeNull();
    await harness.advance(5 * MINUTE);
    expect(source('social:reddit:Forex')).toMatchObject({ state: 'ok' });
    expect(aggregates()).toMatchObject([{ network: 'reddit', symbol: 'XAUUSD', posts: 1, bullish: 1 }]);
    expect(visible()).not.toMatch(/the-client|token-1|token-2/);
    expect(JSON.stringify([...harness.store])).not.toMatch(/the-client|token-1|token-2/);
  });

  it('says what is missing, and asks nobody', async () => {
    const asked: string[] = [];
    make(REDDIT, {
      http: (url) => {
        asked.push(url);
        return {};
      },
    });
    await harness.start();
    await harness.advance(MINUTE);
    expect(asked).toEqual([]);
    expect(harness.status().status).toBe('degraded');
    expect(source('social:reddit:Forex')).toMatchObject({ state: 'off', nextAttemptAt: null });
    expect(source('social:reddit:Forex')?.detail).toMatch(/TICKHUB_REDDIT_CLIENT_ID is not set.*mode to "rss"/);
  });

  it('is refused by name, with the next attempt', async () => {
    vi.stubEnv('TICKHUB_REDDIT_CLIENT_ID', 'the-client-id');
    const forms: (string | undefined)[] = [];
    make(REDDIT, {
      http: (_, { body }) => {
        forms.push(body);
        return { body: { error: 'invalid_grant' } };
      },
    });
    await harness.start();
    await harness.advance(1_000);
    expect(source('social:reddit-sign-in')).toMatchObject({ state: 'refused' });
    expect(source('social:reddit-sign-in')?.nextAttemptAt).toBeGreaterThan(harness.now());
    expect(source('social:reddit:Forex')).toMatchObject({ state: 'starting', detail: 'waits for social:reddit-sign-in' });
    expect(forms[0]).toBe('grant_type=https%3A%2F%2Foauth.reddit.com%2Fgrants%2Finstalled_client&device_id=DO_NOT_TRACK_THIS_DEVICE');
  });

  it('reads the public feeds without an app', async () => {
    const feed = shapes.redditFeed([{ id: 't3_a', title: 'Gold', text: 'long XAUUSD', at: NOON }]);
    make({ ...REDDIT, reddit: { ...REDDIT.reddit, mode: 'rss' } }, { http: { 'https://www.reddit.com/r/Forex/new/.rss': { body: feed } } });
    await harness.start();
    await harness.advance(10 * MINUTE);
    expect(aggregates()).toMatchObject([{ network: 'reddit', symbol: 'XAUUSD', posts: 1 }]);
  });
});

describe('StockTwits', () => {
  const STOCKTWITS = { stocktwits: { symbols: ['EURUSD'] }, windowMinutes: [5], lateSeconds: 0 };

  it('asks for what is newer, and counts what authors say themselves', async () => {
    const asked: string[] = [];
    make(STOCKTWITS, {
      http: (url) => {
        asked.push(url);
        const first = [{ id: '11', text: 'hm', at: NOON, stance: 'Bearish' } as const, { id: '10', text: 'long', at: NOON - MINUTE }];
        return { body: shapes.stockTwitsStream('EURUSD', asked.length === 1 ? first : []) };
      },
    });
    await harness.start();
    await harness.advance(12 * MINUTE);
    expect(asked.slice(0, 2)).toEqual([
      'https://api.stocktwits.com/api/2/streams/symbol/EURUSD.json',
      'https://api.stocktwits.com/api/2/streams/symbol/EURUSD.json?since=11',
    ]);
    expect(aggregates()).toMatchObject([
      { symbol: 'EURUSD', posts: 1, bullish: 1, time: NOON },
      { symbol: 'EURUSD', posts: 1, bearish: 1, sentiment: -1, time: NOON + 5 * MINUTE, coverage: 1 },
    ]);
  });

  it('has listened where the answer is that nothing has changed', async () => {
    let count = 0;
    make(STOCKTWITS, {
      http: () =>
        ++count === 1
          ? { headers: { etag: '"1"' }, body: shapes.stockTwitsStream('EURUSD', [{ id: '11', text: 'hm', at: NOON + 5_000 }]) }
          : { status: 304 },
    });
    await harness.start();
    await harness.advance(12 * MINUTE);
    expect(aggregates()).toMatchObject([{ time: NOON + 5 * MINUTE, coverage: expect.any(Number) }]);
    expect(aggregates()[0]?.coverage).toBeGreaterThan(0.95);
  });

  it('takes the wall in front of it for an outage, and asks no more often than it may', async () => {
    let wall = { status: 403, headers: { 'content-type': 'text/html' } };
    let count = 0;
    const symbols = Array.from({ length: 20 }, (_, at) => `SYM${at}`);
    make(
      { ...STOCKTWITS, stocktwits: { symbols } },
      {
        http: () => {
          count++;
          return { ...wall, body: '<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>' };
        },
      },
    );
    await harness.start();
    await harness.advance(5_000);
    expect(source('social:stocktwits:SYM0')).toMatchObject({ state: 'refused', nextAttemptAt: expect.any(Number) });
    wall = { status: 200, headers: { 'content-type': 'text/html' } };
    await harness.advance(60 * MINUTE);
    const walled = harness.status().sources?.filter(({ state }) => state === 'server-error') ?? [];
    expect(walled.length).toBeGreaterThan(0);
    for (const { nextAttemptAt } of walled) expect(nextAttemptAt).toBeGreaterThan(harness.now());
    expect(count).toBeLessThan(150);
    expect(aggregates()).toEqual([]);
  });
});

describe('Mastodon', () => {
  const MASTODON = {
    mastodon: [{ url: 'https://m.example', token: 'env:TICKHUB_MASTODON_TOKEN', hashtags: ['forex', 'gold'] }],
    windowMinutes: [5],
    lateSeconds: 30,
  };
  const toot = (id: string, text: string) =>
    shapes.mastodonStatus({ id, text: `<p>${text}</p>`, at: harness.now(), author: `a${id}@x.example` });

  it('streams hashtags, counts and takes back, and reads by REST what it missed while it was away', async () => {
    vi.stubEnv('TICKHUB_MASTODON_TOKEN', 'the-token');
    const asked: string[] = [];
    let missed: object[] = [];
    make(MASTODON, {
      http: (url, { headers }) => {
        expect(headers?.['authorization']).toBe('Bearer the-token');
        asked.push(new URL(url).pathname);
        return { body: missed };
      },
    });
    await harness.start();
    await harness.advance(2_000);
    const { last } = harness.sockets;
    expect(last.url).toBe('wss://m.example/api/v1/streaming');
    expect(last.options.headers?.['authorization']).toBe('Bearer the-token');
    expect(last.sent).toEqual([
      '{"type":"subscribe","stream":"hashtag","tag":"forex"}',
      '{"type":"subscribe","stream":"hashtag","tag":"gold"}',
    ]);
    const seen = toot('1', 'long <b>EURUSD</b>');
    last.send(
      shapes.mastodonFrame('update', seen),
      // The same, by the other hashtag.
      shapes.mastodonFrame('update', seen),
      shapes.mastodonFrame('update', toot('2', 'short EURUSD')),
      shapes.mastodonFrame('delete', '2'),
      '{"stream":["user"],"event":"filters_changed"}',
    );
    // Timelines are left to the stream while it is open.
    const before = asked.length;
    await harness.advance(3 * MINUTE);
    expect(asked.length).toBe(before);
    missed = [toot('3', 'EURUSD is bullish'), seen];
    last.drop();
    await harness.advance(MINUTE);
    expect(asked.slice(before)).toEqual(expect.arrayContaining(['/api/v1/timelines/tag/forex', '/api/v1/timelines/tag/gold']));
    await harness.advance(5 * MINUTE);
    expect(aggregates()).toMatchObject([{ network: 'mastodon', symbol: 'EURUSD', posts: 2, bullish: 2, bearish: 0 }]);
    expect(visible()).not.toMatch(/the-token|x\.example/);
  });

  it('waits until its limit is reset, which Mastodon says as an ISO time', async () => {
    const reset = NOON + 4 * MINUTE;
    make(
      { ...MASTODON, mastodon: [{ url: 'https://m.example', hashtags: ['forex'] }] },
      {
        http: () => ({
          status: 429,
          headers: { 'x-ratelimit-limit': '300', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': new Date(reset).toISOString() },
        }),
      },
    );
    await harness.start();
    await harness.advance(1_000);
    const limited = source('social:mastodon:m.example:forex');
    expect(limited).toMatchObject({ state: 'rate-limited' });
    expect(limited?.nextAttemptAt).toBeGreaterThanOrEqual(reset);
    expect(limited?.nextAttemptAt).toBeLessThan(reset + MINUTE);
  });

  it('polls where there is no token, and says so where one should be', async () => {
    make(MASTODON, { http: () => ({ body: [toot('1', 'long EURUSD')] }) });
    await harness.start();
    await harness.advance(10 * MINUTE);
    expect(harness.sockets.attempts).toEqual([]);
    expect(source('social:mastodon:m.example')).toMatchObject({
      state: 'off',
      detail: expect.stringContaining('TICKHUB_MASTODON_TOKEN is not set'),
    });
    expect(source('social:mastodon:m.example:forex')).toMatchObject({ state: 'ok' });
  });
});
