import { describe, expect, it, vi } from 'vitest';
import * as shapes from './shapes.ts';
import { aggregates, BLUESKY, harness, make, MINUTE, skeet, source } from './social.fixture.ts';

describe('a source with a fault', () => {
  it.each([
    ['HTTP_TIMEOUT', 'timeout'],
    ['HTTP_UNREACHABLE', 'unreachable'],
    ['HTTP_TOO_LARGE', 'too-large'],
    ['HTTP_REDIRECTS', 'redirect-loop'],
    ['HTTP_INCOMPLETE', 'incomplete'],
    [429, 'rate-limited'],
    [503, 'server-error'],
    [401, 'refused'],
    ['{"half":', 'malformed'],
    ['[]', 'malformed'],
  ])('%s: is named, with its next attempt, and holds up no other', async (fault, state) => {
    vi.stubEnv('TICKHUB_REDDIT_CLIENT_ID', 'x');
    make(
      { ...BLUESKY, stocktwits: { symbols: ['EURUSD'] }, reddit: { user: 'some_user', subreddits: ['Forex'] } },
      {
        http: (url) => {
          if (url.includes('access_token')) return { body: shapes.redditToken('t') };
          if (typeof fault === 'number') return { status: fault, headers: fault === 429 ? { 'retry-after': '90' } : {} };
          if (fault.startsWith('HTTP_')) throw Object.assign(new Error('as the host says it'), { code: fault });
          return { body: fault };
        },
      },
    );
    await harness.start();
    harness.sockets.last.send(skeet('long $EURUSD'));
    await harness.advance(2_000);
    for (const name of ['social:reddit:Forex', 'social:stocktwits:EURUSD']) {
      expect(source(name)).toMatchObject({ state });
      expect(source(name)?.nextAttemptAt).toBeGreaterThan(harness.now());
      expect(source(name)?.detail).not.toBe('');
    }
    expect(source('social:bluesky')).toMatchObject({ state: 'ok' });
    expect(harness.status().status).toBe('degraded');
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toMatchObject([{ network: 'bluesky', posts: 1 }]);
  });

  it('messages that are none are counted, and named when they are all that comes', async () => {
    make(BLUESKY);
    await harness.start();
    const broken = ['{"text":"$EURUSD', '{"kind":"commit","text":"$EURUSD"}', '{"text":"gold price"}'];
    harness.sockets.last.send(...broken, 'noise that concerns nothing');
    harness.sockets.last.send(...broken);
    expect(source('social:bluesky')).toMatchObject({ state: 'malformed', counters: { malformed: 6 } });
    harness.sockets.last.send(skeet('long $EURUSD'));
    expect(source('social:bluesky')).toMatchObject({ state: 'ok' });
    harness.sockets.answer = { status: 403 };
    harness.sockets.last.drop();
    await harness.advance(2_000);
    expect(source('social:bluesky')).toMatchObject({ state: 'refused', nextAttemptAt: expect.any(Number) });
  });
});

it('remembers no more than it may, whatever comes', async () => {
  make(BLUESKY);
  await harness.start();
  for (let round = 0; round < 25; round++) {
    harness.sockets.last.send(...Array.from({ length: 1_000 }, (_, at) => skeet(`$EURUSD ${round} ${at}`)));
  }
  expect(harness.status().counters).toMatchObject({ posts: 25_000, remembered: 20_000 });
  await harness.advance(6 * MINUTE);
  expect(aggregates()).toMatchObject([{ posts: expect.any(Number), authors: 4_096 }]);
}, 60_000);
