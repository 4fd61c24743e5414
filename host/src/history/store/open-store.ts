import { renameSync, existsSync } from 'node:fs';
import { NoSpareRoomError } from '../../storage/spare-room.ts';
import { HistoryError } from '../errors.ts';
import { ChecksumSeal } from './blob-seal.ts';
import { Database } from './database.ts';
import { HistoryStore } from './history-store.ts';

/** SQLite's result codes; the extended ones have more in their upper bits. */
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** Whether an error says that the file itself is damaged. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** Whether an error is SQLite's, the disk's as a rule, or says that there is no room to spare on it. */
export function isDiskError(error: unknown): boolean {
  return codeOf(error) !== null || error instanceof NoSpareRoomError;
}

export interface OpenedStore {
  readonly store: HistoryStore;
  /** Where a damaged file went; null where there was none. */
  readonly setAside: string | null;
}

/**
 * Opens the history at `path`, or makes it. A damaged file is set aside and a new one begun: the host always starts.
 * @throws {HistoryError} HISTORY_UNUSABLE
 */
export function openStore(path: string): OpenedStore {
  try {
    return { store: new HistoryStore(Database.open(path), new ChecksumSeal()), setAside: null };
  } catch (error) {
    if (!isDamage(error)) throw unusable(path, error);
  }
  const setAside = putAside(path);
  return { store: new HistoryStore(Database.open(path), new ChecksumSeal()), setAside };
}

/**
 * Opens a history for reading only: one that no host has open.
 * @throws {HistoryError} HISTORY_NONE, HISTORY_UNUSABLE
 */
export function openStoreReadOnly(path: string): HistoryStore {
  if (!existsSync(path)) {
    throw new HistoryError('HISTORY_NONE', `${path}: there is no history yet; run the host, or name its folder with --data`);
  }
  try {
    return new HistoryStore(Database.openReadOnly(path), new ChecksumSeal());
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Moves a closed file and its log out of the way. @returns its new name. */
export function putAside(path: string): string {
  const setAside = path.replace(/(\.db)?$/, `.damaged-${Date.now()}.db`);
  renameSync(path, setAside);
  for (const end of ['-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, setAside + end);
  return setAside;
}

function unusable(path: string, error: unknown): HistoryError {
  if (error instanceof HistoryError) return error;
  const why = codeOf(error) === SQLITE_BUSY ? 'another process has it open' : (error as Error).message;
  return new HistoryError('HISTORY_UNUSABLE', `${path}: ${why}`, error);
}
