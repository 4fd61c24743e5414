/**
 * What is in a spool's file, read without SQLite and without changing a byte: works on a damaged file, and on one that a running host has open (then as of
 * the moment, and not within that host's process: closing a file there drops SQLite's lock on it).
 */
import { statSync } from 'node:fs';
import { ticksAfter } from './frame-head.ts';
import type { SpoolStream, UsageRow } from './spool.ts';
import { Carver } from './store/carver.ts';
import type { CarvedFrame } from './store/carver.ts';
import { readLogFile } from './store/log-file.ts';
import type { LogFile } from './store/log-file.ts';
import { QueueState } from './store/queue-state.ts';
import type { Meta } from './store/queue-state.ts';
import { StateTable } from './store/state-table.ts';

export interface SpoolSummary {
  readonly path: string;
  readonly bytes: number;
  readonly logBytes: number;
  /** Null where the state is gone. */
  readonly epoch: string | null;
  readonly ackedSeq: number;
  readonly lastSeq: number;
  readonly frames: number;
  readonly bodyBytes: number;
  readonly ticks: number;
  readonly byStream: Readonly<Partial<Record<SpoolStream, number>>>;
  readonly sources: number;
  readonly symbols: number;
  readonly usage: readonly UsageRow[];
  /** Ranges of seqs between `ackedSeq` and `lastSeq` that are neither there nor known to have been dropped. None in a sound spool. */
  readonly missing: readonly { readonly from: number; readonly to: number }[];
  readonly isSound: boolean;
}

interface Reading {
  readonly state: QueueState | null;
  readonly frames: readonly CarvedFrame['fields'][];
}

/** @throws when there is no file at `path`. */
export function inspectSpool(path: string): SpoolSummary {
  const { size } = statSync(path);
  const { state, frames } = readFields(path);
  const acked = state?.meta.acked ?? 0;
  const byStream: Partial<Record<SpoolStream, number>> = {};
  const missing: { from: number; to: number }[] = [];
  let bodyBytes = 0;
  let ticks = 0;
  let expected = state === null ? (frames[0]?.seq ?? 1) : acked + 1;
  for (const head of frames) {
    byStream[head.stream] = (byStream[head.stream] ?? 0) + 1;
    bodyBytes += head.bytes;
    ticks += ticksAfter(head) - head.ticksBefore;
    if (head.seq > expected && state?.isHole(expected, head.seq - 1) !== true) missing.push({ from: expected, to: head.seq - 1 });
    expected = head.seq + 1;
  }
  const lastSeq = Math.max(expected - 1, state?.meta.lastSeq ?? 0);
  if (lastSeq >= expected && state?.isHole(expected, lastSeq) !== true) missing.push({ from: expected, to: lastSeq });
  const symbols = state?.symbols();
  return {
    path,
    bytes: size,
    logBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    epoch: state?.meta.epoch ?? null,
    ackedSeq: acked,
    lastSeq,
    frames: frames.length,
    bodyBytes,
    ticks,
    byStream,
    sources: symbols?.sources.length ?? 0,
    symbols: symbols?.symbols.length ?? 0,
    usage: state?.usage().map(({ stream, minute, counted, dropped }) => ({ stream, minute, counted, dropped })) ?? [],
    missing,
    isSound: state !== null && state.namesComplete && missing.length === 0,
  };
}

/** Calls `onFrame` with each intact frame that is not acknowledged, in order of seq. Holds their heads in memory, not their bodies. */
export function dumpSpool(path: string, onFrame: (frame: CarvedFrame) => void): void {
  const { frames } = readFields(path);
  const wanted = new Set(frames.map(({ seq }) => seq));
  const carver = new Carver(path, committedLog(path));
  try {
    // Rows lie nearly in order; what comes early waits for its turn.
    const early = new Map<number, CarvedFrame>();
    let at = 0;
    for (const frame of carver.frames()) {
      if (!wanted.delete(frame.fields.seq)) continue;
      early.set(frame.fields.seq, frame);
      for (let next = frames[at]; next !== undefined; next = frames[at]) {
        const ready = early.get(next.seq);
        if (ready === undefined) break;
        onFrame(ready);
        early.delete(next.seq);
        at++;
      }
    }
  } finally {
    carver.close();
  }
}

/** The log without what a crash cut off before its commit: that never was in the spool. Where the log is damaged all of it counts. */
function committedLog(path: string): LogFile {
  const log = readLogFile(`${path}-wal`);
  return log.suspicious ? log : { ...log, stray: [] };
}

/** State and heads as of the file and its log, in order of seq. Usage since the last fold is added from the frames. */
function readFields(path: string): Reading {
  const carver = new Carver(path, committedLog(path));
  try {
    const table = new StateTable();
    table.load(carver.stateRows());
    const state = table.get<Meta>('meta') === undefined ? null : new QueueState(table);
    const folded = state?.meta.lastSeq ?? 0;
    const acked = state?.meta.acked ?? 0;
    const found = new Map<number, CarvedFrame['fields']>();
    for (const { fields, body } of carver.frames()) {
      const { seq, epoch, stream } = fields;
      if (seq <= acked || found.has(seq) || (state !== null && epoch !== state.meta.epoch)) continue;
      // What went for the budget may still lie on free pages.
      if (stream === 'ticks' && state?.isHole(seq, seq) === true) continue;
      found.set(seq, fields);
      if (state !== null && seq > folded) state.takeIn(fields, body);
    }
    return { state, frames: [...found.values()].toSorted((a, b) => a.seq - b.seq) };
  } finally {
    carver.close();
  }
}
