/** Opens a spool, whatever state its file is in. */
import { existsSync, mkdirSync } from 'node:fs';
import nodePath from 'node:path';
import type { WorkerOptions } from '../worker-messages.ts';
import { Carver } from './carver.ts';
import { APPLICATION_ID, Database, FORMAT } from './database.ts';
import { FrameStore } from './frame-store.ts';
import { readLogFile } from './log-file.ts';
import { QueueState } from './queue-state.ts';
import type { Meta } from './queue-state.ts';
import { createEmpty, finishSalvage, logPath, salvage } from './salvage.ts';
import { DamageError, failureKind } from './sqlite-failure.ts';
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

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function openSound(options: WorkerOptions, now: () => number): FrameStore {
  if (!existsSync(options.path)) throw new DamageError('the file is gone, its log is still there');
  // Before SQLite has the file: closing a second descriptor of it would drop SQLite's locks.
  const stray = straySeqs(options.path);
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
    for (const { epoch, seq } of stray) {
      if (epoch === state.meta.epoch && seq > state.meta.lastSeq) throw new DamageError(`the log is damaged before frame ${seq}`);
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

/** Frames on pages of the log that SQLite will not look at, though they may have been committed. */
function straySeqs(path: string): { epoch: string; seq: number }[] {
  const log = readLogFile(logPath(path));
  if (!log.suspicious) return [];
  const carver = new Carver(path, log);
  try {
    return [...carver.strayFrames()].map(({ fields }) => ({ epoch: fields.epoch, seq: fields.seq }));
  } finally {
    carver.close();
  }
}
