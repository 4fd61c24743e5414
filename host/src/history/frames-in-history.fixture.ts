/** For tests: what a history must hold of frames whose content follows from their seq. */
import { expect } from 'vitest';
import type { RecordBatch } from '@tickhub/plugin-sdk/host';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { tickBody } from '../delivery/frames.fixture.ts';
import type { HistoryReader, TickPage } from './history.ts';

/** Every so many frames one has news instead of ticks. */
export const NEWS_EVERY = 11;
const ALL = { from: 0, to: 8e15 };

export function newsOf(seq: number): RecordBatch {
  const record = { seq: seq / NEWS_EVERY, time: seq, receivedAt: seq, key: `k${seq}`, body: { title: `item ${seq}` } };
  return { stream: 'news', source: 'news:test', records: [record] };
}

/** Holds a history against frames 1 to `lastSeq`: every tick and record of them once, in order, and no other. @returns how many ticks there were. */
export async function expectFrames(history: HistoryReader, lastSeq: number): Promise<number> {
  let total = 0;
  for (const symbolId of [1, 2, 3]) {
    const expected: number[][] = [];
    for (let seq = 1; seq <= lastSeq; seq++) {
      if (1 + (seq % 3) !== symbolId || seq % NEWS_EVERY === 0) continue;
      const { count, time, ordinal, bid } = TickBatch.view(tickBody(seq));
      for (let i = 0; i < count; i++) expected.push([time[i] ?? NaN, ordinal[i] ?? NaN, bid[i] ?? NaN]);
    }
    const found: number[][] = [];
    let page: TickPage | null = null;
    do {
      page = await history.ticks({ symbol: `SYM${symbolId}`, ...ALL, ...(page?.next && { after: page.next }) });
      for (let i = 0; i < page.count; i++) found.push([page.time[i] ?? NaN, page.ordinal[i] ?? NaN, page.bid[i] ?? NaN]);
    } while (page.next !== null);
    expect(found.length).toBe(expected.length);
    expect(found.findIndex((tick, i) => tick.some((value, column) => value !== expected[i]?.[column]))).toBe(-1);
    total += found.length;
  }
  const titles: unknown[] = [];
  let after: string | null = null;
  do {
    const { records, next }: Awaited<ReturnType<HistoryReader['records']>> = await history.records({
      stream: 'news',
      ...ALL,
      revisions: 'all',
      ...(after !== null && { after }),
    });
    titles.push(...records.map(({ body }) => body['title']));
    after = next;
  } while (after !== null);
  expect(titles).toEqual(Array.from({ length: Math.floor(lastSeq / NEWS_EVERY) }, (_, i) => `item ${(i + 1) * NEWS_EVERY}`));
  return total;
}
