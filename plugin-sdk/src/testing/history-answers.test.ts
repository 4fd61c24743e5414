import { describe, expect, it } from 'vitest';
import { definePlugin } from '../define-plugin.ts';
import { capabilities } from '../capabilities/index.ts';
import type { History } from '../capabilities/history.ts';
import { createHarness } from './harness.ts';

const T0 = Date.UTC(2026, 0, 5);
const ALL = { from: 0, to: 8e15 };

/** A harness's history, as a plugin gets it. */
async function history(): Promise<{ history: History; stop: () => Promise<void> }> {
  let given: History | null = null;
  const harness = createHarness(
    definePlugin({
      kind: 'model',
      inject: { history: capabilities.History },
      start({ history }) {
        given = history;
      },
    }),
    {
      history: {
        ticks: [
          { symbol: 'EURUSD', time: T0, bid: 1.5, ask: 1.7 },
          { symbol: 'EURUSD', time: T0, bid: 1.2, ask: 1.4, volume: 2 },
          { symbol: 'EURUSD', time: T0 + 60_000, bid: 1.3, ask: 1.5 },
          { symbol: 'GBPUSD', time: T0, bid: 1, ask: 1 },
          { symbol: 'GBPUSD', time: T0, bid: 2, ask: 2, source: 'other' },
        ],
        records: [
          { stream: 'news', source: 'news:a', time: T0, key: 'k', body: { title: 'one' } },
          { stream: 'news', source: 'news:a', time: T0 + 1, key: 'k', revision: 1, body: { title: 'two' } },
        ],
      },
    },
  );
  await harness.start();
  if (given === null) throw new Error('a started plugin has what it asked for');
  return { history: given, stop: () => harness.stop().then(() => undefined) };
}

describe('a history in the harness', () => {
  it('answers with bars, ticks in pages and records in their versions, and fails with the codes of a host', async () => {
    const { history: past, stop } = await history();
    const bars = await past.bars({ symbol: 'EURUSD', width: '1m', ...ALL });
    expect([[...bars.time], [...bars.open], [...bars.low], [...bars.close], [...bars.ticks], [...(bars.volume ?? [])]]).toEqual([
      [T0, T0 + 60_000],
      [1.5, 1.3],
      [1.2, 1.3],
      [1.2, 1.3],
      [2, 1],
      [2, 0],
    ]);
    const first = await past.ticks({ symbol: 'EURUSD', ...ALL, limit: 2 });
    const rest = await past.ticks({ symbol: 'EURUSD', ...ALL, after: first.next ?? { time: NaN, same: 0 } });
    expect([[...first.ordinal], [...rest.time], rest.next]).toEqual([[0, 1], [T0 + 60_000], null]);
    expect((await past.records({ stream: 'news', ...ALL })).records.map(({ body }) => body['title'])).toEqual(['two']);
    expect((await past.records({ stream: 'news', ...ALL, asOf: T0 })).records.map(({ body }) => body['title'])).toEqual(['one']);
    expect((await past.series()).map(({ source, symbol, ticks }) => [source, symbol, ticks])).toEqual([
      ['test', 'EURUSD', 3],
      ['test', 'GBPUSD', 1],
      ['other', 'GBPUSD', 1],
    ]);
    await expect(past.bars({ symbol: 'GBPUSD', width: '1m', ...ALL })).rejects.toMatchObject({ code: 'HISTORY_SOURCE_AMBIGUOUS' });
    await expect(past.bars({ symbol: 'XAUUSD', width: '1m', ...ALL })).rejects.toMatchObject({ code: 'HISTORY_NO_SERIES' });
    await expect(past.bars({ symbol: 'EURUSD', width: '1x', ...ALL })).rejects.toMatchObject({ code: 'HISTORY_BAD_QUERY' });
    await stop();
  });
});
