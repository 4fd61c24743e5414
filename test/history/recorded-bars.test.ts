import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TickBatch } from '@tickhub/plugin-sdk/host';
import { afterAll, describe, expect, it } from 'vitest';
import type { Bars } from '../../host/src/history/history.ts';
import { HistoryThread } from '../../host/src/history/history-thread.ts';
import { DEMO, PlainBars, plainTicks, SHARED, sharedTitle } from './recorded-ticks.ts';
import type { PlainTick, Recording } from './recorded-ticks.ts';

const ALL = { from: 0, to: 8e15 };
const MINUTE = 60_000;
const mid = ({ bid, ask }: PlainTick): number => (bid === 0 || ask === 0 ? 0 : (bid + ask) / 2);
/** Width, side and how to make the same by hand. */
const WANTED = [
  ['1m', 'bid', () => new PlainBars(MINUTE, ({ bid }) => bid)],
  ['1m', 'ask', () => new PlainBars(MINUTE, ({ ask }) => ask)],
  ['1m', 'mid', () => new PlainBars(MINUTE, mid)],
  ['5s', 'bid', () => new PlainBars(5_000, ({ bid }) => bid)],
  ['4h', 'mid', () => new PlainBars(240 * MINUTE, mid)],
  ['1d', 'ask', () => new PlainBars(1_440 * MINUTE, ({ ask }) => ask)],
] as const;

const dirs: string[] = [];
afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

function batchOf(ticks: readonly PlainTick[]): TickBatch {
  const batch = TickBatch.create(ticks.length);
  ticks.forEach(({ time, ordinal, bid, ask }, i) => {
    batch.time[i] = time;
    batch.ordinal[i] = ordinal;
    batch.bid[i] = bid;
    batch.ask[i] = ask;
    batch.flags[i] = 6;
  });
  return batch;
}

/** The payrolls of May 2014: the busiest day of the recordings. */
const BUSY_DAY = { from: Date.UTC(2014, 4, 2), to: Date.UTC(2014, 4, 3) };

/** A history of all recordings, and the bars of each made by hand on the way in. */
async function filled(recordings: readonly Recording[]) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tickhub-recorded-'));
  dirs.push(dir);
  const trouble = (message: string): never => {
    throw new Error(message);
  };
  const history = await HistoryThread.open(path.join(dir, 'history.db'), {
    onTaken: () => undefined,
    onTrouble: (_level, message) => trouble(message),
    onFailure: ({ message }) => trouble(message),
  });
  const byHand: { recording: Recording; bars: PlainBars[]; ticks: number; hash: string }[] = [];
  for (const recording of recordings) {
    const { source, symbol, digits } = recording;
    const bars = WANTED.map(([, , make]) => make());
    const hash = createHash('sha256');
    const run = await history.importTicks({ source, symbol, digits });
    let ticks = 0;
    for await (const some of plainTicks(recording)) {
      for (const tick of some) for (const side of bars) side.add(tick);
      for (const { time, ordinal, bid, ask } of some) hash.update(`${time},${ordinal},${bid},${ask}\n`);
      ticks += some.length;
      await run.add(batchOf(some));
    }
    byHand.push({ recording, bars, ticks, hash: hash.digest('hex') });
  }
  return { history, byHand };
}

function rowsOf(bars: Bars): unknown[] {
  return Array.from({ length: bars.count }, (_, i) => ({
    time: bars.time[i],
    open: bars.open[i],
    high: bars.high[i],
    low: bars.low[i],
    close: bars.close[i],
    ticks: bars.ticks[i],
  }));
}

async function ticksHash(history: HistoryThread, { source, symbol }: Recording): Promise<string> {
  const hash = createHash('sha256');
  let after: { time: number; same: number } | null = null;
  do {
    const page: Awaited<ReturnType<HistoryThread['ticks']>> = await history.ticks({
      source,
      symbol,
      ...ALL,
      ...(after !== null && { after }),
    });
    for (let i = 0; i < page.count; i++) hash.update(`${page.time[i]},${page.ordinal[i]},${page.bid[i]},${page.ask[i]}\n`);
    after = page.next;
  } while (after !== null);
  return hash.digest('hex');
}

async function replayHash(history: HistoryThread, by: 'received' | 'event'): Promise<{ hash: string; ticks: number }> {
  const snapshot = await history.snapshot();
  const hash = createHash('sha256');
  let ticks = 0;
  for await (const item of snapshot.replay({ ...BUSY_DAY, by })) {
    if (item.kind !== 'ticks') continue;
    ticks += item.batch.count;
    hash.update(`${item.at} ${item.source}`).update(item.batch.bytes);
  }
  await snapshot.close();
  return { hash: hash.digest('hex'), ticks };
}

describe.each([
  ['the demo recording', DEMO, 400_000],
  [`four million recorded ticks (${sharedTitle})`, SHARED, 4_000_000],
] as const)('%s', (name, recordings, least) => {
  it.skipIf(recordings.length === 0)(
    'comes back as it was, its bars are those made by hand, and a replay is the same each time',
    async () => {
      const { history, byHand } = await filled(recordings);
      let total = 0;
      for (const { recording, bars, ticks, hash } of byHand) {
        const { source, symbol } = recording;
        total += ticks;
        for (const [i, [width, side]] of WANTED.entries()) {
          const made = await history.bars({ source, symbol, width, side, ...ALL, limit: 1_000_000 });
          expect(made.count, `${source} ${symbol} ${width} ${side}`).toBeGreaterThan(0);
          // One by one, as a difference of a million rows is not to be read.
          const expected = bars[i]?.bars ?? [];
          const found = rowsOf(made);
          expect(found.length).toBe(expected.length);
          const differs = found.findIndex((row, at) => JSON.stringify(row) !== JSON.stringify(expected[at]));
          expect(differs === -1 ? null : [found[differs], expected[differs]], `${source} ${symbol} ${width} ${side}`).toBeNull();
        }
        expect(await ticksHash(history, recording)).toBe(hash);
      }
      expect(total).toBeGreaterThan(least);
      for (const by of ['received', 'event'] as const) {
        const first = await replayHash(history, by);
        expect(first.ticks).toBeGreaterThan(least / 20);
        expect(await replayHash(history, by)).toEqual(first);
      }
      const { series } = await history.info();
      const bytes = series.reduce((sum, one) => sum + one.bytes, 0);
      console.log(
        `${name}: ${total} ticks of ${series.length} series, ${(bytes / total).toFixed(2)} bytes a tick; every bar, tick and replay equal`,
      );
      await history.close();
    },
    600_000,
  );
});
