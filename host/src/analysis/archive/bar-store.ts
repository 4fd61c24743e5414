/**
 * The archive's file: a SQLite database with `application_id` "THBA" and `user_version` {@link FORMAT}. A commit survives the process (WAL, `synchronous = NORMAL`); a power cut may
 * take the last ones, and the history's ticks make up for them.
 */
import { renameSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { barsOf } from '../bars/closed-bars.ts';
import { AnalysisError } from '../errors.ts';
import { BarRank } from './bar-archive.ts';
import type { SeriesKey, SeriesSpan } from './bar-archive.ts';

export const FORMAT = 1;
const APPLICATION_ID = 0x54484241;
/** A series is cut when it has this much more than is kept. */
const SLACK = 1.1;

const SCHEMA = `
  CREATE TABLE series(id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, width INTEGER NOT NULL, UNIQUE(symbol, width));
  CREATE TABLE bars(
    series INTEGER NOT NULL, time INTEGER NOT NULL, open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, ticks INTEGER NOT NULL,
    rank INTEGER NOT NULL, source TEXT NOT NULL, PRIMARY KEY(series, time)) WITHOUT ROWID;
  CREATE TABLE notes(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
`;

const PUT = `INSERT INTO bars VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT(series, time) DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
    ticks = excluded.ticks, rank = excluded.rank, source = excluded.source
  WHERE excluded.rank > rank OR (excluded.rank = rank AND rank = ${BarRank.recorded} AND excluded.source = source
    AND (excluded.open, excluded.high, excluded.low, excluded.close, excluded.ticks) <> (open, high, low, close, ticks))`;

interface BarRow {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly ticks: number;
}

export class BarStore {
  readonly #db: DatabaseSync;
  readonly #put: StatementSync;
  readonly #read: StatementSync;
  readonly #series = new Map<string, number>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.#put = db.prepare(PUT);
    this.#read = db.prepare(
      'SELECT time, open, high, low, close, ticks FROM bars WHERE series = ? AND time < ? ORDER BY time DESC LIMIT ?',
    );
    for (const { id, symbol, width } of db.prepare('SELECT id, symbol, width FROM series').all())
      this.#series.set(nameOf({ symbol: String(symbol), widthMs: Number(width) }), Number(id));
  }

  /**
   * Opens the file, or makes it. A damaged one is set aside under another name, and a new one begun.
   * @throws {AnalysisError} ARCHIVE_UNUSABLE
   */
  static open(path: string): { readonly store: BarStore; readonly setAside: string | null } {
    try {
      return { store: new BarStore(openDatabase(path)), setAside: null };
    } catch (error) {
      if (!isDamage(error)) throw unusable(path, error);
    }
    const setAside = path.replace(/(\.db)?$/, `.damaged-${Date.now()}.db`);
    renameSync(path, setAside);
    for (const end of ['-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, setAside + end);
    return { store: new BarStore(openDatabase(path)), setAside };
  }

  put(key: SeriesKey, bars: Bars, rank: BarRank, source: string, keep: number): number {
    let changed = 0;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const id = this.#idOf(key);
      bars.time.forEach((time, i) => {
        const at = (column: Float64Array): number => column[i] as number;
        const { changes } = this.#put.run(
          id,
          time,
          at(bars.open),
          at(bars.high),
          at(bars.low),
          at(bars.close),
          at(bars.volume),
          rank,
          source,
        );
        changed += Number(changes);
      });
      if (changed > 0) this.#trim(id, keep);
      this.#db.exec('COMMIT');
    } catch (error) {
      // What was made in it is gone with it.
      this.#series.delete(nameOf(key));
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    return changed;
  }

  read(key: SeriesKey, count: number, before: number): Bars {
    const id = this.#series.get(nameOf(key));
    const most = Number.isFinite(before) ? before : Number.MAX_SAFE_INTEGER;
    const rows = id === undefined ? [] : (this.#read.all(id, most, count) as unknown as BarRow[]).reverse();
    return barsOf(rows);
  }

  span(key: SeriesKey): SeriesSpan {
    const row = this.#db
      .prepare(
        'SELECT count(*) AS count, min(time) AS first, max(time) AS last, max(CASE WHEN rank = ? THEN time END) AS ofTicks FROM bars WHERE series = ?',
      )
      .get(BarRank.ticks, this.#series.get(nameOf(key)) ?? 0);
    const orNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
    return {
      count: Number(row?.['count']),
      first: orNull(row?.['first']),
      last: orNull(row?.['last']),
      lastOfTicks: orNull(row?.['ofTicks']),
    };
  }

  note(name: string): string | null {
    const row = this.#db.prepare('SELECT text FROM notes WHERE name = ?').get(name);
    return row === undefined ? null : String(row['text']);
  }

  setNote(name: string, text: string): void {
    this.#db.prepare('INSERT INTO notes VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET text = excluded.text').run(name, text);
  }

  close(): void {
    this.#db.close();
  }

  #trim(series: number, keep: number): void {
    const [{ count = 0 } = {}] = this.#db.prepare('SELECT count(*) AS count FROM bars WHERE series = ?').all(series);
    if (Number(count) <= keep * SLACK) return;
    this.#db
      .prepare('DELETE FROM bars WHERE series = ? AND time < (SELECT time FROM bars WHERE series = ? ORDER BY time DESC LIMIT 1 OFFSET ?)')
      .run(series, series, keep - 1);
  }

  #idOf(key: SeriesKey): number {
    const known = this.#series.get(nameOf(key));
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#db.prepare('INSERT INTO series(symbol, width) VALUES(?, ?)').run(key.symbol, key.widthMs);
    this.#series.set(nameOf(key), Number(lastInsertRowid));
    return Number(lastInsertRowid);
  }
}

function nameOf({ symbol, widthMs }: SeriesKey): string {
  return `${widthMs} ${symbol}`;
}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = 4194304;
      PRAGMA cell_size_check = ON;
      PRAGMA cache_size = -2048`);
    const number = (pragma: string): number => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
    if (number('application_id') === 0 && number('user_version') === 0)
      db.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; COMMIT`);
    if (number('application_id') !== APPLICATION_ID || number('user_version') !== FORMAT)
      throw new AnalysisError('ARCHIVE_UNUSABLE', `${path} is no archive of bars that this version reads; move it away`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB; extended codes have more in their upper bits. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === 11 || code === 26;
}

function unusable(path: string, error: unknown): AnalysisError {
  if (error instanceof AnalysisError) return error;
  return new AnalysisError('ARCHIVE_UNUSABLE', `${path}: ${(error as Error).message}`, { cause: error });
}
