import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openHistory, scratchDir } from './history.fixture.ts';

const T0 = Date.UTC(2026, 0, 5);

it('replays imported records at their own moments, whichever file came first', async () => {
  const dir = scratchDir();
  const history = await openHistory(dir);
  try {
    const bars = async (symbol: string): Promise<void> => {
      const times = Array.from({ length: 600 }, (_, i) => T0 + i * 60_000);
      const records = times.map((time) => ({ time, symbol, key: `${symbol} ${time}`, receivedAt: time + 60_000, body: { close: 1 } }));
      await history.thread.importRecords({ stream: 'bars', source: 'files', records });
    };
    await bars('EURUSD');
    await bars('XAUUSD');
    const snapshot = await history.thread.snapshot();
    const seen: [number, string | undefined][] = [];
    for await (const item of snapshot.replay({ from: 0, to: 8e15, streams: ['bars'] })) {
      if (item.kind !== 'records') continue;
      for (const { symbol, receivedAt } of item.batch.records) {
        expect(item.at).toBe(receivedAt);
        seen.push([item.at, symbol]);
      }
    }
    await snapshot.close();
    expect(seen).toHaveLength(1_200);
    expect(seen.slice(0, 3)).toEqual([
      [T0 + 60_000, 'EURUSD'],
      [T0 + 60_000, 'XAUUSD'],
      [T0 + 120_000, 'EURUSD'],
    ]);
  } finally {
    await history.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
