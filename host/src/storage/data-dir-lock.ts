import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A host that was told to stop may take a moment to be gone. */
const WAIT_MS = 500;
/** SQLITE_NOTADB: https://www.sqlite.org/rescode.html#notadb */
const NOT_A_DATABASE = 26;

/** Another host works on the same data folder. Code `DATA_DIR_BUSY`. */
export class DataDirBusyError extends Error {
  readonly code = 'DATA_DIR_BUSY';

  constructor(dataDir: string, pid: number | null, cause: unknown) {
    const who = pid === null ? 'a Tickhub host' : `a Tickhub host (process ${pid})`;
    super(`${dataDir}: ${who} works on this data folder already; stop it, or give this one its own with --data`, { cause });
    this.name = 'DataDirBusyError';
  }
}

/**
 * Takes a data folder for this process: an exclusive transaction on a database of its own, which the system ends with the process however
 * that ends, so that no crash and no reused process id shuts the folder.
 * @returns lets go of it again.
 * @throws {DataDirBusyError}
 */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const lock = await take(dataDir);
  const pidFile = pidFileIn(dataDir);
  await writeFileAtomic(pidFile, `${process.pid}\n`);
  return async () => {
    await rm(pidFile, { force: true });
    lock.close();
  };
}

/** The process that works on a data folder; null when there is none. */
export async function holderOf(dataDir: string): Promise<number | null> {
  const pid = Number.parseInt(await readFile(pidFileIn(dataDir), 'utf8').catch(() => ''), 10);
  return Number.isInteger(pid) && isAlive(pid) ? pid : null;
}

async function take(dataDir: string): Promise<DatabaseSync> {
  const file = path.join(dataDir, 'host.lock');
  for (let attempt = 1; ; attempt++) {
    const db = new DatabaseSync(file, { timeout: WAIT_MS });
    try {
      db.exec('BEGIN EXCLUSIVE');
      return db;
    } catch (error) {
      db.close();
      const isRubbish = (error as { errcode?: number }).errcode === NOT_A_DATABASE;
      if (!isRubbish || attempt > 1) throw new DataDirBusyError(dataDir, await holderOf(dataDir), error);
      await rm(file, { force: true });
    }
  }
}

function pidFileIn(dataDir: string): string {
  return path.join(dataDir, 'host.pid');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
