/** What is done with a ledger that is damaged: it is set aside whole, and what can still be read of its positions and totals goes on in a new one. */
import { renameSync, rmSync } from 'node:fs';
import { openForWriting } from './schema.ts';
import type { DatabaseSync } from 'node:sqlite';

/** Small tables without which the new ledger would take again what was taken. Frames stay in the old file. */
const TABLES = ['users', 'epochs', 'instruments', 'symbols', 'streams', 'holes', 'conflicts'];

/**
 * Sets the file at `path` aside and starts a new one from it.
 * @returns where the old one is, and which tables could not be read.
 */
export function setAside(path: string, now: number): { aside: string; lost: string[] } {
  const aside = `${path}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;
  renameSync(path, aside);
  for (const suffix of ['-wal', '-shm']) {
    try {
      renameSync(path + suffix, aside + suffix);
    } catch {
      // Where there is none, or it is held by a reader, a new log must not be taken for the new file's.
      rmSync(path + suffix, { force: true });
    }
  }
  const db = openForWriting(path);
  try {
    return { aside, lost: copyTables(db, aside) };
  } finally {
    db.close();
  }
}

function copyTables(db: DatabaseSync, from: string): string[] {
  try {
    db.prepare('ATTACH ? AS old').run(from);
  } catch {
    return TABLES;
  }
  const lost = TABLES.filter((table) => {
    try {
      db.exec(`BEGIN; INSERT INTO main.${table} SELECT * FROM old.${table}; COMMIT`);
      return false;
    } catch {
      db.exec('ROLLBACK');
      return true;
    }
  });
  db.exec('DETACH old');
  return lost;
}
