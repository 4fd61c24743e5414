import { describe, expect, it } from 'vitest';
import * as shapes from './shapes.ts';
import { aggregates, BLUESKY, harness, make, MINUTE, NOON, posts, skeet } from './social.fixture.ts';

describe('windows of a network', () => {
  it('are published once each, when they have ended and late posts had their time, with what was said', async () => {
    make(BLUESKY);
    await harness.start();
    harness.sockets.last.send(
      skeet('long $EURUSD, very bullish'),
      skeet('shorting EUR/USD here, it will crash'),
      skeet('EURUSD at 1.08'),
      skeet('gold price rallies'),
      skeet('breakfast was good'),
      skeet('Guaranteed profits, DM me for free signals $EURUSD'),
    );
    await harness.advance(5 * MINUTE - 10_000 + 29_000);
    expect(aggregates()).toEqual([]);
    await harness.advance(2_000);
    expect(aggregates()).toMatchObject([
      {
        time: NOON + 5 * MINUTE,
        symbol: 'EURUSD',
        key: `bluesky:EURUSD:${5 * MINUTE}:${NOON + 5 * MINUTE}`,
        network: 'bluesky',
        windowMs: 5 * MINUTE,
        posts: 3,
        authors: 3,
        bullish: 1,
        bearish: 1,
        neutral: 1,
        spam: 1,
        deviation: null,
        volumeRatio: null,
      },
      { symbol: 'XAUUSD', posts: 1, bullish: 1, spam: 0 },
    ]);
    await harness.advance(60 * MINUTE);
    // Silence is no record.
    expect(aggregates()).toHaveLength(2);
  });

  it('count a post once however often it comes, and go on 5 s before the last message after a reconnection', async () => {
    make(BLUESKY);
    await harness.start();
    expect(harness.sockets.attempts[0]?.url).toBe('ws://jetstream.test/subscribe?wantedCollections=app.bsky.feed.post');
    const said = [skeet('long $EURUSD'), skeet('$EURUSD again, still long')];
    harness.sockets.last.send(...said);
    const lastAt = harness.now();
    harness.sockets.last.drop();
    await harness.advance(2_000);
    expect(new URL(harness.sockets.last.url).searchParams.get('cursor')).toBe(String((lastAt - 5_000) * 1_000));
    harness.sockets.last.send(...said, skeet('$EURUSD third, long'));
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toMatchObject([{ symbol: 'EURUSD', posts: 3 }]);
    expect(harness.status().counters).toMatchObject({ posts: 3, duplicates: 2 });
  });

  it('survive a restart in their middle: nothing is lost, nothing is counted twice', async () => {
    make(BLUESKY);
    await harness.start();
    const early = skeet('long $EURUSD');
    harness.sockets.last.send(early);
    const lastAt = harness.now();
    await harness.advance(MINUTE);
    await harness.stop();
    await harness.start();
    expect(new URL(harness.sockets.last.url).searchParams.get('cursor')).toBe(String((lastAt - 5_000) * 1_000));
    harness.sockets.last.send(early, skeet('short $EURUSD'));
    await harness.advance(6 * MINUTE);
    await harness.stop();
    await harness.start();
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toMatchObject([{ symbol: 'EURUSD', posts: 2, bullish: 1, bearish: 1 }]);
  });

  it('give up what a crash took since the last save to the replay, and stay one record each', async () => {
    make(BLUESKY);
    await harness.start();
    const said = [skeet('long $EURUSD'), skeet('$EURUSD, also long')];
    harness.sockets.last.send(said[0] ?? '');
    await harness.advance(15_000);
    const saved = structuredClone(harness.store);
    harness.sockets.last.send(said[1] ?? '');
    await harness.advance(6 * MINUTE);
    const [before] = aggregates();
    const now = harness.now();
    await harness.stop();
    // As if it had been killed before it saved the second post, and the window's end.
    make(BLUESKY, { store: saved, now });
    await harness.start();
    harness.sockets.last.send(...said);
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toEqual([{ ...before, coverage: expect.any(Number) }]);
  });

  it('are published again after a start where a killed host may have lost them, alike', async () => {
    make(BLUESKY);
    await harness.start();
    harness.sockets.last.send(skeet('long $EURUSD'));
    await harness.advance(5 * MINUTE + 45_000);
    const [first, ...others] = aggregates();
    expect(others).toEqual([]);
    const [now, store] = [harness.now(), structuredClone(harness.store)];
    await harness.stop();
    make(BLUESKY, { store, now });
    await harness.start();
    expect(aggregates()).toEqual([first]);
  });

  it('that were slept through are absent, and those that were cut are marked', async () => {
    make(BLUESKY);
    await harness.start();
    for (let at = 0; at < 50; at++) {
      harness.sockets.last.send(skeet(`long $EURUSD ${'x'.repeat(at)}`));
      await harness.advance(1_000);
    }
    const [now, store] = [harness.now() + 8 * 60 * MINUTE, structuredClone(harness.store)];
    await harness.stop();
    // A machine that slept for eight hours: the clocks go on, nothing else does.
    make(BLUESKY, { store, now });
    await harness.start();
    await harness.advance(MINUTE);
    expect(aggregates()).toHaveLength(1);
    expect(aggregates()[0]).toMatchObject({ time: NOON + 5 * MINUTE, posts: expect.any(Number) });
    expect(aggregates()[0]?.coverage).toBeLessThan(0.2);
  });

  it('are not fetched for longer than they are wide after a sleep', async () => {
    make(BLUESKY);
    await harness.start();
    harness.sockets.last.send(skeet('long $EURUSD'));
    await harness.advance(15_000);
    const [now, store] = [harness.now() + 8 * 60 * MINUTE, structuredClone(harness.store)];
    await harness.stop();
    make(BLUESKY, { store, now });
    await harness.start();
    const cursor = Number(new URL(harness.sockets.last.url).searchParams.get('cursor')) / 1_000;
    expect(now - cursor).toBeLessThanOrEqual(5 * MINUTE + 30_000);
  });

  it('lose what was taken back, also by an author who left', async () => {
    make({ ...BLUESKY, share: 'text' });
    await harness.start();
    const one = { id: 'x1', author: 'did:plc:one', at: harness.now() };
    harness.sockets.last.send(
      shapes.jetstreamCommit({ ...one, text: 'long $EURUSD' }),
      shapes.jetstreamCommit({ ...one, id: 'x2', author: 'did:plc:two', text: 'short $EURUSD' }),
      shapes.jetstreamCommit({ ...one, id: 'x3', author: 'did:plc:three', text: '$EURUSD long, stay' }),
      shapes.jetstreamCommit({ ...one, text: '', operation: 'delete' }),
      shapes.jetstreamAccount('did:plc:two', harness.now(), 'deleted'),
    );
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toMatchObject([{ posts: 1, authors: 1, bullish: 1, bearish: 0 }]);
    const byKey = Map.groupBy(posts(), ({ key }) => key);
    expect([...byKey.values()].map((revisions) => revisions.map(({ text, deleted }) => [text, deleted]))).toEqual([
      [
        ['long $EURUSD', undefined],
        [undefined, true],
      ],
      [
        ['short $EURUSD', undefined],
        [undefined, true],
      ],
      [['$EURUSD long, stay', undefined]],
    ]);
  });

  it('follow an edit', async () => {
    make(BLUESKY);
    await harness.start();
    const one = { id: 'x1', author: 'did:plc:one', at: harness.now() };
    harness.sockets.last.send(
      shapes.jetstreamCommit({ ...one, text: 'long $EURUSD' }),
      shapes.jetstreamCommit({ ...one, text: 'short $GBPUSD', operation: 'update' }),
    );
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toMatchObject([{ symbol: 'GBPUSD', posts: 1, bearish: 1 }]);
  });

  it('hold a window against what is usual for its symbol', async () => {
    make(BLUESKY);
    await harness.start();
    const say = async (count: number, text: (at: number) => string): Promise<void> => {
      for (let second = 0; second < 300; second += 5) {
        // The rest keeps the connection alive.
        harness.sockets.last.send(skeet(second / 5 < count ? text(second) : 'good morning'));
        await harness.advance(5_000);
      }
    };
    await harness.advance(5 * MINUTE - 10_000);
    for (let window = 0; window < 13; window++)
      await say(2 + (window % 2), (at) => `${at === 0 ? 'bullish' : 'bearish'} on $EURUSD ${'z'.repeat(at)}`);
    await say(10, (at) => `bullish on $EURUSD ${'q'.repeat(at)}`);
    await harness.advance(MINUTE);
    const all = aggregates();
    expect(all.slice(0, 12).map(({ deviation, volumeRatio }) => [deviation, volumeRatio])).toEqual(
      Array.from({ length: 12 }, () => [null, null]),
    );
    expect(all.at(-1)?.volumeRatio).toBeGreaterThan(3);
    expect(all.at(-1)?.deviation).toBeGreaterThan(2);
    expect(all.at(-1)?.coverage).toBeGreaterThan(0.95);
  }, 30_000);
});

it('counts several networks each, and all together, every post once', async () => {
  make(
    { ...BLUESKY, stocktwits: { symbols: ['EURUSD'] } },
    { http: () => ({ body: shapes.stockTwitsStream('EURUSD', [{ id: '5', text: 'EURUSD long', at: NOON, stance: 'Bullish' }]) }) },
  );
  await harness.start();
  harness.sockets.last.send(skeet('short EURUSD'));
  await harness.advance(15 * MINUTE);
  const inWindow = aggregates().filter(({ time }) => time === NOON + 5 * MINUTE);
  expect(inWindow.map(({ network, posts, bullish, bearish }) => [network, posts, bullish, bearish])).toEqual([
    ['bluesky', 1, 0, 1],
    ['stocktwits', 1, 1, 0],
    ['all', 2, 1, 1],
  ]);
});
