import { describe, expect, it } from 'vitest';
import { ConfigSchema } from '../config/schema.ts';
import { openTenant, attachFeed } from '../tenant/tenants.fixture.ts';
import { jsonBody } from '../streams/streams.fixture.ts';
import { Tail } from './tail.ts';
import type { TailFilter } from './tail.ts';

const ALL: TailFilter = { streams: [], symbols: [], sources: [] };

async function tail(filter: Partial<TailFilter> = {}) {
  const opened = await openTenant({ config: ConfigSchema.parse({}) });
  const lines: Record<string, unknown>[] = [];
  let drained: () => void = () => undefined;
  const reader = { slow: false, drained: () => drained() };
  const one = new Tail(
    opened.streams.bus,
    opened.streams.directory,
    { ...ALL, ...filter },
    {
      write: (line) => {
        lines.push(JSON.parse(line) as Record<string, unknown>);
        return !reader.slow;
      },
      onDrained: (listener) => (drained = listener),
    },
  );
  const feed = attachFeed(opened.streams, 'feed', ['EURUSD', 'XAUUSD']);
  const record = (body: Record<string, unknown>, more: object = {}, source = 'feed:wire'): void =>
    opened.streams.records.take('feed', jsonBody({ stream: 'custom', source, records: [{ time: 5, body, ...more }] }));
  return { ...opened, tail: one, feed, lines, reader, record };
}

describe('Tail', () => {
  it('shows ticks and records as they are taken', async () => {
    const { feed, lines, record } = await tail();
    feed.send([{ symbol: 1, time: 1_000, ordinal: 0 }]);
    record({ n: 1 }, { key: 'a' });
    record({ n: 1 }, { key: 'a' });
    expect(lines).toEqual([
      {
        stream: 'ticks',
        source: 'feed',
        symbol: 'XAUUSD',
        digits: 5,
        time: 1_000,
        receivedAt: 5,
        bid: 1.1,
        ask: 1.2,
        flags: ['bid', 'ask'],
      },
      { stream: 'custom', source: 'feed:wire', seq: 1, time: 5, key: 'a', body: { n: 1 }, receivedAt: expect.any(Number) as number },
    ]);
  });

  it.each<[string, Partial<TailFilter>, unknown[]]>([
    ['a stream', { streams: ['ticks'] }, ['EURUSD', 'XAUUSD']],
    ['a symbol, which records may name in a list', { symbols: ['xau*'] }, ['XAUUSD', 2, 3]],
    ['a source', { sources: ['feed:*'] }, [1, 2, 3]],
    ['both', { streams: ['custom'], symbols: ['EURUSD'] }, []],
  ])('keeps to %s', async (_what, filter, expected) => {
    const { feed, lines, record } = await tail(filter);
    feed.send([
      { symbol: 0, time: 1, ordinal: 0 },
      { symbol: 1, time: 1, ordinal: 0 },
    ]);
    record({ n: 1 });
    record({ n: 2 }, { symbol: 'XAUUSD' });
    record({ n: 3, symbols: ['XAUUSD'] });
    expect(lines.map(({ symbol, body, stream }) => (stream === 'ticks' ? symbol : (body as { n: number }).n))).toEqual(expected);
  });

  it('misses what comes while its reader is behind, and says how much', async () => {
    const { feed, lines, reader } = await tail();
    reader.slow = true;
    feed.send([0, 1, 2, 3].map((ordinal) => ({ symbol: 0, time: 1, ordinal })));
    expect(lines).toHaveLength(1);
    reader.slow = false;
    reader.drained();
    feed.send([{ symbol: 0, time: 2, ordinal: 0 }]);
    expect(lines.slice(1).map(({ missed, time }) => missed ?? `tick ${String(time)}`)).toEqual([3, 'tick 2']);
  });

  it('is gone when it is closed', async () => {
    const { tail: one, feed, lines } = await tail();
    one.close();
    feed.send([{ symbol: 0, time: 1, ordinal: 0 }]);
    expect(lines).toEqual([]);
  });
});
