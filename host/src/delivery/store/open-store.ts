/** Opens a spool, whatever state its file is in. */
import { existsSync, mkdirSync } from 'node:fs';
import nodePath from 'node:path';
import type { WorkerOptions } from '../worker-messages.ts';
import { Carver } from './carver.ts';
import type { CarvedFrame } from './carver.ts';
import { APPLICATION_ID, Database, FORMAT } from './database.ts';
import { FrameStore } from './frame-store.ts';
import { readLogFile } from './log-file.ts';
import { QueueState } from './queue-state.ts';
import type { Meta } from './queue-state.ts';
import { salvage } from './salvage.ts';
import { createEmpty, finishSalvage, logPath } from './spool-files.ts';
import { DamageError, failureKind, reasonOf } from './sqlite-failure.ts';
import { decodeRow, StateTable } from './state-table.ts';

/** Spools up to this size are verified whole at opening, 0.1 s at most; larger ones frame by frame as they are read. */
const VERIFY_WHOLE_BYTES = 32 * 1_048_576;

/**
 * Opens the spool at `options.path`, makes it where there is none, salvages it where it is damaged.
 * @param now monotonic milliseconds.
 * @throws SQLite's or the file system's errors when the disk refuses, or another process has the file.
 */
export function openStore(options: WorkerOptions, now: () => number): FrameStore {
  const { path } = options;
  mkdirSync(nodePath.dirname(path), { recursive: true });
  finishSalvage(path);
  if (!existsSync(path) && !existsSync(logPath(path))) createEmpty(path);
  try {
    return openSound(options, now);
  } catch (error) {
    if (failureKind(error) !== 'damaged') throw error;
    salvage(path, { reason: reasonOf(error), state: null, renew: false });
    return openSound(options, now);
  }
}

function openSound(options: WorkerOptions, now: () => number): FrameStore {
  if (!existsSync(options.path)) throw new DamageError('the file is gone, its log is still there');
  // Before SQLite has the file: it would throw the rest of a damaged log away.
  assertLogWhole(options.path);
  const database = Database.open(options.path);
  try {
    if (database.applicationId !== APPLICATION_ID) throw new DamageError('the file is not a spool');
    if (database.format !== FORMAT) throw new DamageError(`the file has format ${database.format}, this build reads ${FORMAT}`);
    const state = readState(database);
    const store = new FrameStore(database, state, options, now);
    const verifiesAll = database.bytes <= VERIFY_WHOLE_BYTES;
    const fault = verifiesAll ? database.structureFault() : null;
    if (fault !== null) throw new DamageError(fault);
    const folded = state.meta.lastSeq;
    for (const { fields, body } of store.walk(verifiesAll ? 0 : folded + 1)) {
      if (fields.seq > folded) state.takeIn(fields, body);
    }
    return store;
  } catch (error) {
    database.close();
    throw error;
  }
}

function readState(database: Database): QueueState {
  const table = new StateTable();
  const rows = database.stateRows().map(({ id, data }) => ({ id, row: decodeRow(data) }));
  const sound = rows.flatMap(({ id, row }) => {
    if (row === null) throw new DamageError(`state row ${id} fails its checksum`);
    table.adopt(id, row.key);
    return [row];
  });
  table.load(sound);
  if (table.get<Meta>('meta') === undefined) throw new DamageError('the state is gone');
  const state = new QueueState(table);
  if (!state.namesComplete) throw new DamageError('a symbol is gone');
  return state;
}

/**
 * SQLite reads its log up to the first page that fails its checksum. After a crash that is the end; after a damage more may follow.
 * @throws {DamageError} when frames follow that are nowhere else. (A log cut off between two commits cannot be told from an earlier moment: then the
 * cursors are earlier, too, and sources send again; a backend that had more makes the spool take a new epoch.)
 */
function assertLogWhole(path: string): void {
  const log = readLogFile(logPath(path));
  if (!log.suspicious) return;
  const carver = new Carver(path, log);
  try {
    const stray = lastSeqOf(carver.strayFrames());
    // What a crash leaves at the end is mostly an old page, whose frames are older than those before it: that is cheap to see.
    if (stray > lastSeqOf(carver.committedFrames()) && stray > lastSeqOf(carver.fileFrames())) {
      throw new DamageError(`the log is damaged before frame ${stray}`);
    }
  } finally {
    carver.close();
  }
}

function lastSeqOf(frames: Iterable<CarvedFrame>): number {
  let last = 0;
  for (const { fields } of frames) last = Math.max(last, fields.seq);
  return last;
}
