import { describe, expect, it } from 'vitest';
import * as shapes from './shapes.ts';
import { aggregates, BLUESKY, harness, make, MINUTE, NOON, skeet } from './social.fixture.ts';

/** Says something each second, of which the connection lives. */
async function talk(seconds: number, text = (at: number): string => `long $EURUSD ${'x'.repeat(at % 40)}${at}`): Promise<void> {
  for (let at = 0; at < seconds; at++) {
    harness.sockets.last.send(skeet(text(at)));
    await harness.advance(1_000);
  }
}

describe('a machine that sleeps for an hour in the middle of a window', () => {
  it.each([
    ['a monotonic clock that stands still', false],
    ['one that goes on', true],
  ])('marks the window it cut, leaves out those it slept through, and goes on without counting twice; %s', async (_, monotonic) => {
    make(
      { ...BLUESKY, stocktwits: { symbols: ['EURUSD'] } },
      {
        http: () => ({
          body: shapes.stockTwitsStream('EURUSD', [{ id: '5', text: 'EURUSD long', at: NOON - 20_000, stance: 'Bullish' }]),
        }),
      },
    );
    await harness.start();
    await talk(60);
    const before = harness.records.length;
    await harness.sleepMachine(60 * MINUTE, { monotonic });
    // The connection did not survive it.
    harness.sockets.last.drop();
    const awake = harness.now();
    await harness.advance(5_000);
    expect(harness.sockets.open).toHaveLength(1);
    const cursor = Number(new URL(harness.sockets.last.url).searchParams.get('cursor')) / 1_000;
    expect(awake - cursor).toBeLessThanOrEqual(5 * MINUTE + 60_000);
    await talk(10 * 60);
    await harness.advance(2 * MINUTE);
    const windows = aggregates().filter(({ network }) => network === 'bluesky');
    // The one that was cut, and those since it is awake again: none of the hour between.
    expect(windows[0]).toMatchObject({ time: NOON + 5 * MINUTE });
    expect(windows[0]?.coverage).toBeLessThan(0.3);
    const others = windows.slice(1).map(({ time }) => time);
    expect(Math.min(...others)).toBeGreaterThan(NOON + 60 * MINUTE);
    expect(new Set(aggregates().map(({ key }) => key)).size).toBe(aggregates().length);
    expect(harness.records.length - before).toBeLessThan(15);
    // The message of StockTwits was given again by each poll.
    expect(aggregates().filter(({ network, posts }) => network === 'stocktwits' && posts !== 1)).toEqual([]);
    expect(aggregates().filter(({ network }) => network === 'stocktwits')).toHaveLength(1);
  });
});

describe('a clock that is set', () => {
  it('back: goes on counting, and a window that was closed too early becomes a revision, not a second one', async () => {
    make(BLUESKY);
    await harness.start();
    await talk(20);
    harness.stepClock(20 * MINUTE);
    await harness.advance(30_000);
    expect(aggregates()).toMatchObject([{ time: NOON + 5 * MINUTE }]);
    harness.stepClock(-20 * MINUTE);
    await harness.advance(2_000);
    await talk(60);
    await harness.advance(6 * MINUTE);
    expect(aggregates().map(({ key }) => key)).toEqual([aggregates()[0]?.key, aggregates()[0]?.key]);
  });

  it('a little, as a time server does all the time: notices nothing', async () => {
    make(BLUESKY);
    await harness.start();
    await talk(20);
    harness.stepClock(-800);
    await talk(20);
    harness.stepClock(1_500);
    await harness.advance(6 * MINUTE);
    expect(aggregates()).toHaveLength(1);
    expect(aggregates()[0]?.posts).toBe(40);
  });
});
