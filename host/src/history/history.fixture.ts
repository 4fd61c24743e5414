/** For tests: a spool on disk with a history that follows it, as a tenant has them. */
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TickBatchBuilder } from '@tickhub/plugin-sdk/host';
import type { RecordBatch, SymbolTable, TickBatch } from '@tickhub/plugin-sdk/host';
import { AckBook } from '../delivery/ack-book.ts';
import { openSpool } from '../delivery/open-spool.ts';
import type { Spool } from '../delivery/spool.ts';
import { HistoryFeed } from './history-feed.ts';
import { HistoryThread } from './history-thread.ts';

export function scratchDir(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'tickhub-history-'));
}

export const NAMES: SymbolTable = {
  sources: [
    { id: 0, name: 'mt5:a' },
    { id: 1, name: 'mt5:b' },
  ],
  symbols: [
    { id: 0, sourceId: 0, name: 'EURUSD', rawName: 'EURUSD.x', digits: 5 },
    { id: 1, sourceId: 0, name: 'XAUUSD', rawName: 'XAUUSD', digits: 3 },
    { id: 2, sourceId: 1, name: 'EURUSD', rawName: 'EURUSD', digits: 5 },
  ],
};

export interface TestTick {
  readonly symbol?: number;
  readonly time: number;
  readonly ordinal?: number;
  readonly bid: number;
  readonly ask?: number;
  readonly last?: number;
  readonly volume?: number;
}

/** A batch as an intake hands it on. */
export function batchOf(ticks: readonly TestTick[], terms: { source?: number; utcOffsetMs?: number; receivedAt?: number } = {}): TickBatch {
  const builder = new TickBatchBuilder(ticks.length);
  for (const { symbol = 0, time, ordinal = 0, bid, ask = bid, last = 0, volume = 0 } of ticks) {
    builder.push(symbol, time, ordinal, bid, ask, last, volume, 6, terms.receivedAt ?? time);
  }
  const batch = builder.seal(terms.source ?? 0, terms.utcOffsetMs ?? 0);
  if (batch === null) throw new Error('a test batch needs ticks');
  return batch;
}

export interface TestHistory {
  readonly spool: Spool;
  readonly book: AckBook;
  readonly thread: HistoryThread;
  readonly feed: HistoryFeed;
  readonly troubles: string[];
  ticks(batch: TickBatch): void;
  records(plugin: string, batch: RecordBatch): void;
  /** Waits until all that was given is durable and in the history. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Opens both in `dir`. A transport named `ws` is there, which acknowledges nothing by itself. */
export async function openHistory(dir: string, names: SymbolTable = NAMES, budgetBytes = 64 * 1_048_576): Promise<TestHistory> {
  const spool = await openSpool({ path: path.join(dir, 'spool.db'), budgetBytes, clock: Date });
  spool.addSymbols(names);
  const book = new AckBook(spool);
  book.hold('history', spool.ackedSeq);
  book.require('ws');
  const troubles: string[] = [];
  let feed: HistoryFeed | null = null;
  const thread = await HistoryThread.open(path.join(dir, 'history.db'), {
    onTaken: (position, bytes) => feed?.taken(position, bytes),
    onTrouble: (_level, message) => troubles.push(message),
    onFailure: (error) => troubles.push(error.message),
  });
  const started = (feed = new HistoryFeed(
    {
      spool,
      book,
      budgetBytes: () => budgetBytes,
      handOver: (handover) => thread.handOver(handover),
      onLetGo: (message) => troubles.push(message),
      now: () => Date.now(),
    },
    thread.opened,
  ));
  return {
    spool,
    book,
    thread,
    feed: started,
    troubles,
    ticks: (batch) => void spool.appendTicks(batch.bytes, batch.count),
    records: (plugin, batch) =>
      void spool.appendRecords(
        batch.stream,
        plugin,
        new TextEncoder().encode(JSON.stringify(batch)),
        batch.records.length,
        batch.records.at(-1)?.seq ?? 0,
      ),
    async settled() {
      while (spool.durableSeq < spool.lastSeq) {
        await new Promise<void>((resolve) => {
          const end = spool.onDurable(() => {
            end();
            resolve();
          });
        });
      }
      await started.caughtUp();
    },
    async close() {
      started.stop();
      await thread.close();
      await spool.close();
    },
  };
}
