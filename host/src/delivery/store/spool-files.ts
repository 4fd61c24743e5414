/**
 * The files of a spool and how one takes the place of another. A new file is made under another name and declared complete before it is put in place, so
 * a crash at any point is either before or after.
 *
 * `spool.db` the spool, `spool.db-wal` its log, `spool.db-ballast` the reserve, `spool.db-salvage` a file in the making, `spool.damaged-TIME.db` set aside.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs';
import nodePath from 'node:path';
import { Database, FORMAT } from './database.ts';
import { pause } from './pause.ts';
import { QueueState } from './queue-state.ts';

const KEPT_DAMAGED_FILES = 5;

export function newEpoch(): string {
  return randomBytes(8).toString('hex');
}

export function logPath(path: string): string {
  return `${path}-wal`;
}

export function unfinishedPath(path: string): string {
  return `${path}-salvage`;
}

/** Puts a complete salvage in place that a crash left beside the spool, and removes an incomplete one. Before the spool is opened. */
export function finishSalvage(path: string): void {
  const made = unfinishedPath(path);
  if (formatOnDisk(made) === FORMAT) {
    rmSync(logPath(made), { force: true });
    replaceDamaged(path, made);
    return;
  }
  rmSync(made, { force: true });
  rmSync(logPath(made), { force: true });
}

/** Makes an empty spool. It appears under its name when it is complete. */
export function createEmpty(path: string): void {
  finishSalvage(path);
  const made = unfinishedPath(path);
  const state = QueueState.fresh(newEpoch());
  const database = Database.create(made);
  try {
    database.transaction(() => state.table.flush(database.state));
    database.finish();
  } finally {
    database.close();
  }
  renameSync(made, path);
}

/** The damaged file is kept under another name, newest five of them. */
export function replaceDamaged(path: string, made: string): void {
  const { dir, name } = nodePath.parse(path);
  const aside = nodePath.join(dir, `${name}.damaged-${new Date().toISOString().replaceAll(':', '-')}.db`);
  // The log goes first: a spool without its log would open as an older one, and finishSalvage comes before any opening.
  renameIfThere(logPath(path), logPath(aside));
  renameIfThere(path, aside);
  rmSync(`${path}-shm`, { force: true });
  renameIfThere(made, path);
  const old = readdirSync(dir || '.')
    .filter((file) => file.startsWith(`${name}.damaged-`) && file.endsWith('.db'))
    .toSorted()
    .slice(0, -KEPT_DAMAGED_FILES);
  for (const file of old) {
    rmSync(nodePath.join(dir, file), { force: true });
    rmSync(nodePath.join(dir, logPath(file)), { force: true });
  }
}

/** On Windows a virus scanner may hold a file for a moment: a refused rename is tried for half a second. */
function renameIfThere(from: string, to: string): void {
  for (let attempt = 1; ; attempt++) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      if (attempt === 10) throw error;
      pause(50);
    }
  }
}

/** `user_version` of a SQLite file, read without opening it; 0 when there is none. */
function formatOnDisk(path: string): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return 0;
  }
  try {
    const head = Buffer.alloc(100);
    return readSync(file, head, 0, 100, 0) === 100 ? head.readUInt32BE(60) : 0;
  } finally {
    closeSync(file);
  }
}
