/** For tests: tick batches whose content follows from their seq, so that a frame read back can be told right from wrong. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import nodePath from 'node:path';
import { TickBatch } from '../../../plugin-sdk/src/batch/tick-batch.ts';
import type { SymbolTable } from '@tickhub/plugin-sdk/host';

export const SYMBOLS: SymbolTable = {
  sources: [{ id: 1, name: 'test' }],
  symbols: [1, 2, 3].map((id) => ({ id, sourceId: 1, name: `SYM${id}`, rawName: `SYM${id}.x`, digits: 5 })),
};

/** Ticks in frame `seq`: 1 to 200. */
export function tickCount(seq: number): number {
  return 1 + ((seq * 37) % 200);
}

/** Frame `seq`: ticks of symbol 1 + seq % 3 from millisecond seq * 1,000 on. */
export function tickBody(seq: number, count = tickCount(seq)): Uint8Array {
  const batch = TickBatch.create(count);
  batch.sourceId = 1;
  for (let i = 0; i < count; i++) {
    batch.time[i] = seq * 1_000 + (i >> 1);
    batch.ordinal[i] = i & 1;
    batch.symbol[i] = 1 + (seq % 3);
    batch.bid[i] = seq + i / 1_000;
    batch.ask[i] = seq + i / 1_000 + 0.5;
  }
  return batch.bytes;
}

export function cursorAfter(seq: number): { time: number; same: number } {
  const last = tickCount(seq) - 1;
  return { time: seq * 1_000 + (last >> 1), same: (last & 1) + 1 };
}

export function ticksUpTo(seq: number): number {
  let ticks = 0;
  for (let at = 1; at <= seq; at++) ticks += tickCount(at);
  return ticks;
}

/** @param inMemory on a file system where syncing costs nothing, if there is one: for tests that are not about durability. */
export function temporaryFolder(inMemory = false): { path: string; remove: () => void } {
  const parent = inMemory && existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const path = mkdtempSync(nodePath.join(parent, 'tickhub-spool-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }) };
}

/** The one line that a reliability test prints: what was done, with which seed, and what came of it. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
