/**
 * The history's file: a SQLite database with `application_id` "THHI" and `user_version` {@link FORMAT}. This is the only file that knows `node:sqlite`, whose API is still moving.
 *
 * A writer locks the file as long as it is open: two hosts on one history would both number its commits. A commit is on disk when it returns (`synchronous = FULL`): the spool lets go of
 * what is in here.
 */
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { HistoryError } from '../errors.ts';

export const FORMAT = 1;
const APPLICATION_ID = 0x54484849;
const PAGE_BYTES = 8_192;

export type Statement = StatementSync;
export type Row = Record<string, unknown>;

const SCHEMA = `
  CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE series(id INTEGER PRIMARY KEY, source TEXT NOT NULL, symbol TEXT NOT NULL, raw_name TEXT NOT NULL, digits INTEGER NOT NULL, UNIQUE(source, symbol));
  CREATE TABLE chunks(
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, day INTEGER NOT NULL, level INTEGER NOT NULL, born INTEGER NOT NULL, dead INTEGER,
    first_time REAL NOT NULL, first_ordinal INTEGER NOT NULL, last_time REAL NOT NULL, last_ordinal INTEGER NOT NULL,
    from_utc REAL NOT NULL, to_utc REAL NOT NULL, ticks INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX chunks_by_day ON chunks(series, day);
  CREATE INDEX chunks_by_time ON chunks(series, last_time, last_ordinal);
  CREATE INDEX chunks_of_day ON chunks(day);
  CREATE INDEX chunks_open ON chunks(series) WHERE level < 9 AND dead IS NULL;
  CREATE INDEX chunks_dead ON chunks(dead) WHERE dead IS NOT NULL;
  CREATE TABLE records(
    id INTEGER PRIMARY KEY, born INTEGER NOT NULL, dead INTEGER, stream TEXT NOT NULL, source TEXT NOT NULL, plugin TEXT NOT NULL, seq INTEGER, frame INTEGER NOT NULL,
    time REAL NOT NULL, received_at REAL NOT NULL, symbol TEXT, key TEXT, revision INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX records_by_seq ON records(plugin, stream, seq) WHERE seq IS NOT NULL;
  CREATE INDEX records_by_time ON records(stream, time, id);
  CREATE INDEX records_by_symbol ON records(stream, symbol, time, id) WHERE symbol IS NOT NULL;
  CREATE INDEX records_by_key ON records(stream, plugin, key, revision) WHERE key IS NOT NULL;
  CREATE INDEX records_by_receipt ON records(received_at);
  CREATE INDEX records_dead ON records(dead) WHERE dead IS NOT NULL;
  CREATE TABLE gaps(epoch TEXT NOT NULL, from_seq INTEGER NOT NULL, to_seq INTEGER NOT NULL, at REAL NOT NULL);
`;

export class Database {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #db: DatabaseSync;

  private constructor(path: string, db: DatabaseSync, readOnly: boolean) {
    this.path = path;
    this.#db = db;
    this.readOnly = readOnly;
  }

  /** Opens the file for writing, or makes it. @throws {HistoryError} HISTORY_UNUSABLE, and SQLite's errors when it is damaged. */
  static open(path: string): Database {
    const db = new DatabaseSync(path);
    try {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES};
        PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 256;
        PRAGMA journal_size_limit = 4194304;
        PRAGMA cell_size_check = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -8192`);
      const database = new Database(path, db, false);
      if (database.#number('PRAGMA application_id') === 0 && database.#number('PRAGMA user_version') === 0) {
        database.transaction(() => db.exec(`${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}`));
      }
      database.#assertFormat();
      return database;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Opens a file that no host has open, and changes nothing in it. @throws {HistoryError} HISTORY_UNUSABLE, and SQLite's errors. */
  static openReadOnly(path: string): Database {
    const db = new DatabaseSync(path, { readOnly: true });
    try {
      const database = new Database(path, db, true);
      database.#assertFormat();
      return database;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  prepare(sql: string): Statement {
    return this.#db.prepare(sql);
  }

  /**
   * Runs `work` in a transaction that a power cut may take back, though no earlier one nor a part of it: for what only puts the same data in other rows. It spares waiting for the disk.
   */
  relaxedTransaction<T>(work: () => T): T {
    this.#db.exec('PRAGMA synchronous = NORMAL');
    try {
      return this.transaction(work);
    } finally {
      this.#db.exec('PRAGMA synchronous = FULL');
    }
  }

  /** Runs `work` in a transaction; when it or the commit throws, nothing of it happened. On disk when it returns. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK');
      } catch {
        // SQLite has rolled back by itself, as it does after disk errors.
      }
      throw error;
    }
  }

  /** Bytes of the file, without its log. */
  get bytes(): number {
    return this.#number('PRAGMA page_count') * PAGE_BYTES;
  }

  /** Bytes in pages that the file has and does not use. */
  get freeBytes(): number {
    return this.#number('PRAGMA freelist_count') * PAGE_BYTES;
  }

  /** Gives up to that many free bytes back to the disk. */
  shrink(bytes: number): void {
    this.#db.exec(`PRAGMA incremental_vacuum(${Math.ceil(bytes / PAGE_BYTES)})`);
  }

  close(): void {
    this.#db.close();
  }

  #assertFormat(): void {
    if (this.#number('PRAGMA application_id') !== APPLICATION_ID) {
      throw new HistoryError('HISTORY_UNUSABLE', `${this.path} is no history of Tickhub; move it away`);
    }
    const format = this.#number('PRAGMA user_version');
    if (format !== FORMAT) {
      throw new HistoryError(
        'HISTORY_UNUSABLE',
        `${this.path} has format ${format}, this version reads ${FORMAT}; use the version that wrote it`,
      );
    }
  }

  #number(sql: string): number {
    return Number(Object.values(this.#db.prepare(sql).get() ?? {})[0]);
  }
}
