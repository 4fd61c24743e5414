import { rmSync } from 'node:fs';
import path from 'node:path';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AckBook } from '../delivery/ack-book.ts';
import { openSpool } from '../delivery/open-spool.ts';
import type { Spool } from '../delivery/spool.ts';
import { batchOf, NAMES, openHistory, scratchDir } from './history.fixture.ts';
import { firstSeq, HistoryFeed } from './history-feed.ts';
import type { Handover } from './store/history-store.ts';

const BUDGET = 1_048_576;
const T0 = Date.UTC(2026, 0, 5);

let dir: string;
beforeEach(() => (dir = scratchDir()));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function durable(spool: Spool): Promise<void> {
  while (spool.durableSeq < spool.lastSeq) {
    await new Promise<void>((resolve) => {
      const end = spool.onDurable(() => {
        end();
        resolve();
      });
    });
  }
}

/** Frame `nth`, of 160 KiB. */
function large(nth: number): TickBatch {
  const batch = TickBatch.create(4_096);
  batch.time.forEach((_, i) => (batch.time[i] = T0 + nth * 10_000 + i));
  batch.bid.fill(1);
  return batch;
}

describe('a history that lags', () => {
  it('holds the spool until that is half full, lets go then, and notes what it missed', async () => {
    const first = await openHistory(dir, NAMES, BUDGET);
    first.ticks(batchOf([{ time: T0, bid: 1 }]));
    await first.settled();
    await first.close();

    const spool = await openSpool({ path: path.join(dir, 'spool.db'), budgetBytes: BUDGET, clock: Date });
    const book = new AckBook(spool);
    book.require('ws');
    const handed: Handover[] = [];
    const letGo: string[] = [];
    const feed = new HistoryFeed(
      {
        spool,
        book,
        budgetBytes: () => BUDGET,
        handOver: (one) => handed.push(one),
        onLetGo: (message) => letGo.push(message),
        now: () => T0,
      },
      { epoch: spool.epoch, seq: 1 },
    );
    const delivered = async (): Promise<void> => {
      await durable(spool);
      book.sent('ws', spool.lastSeq);
      book.acked('ws', spool.lastSeq);
    };
    for (const nth of [2, 3]) spool.appendTicks(large(nth).bytes, 4_096);
    await delivered();
    // Nothing of it was taken, and there is room: it stays.
    expect([spool.ackedSeq, letGo]).toEqual([1, []]);
    for (const nth of [4, 5]) spool.appendTicks(large(nth).bytes, 4_096);
    await delivered();
    spool.appendTicks(large(6).bytes, 4_096);
    await durable(spool);
    // Up to what was delivered when it was seen to be half full: where the spool was quicker to remove 2 and 3, there was room for the rest.
    const letGoTo = spool.ackedSeq;
    expect([3, 5]).toContain(letGoTo);
    expect(letGo).toEqual([expect.stringMatching(/lets go of what is delivered/)]);
    feed.stop();
    await spool.close();

    const after = await openHistory(dir, NAMES, BUDGET);
    await after.settled();
    const { gaps, series } = await after.thread.info();
    expect(gaps).toMatchObject([{ fromSeq: 2, toSeq: letGoTo }]);
    expect(series).toMatchObject([{ ticks: 1 + (6 - letGoTo) * 4_096 }]);
    await after.close();
  });

  it('has no more under way than 8 MiB, and reads the rest from the spool when some of it was taken', async () => {
    const spool = await openSpool({ path: path.join(dir, 'spool.db'), budgetBytes: 64 * BUDGET, clock: Date, memoryBytes: 2 * BUDGET });
    const book = new AckBook(spool);
    book.require('ws');
    const handed: Handover[] = [];
    const feed = new HistoryFeed(
      { spool, book, budgetBytes: () => 64 * BUDGET, handOver: (one) => handed.push(one), onLetGo: () => undefined, now: () => T0 },
      null,
    );
    for (let nth = 1; nth <= 100; nth++) spool.appendTicks(large(nth).bytes, 4_096);
    await durable(spool);
    const all = feed.caughtUp();
    const bytes = (): number => handed.reduce((sum, { bodies }) => sum + bodies.byteLength, 0);
    let done = 0;
    while (feed.takenSeq < 100) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(bytes() - done).toBeLessThanOrEqual(9 * BUDGET);
      const next = handed.find(({ headers }) => (headers.at(-1)?.seq ?? 0) > feed.takenSeq);
      if (next === undefined) continue;
      done += next.bodies.byteLength;
      feed.taken({ epoch: spool.epoch, seq: next.headers.at(-1)?.seq ?? 0 }, next.bodies.byteLength);
    }
    await all;
    const seqs = handed.flatMap(({ headers }) => headers.map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(handed.flatMap(({ gaps }) => gaps)).toEqual([]);
    feed.stop();
    await spool.close();
  });

  it('goes on behind its position, over a new epoch too, and looks at all of a spool that is behind it', () => {
    const spool = { epoch: 'a', openedSeq: 100, ackedSeq: 40 };
    expect(firstSeq(spool, null)).toBe(41);
    expect(firstSeq(spool, { epoch: 'a', seq: 60 })).toBe(61);
    expect(firstSeq(spool, { epoch: 'before', seq: 60 })).toBe(61);
    expect(firstSeq({ ...spool, openedSeq: 0, ackedSeq: 0 }, { epoch: 'before', seq: 60 })).toBe(1);
  });
});
