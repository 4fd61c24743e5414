import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RecordBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplayItem } from './history.ts';
import { batchOf, openHistory, scratchDir } from './history.fixture.ts';
import type { TestHistory } from './history.fixture.ts';

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 0, 5);
const ALL = { from: 0, to: 8e15 };

let dir: string;
let history: TestHistory;
beforeEach(async () => {
  dir = scratchDir();
  history = await openHistory(dir);
});
afterEach(async () => {
  await history.close();
  rmSync(dir, { recursive: true, force: true });
});

async function reopen(): Promise<void> {
  await history.close();
  history = await openHistory(dir);
}

const news = (seq: number, change: Partial<RecordBatch['records'][number]> = {}): RecordBatch => ({
  stream: 'news',
  source: 'news:fed',
  records: [{ seq, time: T0 + seq, receivedAt: T0 + seq, key: `k${seq}`, body: { title: `item ${seq}` }, ...change }],
});

describe('a history that follows a spool', () => {
  it('has every tick that was durable, bit for bit and in its order within a millisecond, over a restart', async () => {
    history.ticks(
      batchOf(
        [
          { time: T0 + 7_200_000, bid: 1.1, ask: 1.10002 },
          { time: T0 + 7_200_000, ordinal: 1, bid: 1.1 + 0.2, ask: 1.3, last: 1.25, volume: 0.3 },
          { symbol: 1, time: T0 + 7_200_001, bid: 2_400.123 },
        ],
        { utcOffsetMs: 7_200_000, receivedAt: T0 + 3.25 },
      ),
    );
    history.ticks(batchOf([{ symbol: 2, time: T0 + 5, bid: 1.2 }], { source: 1 }));
    await history.settled();
    await reopen();
    const page = await history.thread.ticks({ symbol: 'EURUSD', source: 'mt5:a', ...ALL });
    expect({ ...page, flags: [...page.flags] }).toEqual({
      source: 'mt5:a',
      symbol: 'EURUSD',
      digits: 5,
      count: 2,
      time: Float64Array.of(T0 + 7_200_000, T0 + 7_200_000),
      ordinal: Uint32Array.of(0, 1),
      bid: Float64Array.of(1.1, 1.1 + 0.2),
      ask: Float64Array.of(1.10002, 1.3),
      last: Float64Array.of(0, 1.25),
      volume: Float64Array.of(0, 0.3),
      flags: [6, 6],
      receivedAt: Float64Array.of(T0 + 3.25, T0 + 3.25),
      utcOffsetMs: Int32Array.of(7_200_000, 7_200_000),
      next: null,
      damaged: 0,
    });
    const { series } = await history.thread.info();
    expect(series.map(({ source, symbol, rawName, from, ticks }) => [source, symbol, rawName, from, ticks])).toEqual([
      ['mt5:a', 'EURUSD', 'EURUSD.x', T0, 2],
      ['mt5:a', 'XAUUSD', 'XAUUSD', T0 + 1, 1],
      ['mt5:b', 'EURUSD', 'EURUSD', T0 + 5, 1],
    ]);
  });

  it('keeps the spool from being trimmed past what it has on disk, and lets it be trimmed no further than the transports have', async () => {
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    history.ticks(batchOf([{ time: T0 + 1, bid: 1 }]));
    await history.settled();
    expect([history.spool.ackedSeq, history.feed.takenSeq]).toEqual([0, 2]);
    history.book.sent('ws', 2);
    history.book.acked('ws', 1);
    expect(history.spool.ackedSeq).toBe(1);
    history.ticks(batchOf([{ time: T0 + 2, bid: 1 }]));
    history.book.acked('ws', 3);
    expect(history.spool.ackedSeq).toBe(2);
    await history.settled();
    expect(history.spool.ackedSeq).toBe(3);
  });

  it('goes on where it was, with what the spool got while it was away', async () => {
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    await history.settled();
    history.feed.stop();
    history.ticks(batchOf([{ time: T0 + 1, bid: 2 }]));
    await reopen();
    await history.settled();
    const page = await history.thread.ticks({ symbol: 'EURUSD', source: 'mt5:a', ...ALL });
    expect([...page.bid]).toEqual([1, 2]);
  });

  it('takes nothing twice when the spool is of an older moment, and everything of a new one', async () => {
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    history.records('news', news(1));
    await history.settled();
    await history.close();
    rmSync(path.join(dir, 'spool.db'));
    history = await openHistory(dir);
    history.ticks(
      batchOf([
        { time: T0, bid: 1 },
        { time: T0 + 1, bid: 2 },
      ]),
    );
    history.records('news', news(1));
    history.records('news', news(1, { key: 'other', body: { title: 'another' } }));
    await history.settled();
    const page = await history.thread.ticks({ symbol: 'EURUSD', source: 'mt5:a', ...ALL });
    expect([...page.bid]).toEqual([1, 2]);
    const { records } = await history.thread.records({ stream: 'news', ...ALL });
    expect(records.map(({ body }) => body['title'])).toEqual(['item 1', 'another']);
  });

  it('puts thousands of small pieces together without changing a tick', async () => {
    const ticks = Array.from({ length: 3_000 }, (_, i) => ({ time: T0 - 1_500 + Math.floor(i / 2), ordinal: i % 2, bid: 1 + i / 1e5 }));
    for (const tick of ticks) {
      history.ticks(batchOf([tick]));
      if (tick.time % 20 === 0) await history.settled();
    }
    await history.settled();
    const page = await history.thread.ticks({ symbol: 'EURUSD', source: 'mt5:a', ...ALL });
    expect([...page.time]).toEqual(ticks.map(({ time }) => time));
    expect([...page.ordinal]).toEqual(ticks.map(({ ordinal }) => ordinal));
    expect([...page.bid]).toEqual(ticks.map(({ bid }) => bid));
  });

  it('sets a damaged file aside, says so, and begins a new one with what the spool has', async () => {
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    await history.settled();
    await history.close();
    writeFileSync(path.join(dir, 'history.db'), 'no database, and longer than a hundred bytes'.repeat(50));
    history = await openHistory(dir);
    expect(history.troubles).toEqual([expect.stringMatching(/was damaged: it was set aside as .*history\.damaged-\d+\.db/)]);
    await history.settled();
    expect((await history.thread.info()).series).toMatchObject([{ ticks: 1 }]);
    expect(readdirSync(dir).some((file) => file.includes('damaged'))).toBe(true);
  });
});

describe('bars', () => {
  const series = { symbol: 'EURUSD', source: 'mt5:a' };

  it('are of any width and side, with the ticks and the volume in them', async () => {
    history.ticks(
      batchOf([
        { time: T0 + 1_000, bid: 1.5, ask: 1.7, last: 1.6, volume: 2 },
        { time: T0 + 2_000, bid: 1.1, ask: 1.3 },
        { time: T0 + 59_999, bid: 1.2, ask: 1.6, last: 1.4, volume: 0.5 },
        { time: T0 + 60_000, bid: 1.3, ask: 1.5 },
        { time: T0 + 240_000, bid: 0, ask: 1.5 },
      ]),
    );
    await history.settled();
    const bid = await history.thread.bars({ ...series, ...ALL, width: '1m' });
    const rows = (bars: typeof bid): number[][] =>
      Array.from({ length: bars.count }, (_, i) =>
        [bars.time, bars.open, bars.high, bars.low, bars.close, bars.ticks].map((c) => c[i] ?? NaN),
      );
    expect(rows(bid)).toEqual([
      [T0, 1.5, 1.5, 1.1, 1.2, 3],
      [T0 + 60_000, 1.3, 1.3, 1.3, 1.3, 1],
    ]);
    expect([...(bid.volume ?? [])]).toEqual([2.5, 0]);
    const ask = await history.thread.bars({ ...series, ...ALL, width: '3m', side: 'ask' });
    expect(rows(ask)).toEqual([
      [T0, 1.7, 1.7, 1.3, 1.5, 4],
      [T0 + 180_000, 1.5, 1.5, 1.5, 1.5, 1],
    ]);
    const mid = await history.thread.bars({ ...series, ...ALL, width: '1d', side: 'mid' });
    expect(rows(mid)).toEqual([[T0, (1.5 + 1.7) / 2, (1.5 + 1.7) / 2, (1.1 + 1.3) / 2, (1.3 + 1.5) / 2, 4]]);
    const last = await history.thread.bars({ ...series, ...ALL, width: '1h', side: 'last' });
    expect(rows(last)).toEqual([[T0, 1.6, 1.6, 1.4, 1.4, 2]]);
    const part = await history.thread.bars({ ...series, from: T0 + 2_000, to: T0 + 60_000, width: '1m', limit: 1 });
    expect([rows(part), part.more]).toEqual([[[T0, 1.1, 1.2, 1.1, 1.2, 2]], false]);
    const cut = await history.thread.bars({ ...series, ...ALL, width: '1s', limit: 2 });
    expect([cut.count, cut.more]).toEqual([2, true]);
  });

  it('of a zone begin at its midnight, over the change of its clocks, and weeks on Monday', async () => {
    const at = (text: string): number => Date.parse(text);
    // Athens puts its clocks forward at 01:00 UTC on 2026-03-29, a day of 23 hours.
    const times = ['2026-03-28T21:59:59Z', '2026-03-28T22:00:00Z', '2026-03-29T20:59:59Z', '2026-03-29T21:00:00Z'].map(at);
    history.ticks(batchOf(times.map((time) => ({ time, bid: 1 }))));
    await history.settled();
    const days = await history.thread.bars({ ...series, ...ALL, width: '1d', zone: 'Europe/Athens' });
    expect([...days.time].map((time) => new Date(time).toISOString())).toEqual([
      '2026-03-27T22:00:00.000Z',
      '2026-03-28T22:00:00.000Z',
      '2026-03-29T21:00:00.000Z',
    ]);
    const weeks = await history.thread.bars({ ...series, ...ALL, width: '1w' });
    expect([...weeks.time].map((time) => new Date(time).toISOString())).toEqual(['2026-03-23T00:00:00.000Z']);
  });

  it('that cannot be made say what is wrong, and what there is', async () => {
    history.ticks(
      batchOf([
        { time: T0, bid: 1 },
        { symbol: 1, time: T0, bid: 1 },
      ]),
    );
    history.ticks(batchOf([{ symbol: 2, time: T0, bid: 1 }], { source: 1 }));
    await history.settled();
    const bars = (change: object): Promise<unknown> => history.thread.bars({ symbol: 'EURUSD', ...ALL, width: '1m', ...change });
    await expect(bars({})).rejects.toMatchObject({ code: 'HISTORY_SOURCE_AMBIGUOUS', message: expect.stringContaining('mt5:a, mt5:b') });
    await expect(bars({ source: 'x' })).rejects.toMatchObject({
      code: 'HISTORY_NO_SERIES',
      message: expect.stringContaining('mt5:a, mt5:b'),
    });
    await expect(bars({ symbol: 'GBPUSD' })).rejects.toMatchObject({
      code: 'HISTORY_NO_SERIES',
      message: expect.stringContaining('EURUSD, XAUUSD'),
    });
    await expect(bars({ symbol: 'XAUUSD', width: '1y' })).rejects.toMatchObject({
      code: 'HISTORY_BAD_QUERY',
      message: expect.stringContaining('1y'),
    });
    await expect(bars({ symbol: 'XAUUSD', zone: 'Mars' })).rejects.toMatchObject({ code: 'HISTORY_BAD_QUERY' });
    await expect(bars({ symbol: 'XAUUSD', from: 5, to: 4 })).rejects.toMatchObject({ code: 'HISTORY_BAD_QUERY' });
  });
});

describe('records', () => {
  it('are found by stream, symbol, key and time, each in its newest version or in all, as of any moment', async () => {
    history.records('news', news(1, { symbol: 'EURUSD' }));
    history.records('news', news(2));
    history.records('news', news(3, { key: 'k1', revision: 1, time: T0 + 1, receivedAt: T0 + 100, body: { title: 'item 1, mended' } }));
    await history.settled();
    const titles = async (change: object = {}): Promise<unknown[]> =>
      (await history.thread.records({ stream: 'news', ...ALL, ...change })).records.map(({ body }) => body['title']);
    expect(await titles()).toEqual(['item 1, mended', 'item 2']);
    expect(await titles({ revisions: 'all' })).toEqual(['item 1', 'item 1, mended', 'item 2']);
    expect(await titles({ asOf: T0 + 99 })).toEqual(['item 1', 'item 2']);
    expect(await titles({ symbol: 'EURUSD', revisions: 'all' })).toEqual(['item 1']);
    expect(await titles({ key: 'k2' })).toEqual(['item 2']);
    expect(await titles({ from: T0 + 2 })).toEqual(['item 2']);
    expect(await titles({ source: 'news:other' })).toEqual([]);
    const first = await history.thread.records({ stream: 'news', ...ALL, limit: 1 });
    const second = await history.thread.records({ stream: 'news', ...ALL, limit: 1, after: first.next ?? '' });
    expect([first, second].flatMap(({ records }) => records.map(({ seq }) => seq))).toEqual([3, 2]);
    expect(second.next).toBeNull();
  });

  it('of an account or a book are only the newest', async () => {
    const account = (seq: number): RecordBatch => ({
      stream: 'account',
      source: 'mt5:a',
      records: [{ seq, time: seq, receivedAt: seq, body: { n: seq } }],
    });
    for (const seq of [1, 2, 3]) history.records('mt5', account(seq));
    await history.settled();
    expect((await history.thread.records({ stream: 'account', ...ALL })).records.map(({ seq }) => seq)).toEqual([3]);
  });
});

describe('an import', () => {
  it('fills what is missing, before, between and behind, and doubles nothing', async () => {
    history.ticks(batchOf([10, 20, 30].map((time) => ({ time: T0 + time, bid: time }))));
    await history.settled();
    const run = await history.thread.importTicks({ source: 'mt5:a', symbol: 'EURUSD', digits: 5 });
    const times = [5, 10, 15, 20, 25, 30, 35, DAY + 1];
    expect(await run.add(batchOf(times.map((time) => ({ time: T0 + time, bid: time }))))).toEqual({ added: 5, duplicate: 3 });
    await expect(run.add(batchOf([{ time: T0 + 40, bid: 1 }]))).rejects.toMatchObject({ code: 'HISTORY_UNSORTED' });
    const again = await history.thread.importTicks({ source: 'mt5:a', symbol: 'EURUSD', digits: 5 });
    await again.add(batchOf(times.map((time) => ({ time: T0 + time, bid: -1 }))));
    expect(again.summary).toEqual({ added: 0, duplicate: 8 });
    // What comes live behind an import is taken as ever.
    history.ticks(batchOf([{ time: T0 + 33, bid: 33 }]));
    await history.settled();
    const page = await history.thread.ticks({ symbol: 'EURUSD', source: 'mt5:a', ...ALL });
    expect([...page.bid]).toEqual([5, 10, 15, 20, 25, 30, 33, 35, DAY + 1]);
  });

  it('of records knows versions', async () => {
    const batch = (title: string) => ({ stream: 'news' as const, source: 'news:file', records: [{ time: T0, key: 'a', body: { title } }] });
    expect(await history.thread.importRecords(batch('one'))).toEqual({ added: 1, duplicate: 0 });
    expect(await history.thread.importRecords(batch('one'))).toEqual({ added: 0, duplicate: 1 });
    await history.thread.importRecords(batch('two'));
    const { records } = await history.thread.records({ stream: 'news', ...ALL, revisions: 'all' });
    expect(records.map(({ revision, body }) => [revision, body['title']])).toEqual([
      [undefined, 'one'],
      [1, 'two'],
    ]);
  });
});

describe('a snapshot', () => {
  const replayed = async (query: object = {}): Promise<ReplayItem[]> => {
    const snapshot = await history.thread.snapshot();
    const items: ReplayItem[] = [];
    for await (const item of snapshot.replay({ ...ALL, streams: ['news'], ...query })) items.push(item);
    await snapshot.close();
    return items;
  };
  const shortly = (items: readonly ReplayItem[]): unknown[] =>
    items.map((item) =>
      item.kind === 'ticks'
        ? [item.source, ...item.batch.time].map((x) => (typeof x === 'number' ? x - T0 : x))
        : item.batch.records[0]?.seq,
    );

  it('does not change while ticks and records come, are put together, imported and taken away', async () => {
    history.ticks(batchOf([{ time: T0, bid: 1 }]));
    history.records('news', news(1));
    await history.settled();
    const snapshot = await history.thread.snapshot();
    const info = await snapshot.info();
    for (let i = 1; i <= 40; i++) {
      history.ticks(batchOf([{ time: T0 + i * 2, bid: i }]));
      await history.settled();
    }
    history.records('news', news(2, { key: 'k1', revision: 1 }));
    await (await history.thread.importTicks({ source: 'mt5:a', symbol: 'EURUSD', digits: 5 })).add(batchOf([{ time: T0 - 1, bid: 9 }]));
    await history.settled();
    expect((await snapshot.info()).series).toEqual(info.series);
    expect([...(await snapshot.ticks({ symbol: 'EURUSD', ...ALL })).bid]).toEqual([1]);
    expect((await snapshot.records({ stream: 'news', ...ALL })).records.map(({ seq }) => seq)).toEqual([1]);
    expect((await history.thread.ticks({ symbol: 'EURUSD', ...ALL })).count).toBe(42);
    await snapshot.close();
    await expect(snapshot.info()).rejects.toMatchObject({ code: 'HISTORY_CLOSED' });
  });

  it('is replayed in one order: by receipt as it came, or by the ticks own time; twice the same', async () => {
    history.ticks(
      batchOf(
        [
          { time: T0 + 10, bid: 1 },
          { symbol: 1, time: T0 + 11, bid: 1 },
        ],
        { receivedAt: T0 + 12 },
      ),
    );
    history.ticks(batchOf([{ symbol: 2, time: T0 + 5, bid: 1 }], { source: 1, receivedAt: T0 + 13 }));
    history.records('news', news(20));
    history.ticks(batchOf([{ time: T0 + 15, bid: 1 }], { receivedAt: T0 + 30 }));
    history.ticks(batchOf([{ time: T0 + 16, bid: 1 }], { receivedAt: T0 + 31 }));
    await history.settled();
    const byReceipt = await replayed();
    expect(shortly(byReceipt)).toEqual([['mt5:a', 10, 11], ['mt5:b', 5], 20, ['mt5:a', 15], ['mt5:a', 16]]);
    expect(shortly(await replayed({ by: 'event' }))).toEqual([['mt5:b', 5], ['mt5:a', 10, 11], ['mt5:a', 15], ['mt5:a', 16], 20]);
    expect(await replayed()).toEqual(byReceipt);
    expect(shortly(await replayed({ streams: [], symbols: ['XAUUSD'] }))).toEqual([['mt5:a', 11]]);
  });
});
