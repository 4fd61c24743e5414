/**
 * The spool's file: a SQLite database with `application_id` "THSP" and `user_version` {@link FORMAT}, in pages of {@link PAGE_BYTES}.
 * `frames(seq, head, body)` has a row for each sealed frame (see `frame-head.ts`), `state` and `state_copy` the small things (see `state-table.ts`).
 *
 * The file is locked as long as the spool is open (`locking_mode = EXCLUSIVE`): two hosts on one spool would both number its frames. It also spares
 * the shared-memory file. A commit is on disk when it returns (`synchronous = FULL`).
 */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { stateStatements } from './state-table.ts';
import type { StateStatements } from './state-table.ts';

export const FORMAT = 1;
export const APPLICATION_ID = 0x54485350;
export const PAGE_BYTES = 4_096;

export class Database {
  readonly #db: DatabaseSync;
  readonly state: StateStatements;
  readonly insert: StatementSync;
  readonly remove: StatementSync;
  readonly removeTo: StatementSync;
  readonly heads: StatementSync;
  readonly frames: StatementSync;
  readonly #freePages: StatementSync;
  readonly #checkpoint: StatementSync;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.state = stateStatements(db);
    this.insert = db.prepare('INSERT INTO frames(seq, head, body) VALUES (?, ?, ?)');
    this.remove = db.prepare('DELETE FROM frames WHERE seq = ?');
    this.removeTo = db.prepare('DELETE FROM frames WHERE seq <= ?');
    this.heads = db.prepare('SELECT seq, head FROM frames WHERE seq >= ? ORDER BY seq LIMIT ?');
    this.frames = db.prepare('SELECT seq, head, body FROM frames WHERE seq >= ? ORDER BY seq');
    this.#freePages = db.prepare('PRAGMA freelist_count');
    this.#checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  }

  /** Makes a new file. It is not a spool before {@link finish}: a half-made one is recognised and made again. */
  static create(path: string): Database {
    const db = new DatabaseSync(path);
    try {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
      configure(db);
      db.exec(`BEGIN;
        PRAGMA application_id = ${APPLICATION_ID};
        CREATE TABLE frames(seq INTEGER PRIMARY KEY, head BLOB, body BLOB);
        CREATE TABLE state(id INTEGER PRIMARY KEY, data BLOB);
        CREATE TABLE state_copy(id INTEGER PRIMARY KEY, data BLOB);
        COMMIT`);
      return new Database(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  static open(path: string): Database {
    const db = new DatabaseSync(path);
    try {
      configure(db);
      return new Database(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Declares a new file complete: once this is in the file itself, everything before it is, too. */
  finish(): void {
    this.checkpoint();
    this.#db.exec(`PRAGMA user_version = ${FORMAT}`);
  }

  get format(): number {
    return this.#number('PRAGMA user_version');
  }

  get applicationId(): number {
    return this.#number('PRAGMA application_id');
  }

  /** Bytes in pages that the file has and does not use. */
  get freeBytes(): number {
    return Number(Object.values(this.#freePages.get() ?? {})[0]) * PAGE_BYTES;
  }

  get bytes(): number {
    return this.#number('PRAGMA page_count') * PAGE_BYTES;
  }

  /** The first thing that is wrong with the file's structure, or null. Reads all of it. */
  structureFault(): string | null {
    const said = String(Object.values(this.#db.prepare('PRAGMA quick_check(1)').get() ?? {})[0]);
    return said === 'ok' ? null : said;
  }

  /** Every row of both state tables. */
  stateRows(): { id: number; data: unknown }[] {
    return this.#db.prepare('SELECT id, data FROM state UNION ALL SELECT id, data FROM state_copy').all() as {
      id: number;
      data: unknown;
    }[];
  }

  /** Runs `work` in a transaction; when it or the commit throws, nothing of it happened. */
  transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself, as it does after disk errors.
      }
      throw error;
    }
  }

  /** Writes the log back into the file. */
  checkpoint(): void {
    this.#checkpoint.get();
  }

  /** Gives free pages back to the disk. Rewrites what is in use: for a file that is nearly empty. */
  shrink(): void {
    this.#db.exec('VACUUM');
  }

  close(): void {
    this.#db.close();
  }

  #number(sql: string): number {
    return Number(Object.values(this.#db.prepare(sql).get() ?? {})[0]);
  }
}

function configure(db: DatabaseSync): void {
  db.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA cell_size_check = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -4096;
  `);
}
