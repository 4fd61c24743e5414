import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HistoryThread } from '../history/history-thread.ts';
import { batchOf } from '../history/history.fixture.ts';
import { answerHistory } from './history-capability.ts';
import { VisibleHistory, VisibleSnapshot } from './visible-history.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 20);
const ALL = { from: 0, to: 8e15 };

let dir: string;
let thread: HistoryThread;
let since: number;
const allowance = {
  heldBack: (symbol: string) => (symbol === 'GBPUSD' ? 'the free tier passes 5 symbols' : null),
  since: () => Promise.resolve(since),
};
const visible = (): VisibleHistory => new VisibleHistory(() => Promise.resolve(thread), allowance);

beforeEach(async () => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-visible-'));
  since = NOW - 7 * DAY;
  const quiet = { onTaken: () => undefined, onTrouble: () => undefined, onFailure: () => undefined };
  thread = await HistoryThread.open(path.join(dir, 'history.db'), quiet);
  for (const symbol of ['EURUSD', 'GBPUSD']) {
    const run = await thread.importTicks({ source: 'mt5:a', symbol, digits: 5 });
    await run.add(batchOf([10, 8, 6, 1].map((days) => ({ time: NOW - days * DAY, bid: days }))));
  }
  const old = await thread.importTicks({ source: 'mt5:a', symbol: 'XAUUSD', digits: 3 });
  await old.add(batchOf([{ time: NOW - 9 * DAY, bid: 1 }]));
  const record = (symbol: string, days: number) => ({ time: NOW - days * DAY, symbol, body: { days } });
  await thread.importRecords({
    stream: 'news',
    source: 'news:a',
    records: [record('EURUSD', 10), record('EURUSD', 2), record('GBPUSD', 2), record('USDJPY', 1)],
  });
});
afterEach(async () => {
  await thread.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('a history seen through a tier of seven days', () => {
  it('begins seven days ago, whatever is asked for', async () => {
    const ticks = await visible().ticks({ symbol: 'EURUSD', ...ALL });
    expect([...ticks.bid]).toEqual([6, 1]);
    expect((await visible().bars({ symbol: 'EURUSD', width: '1d', ...ALL })).count).toBe(2);
    expect((await visible().bars({ symbol: 'EURUSD', width: '1d', from: 0, to: NOW - 8 * DAY })).count).toBe(0);
    expect((await visible().records({ stream: 'news', ...ALL })).records.map(({ body }) => body['days'])).toEqual([2, 1]);
    const info = await visible().info();
    expect(info.series.map(({ symbol, from }) => [symbol, from])).toEqual([['EURUSD', since]]);
    expect(info.since).toBe(since);
    since = -Infinity;
    expect((await visible().ticks({ symbol: 'EURUSD', ...ALL })).count).toBe(4);
    expect((await visible().info()).since).toBeNull();
  });

  it('says why a symbol is held back, and shows nothing of it', async () => {
    const refused = { code: 'HISTORY_HELD_BACK', message: 'GBPUSD: the free tier passes 5 symbols' };
    await expect(visible().ticks({ symbol: 'GBPUSD', ...ALL })).rejects.toMatchObject(refused);
    await expect(visible().bars({ symbol: 'GBPUSD', width: '1m', ...ALL })).rejects.toMatchObject(refused);
    await expect(visible().records({ stream: 'news', symbol: 'GBPUSD', ...ALL })).rejects.toMatchObject(refused);
  });

  it('is the same in a snapshot and its replay', async () => {
    const snapshot = new VisibleSnapshot(await thread.snapshot(), allowance);
    expect(snapshot.symbols().map(({ symbol }) => symbol)).toEqual(['EURUSD', 'XAUUSD']);
    const seen: unknown[] = [];
    for await (const item of snapshot.replay({ ...ALL, streams: ['news'] })) {
      seen.push(item.kind === 'ticks' ? [...item.batch.bid] : item.batch.records[0]?.body['days']);
    }
    expect(seen).toEqual([[6], 2, 1, [1]]);
    await snapshot.close();
  });

  it('refuses a question that is none, naming the field', async () => {
    const ask = (method: string, query: unknown): Promise<unknown> => answerHistory(visible(), method, query);
    await expect(ask('bars', { symbol: 'EURUSD', width: '1m' })).rejects.toMatchObject({
      code: 'HISTORY_BAD_QUERY',
      message: expect.stringMatching(/^from: /),
    });
    await expect(ask('ticks', { symbol: 'EURUSD', ...ALL, limit: 1e9 })).rejects.toMatchObject({
      message: expect.stringMatching(/^limit: /),
    });
    await expect(ask('records', { stream: 'tweets', ...ALL })).rejects.toMatchObject({ message: expect.stringMatching(/^stream: /) });
    await expect(ask('drop', {})).rejects.toMatchObject({ code: 'HISTORY_BAD_QUERY' });
    expect(await ask('series', undefined)).toHaveLength(1);
  });
});
