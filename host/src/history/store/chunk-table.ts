import type { BlobSeal } from './blob-seal.ts';
import { BlobFormatError } from './byte-reader.ts';
import { decodeChunk, encodeChunk } from './chunk-codec.ts';
import type { Database, Row, Statement } from './database.ts';
import type { Series } from './series-table.ts';
import type { TickRun, WantedColumns } from './tick-run.ts';
import type { Versions } from './versions.ts';

export const DAY_MS = 86_400_000;

/** A chunk that is put together with no other any more. */
export const SEALED = 9;

/** One tick of a series. */
export interface TickPosition {
  readonly time: number;
  readonly ordinal: number;
}

/** What is known of a chunk without reading its ticks. */
export interface Chunk {
  readonly id: number;
  readonly series: number;
  /** UTC day of all of its ticks, since the epoch. */
  readonly day: number;
  /** How many times it was put together from smaller ones, or {@link SEALED}. */
  readonly level: number;
  readonly born: number;
  readonly firstTime: number;
  readonly firstOrdinal: number;
  readonly lastTime: number;
  readonly lastOrdinal: number;
  /** Smallest and largest UTC of its ticks. */
  readonly fromUtc: number;
  readonly toUtc: number;
  readonly ticks: number;
}

const HEAD = 'id, series, day, level, born, first_time, first_ordinal, last_time, last_ordinal, from_utc, to_utc, ticks';
const ALIVE_AT = 'born <= ? AND (dead IS NULL OR dead > ?)';

/** The chunks in the file: each passes through the codec and the seal here, both ways. */
export class ChunkTable {
  readonly #seal: BlobSeal;
  readonly #versions: Versions;
  readonly #insert: Statement;
  readonly #body: Statement;
  readonly #delete: Statement;
  readonly #bury: Statement;
  readonly #level: Statement;
  readonly #inDays: Statement;
  readonly #overlapping: Statement;
  readonly #open: Statement;
  readonly #forgotten: Statement;
  readonly #forget: Statement;
  readonly #old: Statement;
  readonly #summary: Statement;
  readonly #last: Statement;

  constructor(db: Database, seal: BlobSeal, versions: Versions) {
    this.#seal = seal;
    this.#versions = versions;
    this.#insert = db.prepare(
      `INSERT INTO chunks(series, day, level, born, first_time, first_ordinal, last_time, last_ordinal, from_utc, to_utc, ticks, bytes, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#body = db.prepare('SELECT body FROM chunks WHERE id = ?');
    this.#delete = db.prepare('DELETE FROM chunks WHERE id = ?');
    this.#bury = db.prepare('UPDATE chunks SET dead = ? WHERE id = ?');
    this.#level = db.prepare('UPDATE chunks SET level = ? WHERE id = ?');
    this.#inDays = db.prepare(
      `SELECT ${HEAD} FROM chunks WHERE series = ? AND day BETWEEN ? AND ? AND to_utc >= ? AND from_utc < ? AND ${ALIVE_AT}`,
    );
    this.#overlapping = db.prepare(`SELECT ${HEAD} FROM chunks WHERE series = ? AND last_time >= ? AND first_time <= ? AND dead IS NULL`);
    this.#open = db.prepare(`SELECT ${HEAD} FROM chunks WHERE level < ${SEALED} AND dead IS NULL`);
    this.#forgotten = db.prepare('SELECT 1 FROM chunks WHERE dead <= ? LIMIT 1');
    this.#forget = db.prepare('DELETE FROM chunks WHERE id IN (SELECT id FROM chunks WHERE dead <= ? LIMIT ?)');
    this.#old = db.prepare(`SELECT ${HEAD} FROM chunks WHERE day <= ? AND to_utc < ? AND dead IS NULL LIMIT ?`);
    this.#summary = db.prepare(
      `SELECT series, min(from_utc) AS from_utc, max(to_utc) AS to_utc, sum(ticks) AS ticks, sum(bytes) AS bytes FROM chunks WHERE ${ALIVE_AT} GROUP BY series`,
    );
    this.#last = db.prepare(
      'SELECT last_time, last_ordinal FROM chunks WHERE series = ? AND dead IS NULL ORDER BY last_time DESC, last_ordinal DESC LIMIT 1',
    );
  }

  /** Writes ticks `from` to `to`, all of one UTC day, as one chunk; within the transaction of `commit`. */
  insert(series: Series, run: TickRun, from: number, to: number, level: number, commit: number): Chunk {
    let [fromUtc, toUtc] = [Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      const utc = run.utc(i);
      if (utc < fromUtc) fromUtc = utc;
      if (utc > toUtc) toUtc = utc;
    }
    const head = {
      series: series.id,
      day: Math.floor(fromUtc / DAY_MS),
      level,
      born: commit,
      firstTime: run.time[from] as number,
      firstOrdinal: run.ordinal[from] as number,
      lastTime: run.time[to - 1] as number,
      lastOrdinal: run.ordinal[to - 1] as number,
      fromUtc,
      toUtc,
      ticks: to - from,
    };
    const body = this.#seal.seal(encodeChunk(run, from, to, series.digits), placeOf(head));
    const { lastInsertRowid } = this.#insert.run(
      head.series,
      head.day,
      level,
      commit,
      head.firstTime,
      head.firstOrdinal,
      head.lastTime,
      head.lastOrdinal,
      fromUtc,
      toUtc,
      head.ticks,
      body.byteLength,
      body,
    );
    return { id: Number(lastInsertRowid), ...head };
  }

  /** Appends a chunk's ticks to `run`. False when it is damaged, and nothing was appended. */
  read(chunk: Chunk, run: TickRun, wanted?: WantedColumns): boolean {
    const body = this.#body.get(chunk.id)?.['body'];
    if (!(body instanceof Uint8Array)) return false;
    try {
      decodeChunk(this.#seal.open(body, placeOf(chunk)), run, wanted);
      return true;
    } catch (error) {
      if (error instanceof BlobFormatError) return false;
      throw error;
    }
  }

  /** Takes a chunk away for who looks from `commit` on; within its transaction. */
  remove(chunk: Chunk, commit: number): void {
    if (this.#versions.isObserved) this.#bury.run(commit, chunk.id);
    else this.#delete.run(chunk.id);
  }

  setLevel(chunk: Chunk, level: number): void {
    this.#level.run(level, chunk.id);
  }

  /** Chunks with ticks in a range of UTC, as of a commit, in the order of their ticks. */
  inRange(series: number, from: number, to: number, commit: number): Chunk[] {
    const day = (utc: number): number => Math.max(-1e12, Math.min(1e12, Math.floor(utc / DAY_MS)));
    return ordered(this.#inDays.all(series, day(from), day(to), from, to, commit, commit));
  }

  /** Chunks whose span by (time, ordinal) touches that of the given one. */
  overlapping(series: number, firstTime: number, firstOrdinal: number, lastTime: number, lastOrdinal: number): Chunk[] {
    return ordered(this.#overlapping.all(series, firstTime, lastTime)).filter(
      (chunk) =>
        !(chunk.lastTime === firstTime && chunk.lastOrdinal < firstOrdinal) &&
        !(chunk.firstTime === lastTime && chunk.firstOrdinal > lastOrdinal),
    );
  }

  /** All that are not sealed. */
  open(): Chunk[] {
    return ordered(this.#open.all());
  }

  /** Chunks that end before `cutoff`, UTC; at most `limit`. */
  endingBefore(cutoff: number, limit: number): Chunk[] {
    return this.#old.all(Math.floor(cutoff / DAY_MS), cutoff, limit).map(chunkOf);
  }

  hasForgotten(commit: number): boolean {
    return this.#forgotten.get(commit) !== undefined;
  }

  /** Deletes some of what died by `commit`. @returns how many. */
  forget(commit: number, limit: number): number {
    return Number(this.#forget.run(commit, limit).changes);
  }

  summary(commit: number): Row[] {
    return this.#summary.all(commit, commit);
  }

  /** Where a series ends, by (time, ordinal); null where it has no ticks. */
  end(series: number): TickPosition | null {
    const row = this.#last.get(series);
    return row === undefined ? null : { time: Number(row['last_time']), ordinal: Number(row['last_ordinal']) };
  }
}

function placeOf({ series, firstTime, firstOrdinal }: Pick<Chunk, 'series' | 'firstTime' | 'firstOrdinal'>): string {
  return `ticks/${series}/${firstTime}/${firstOrdinal}`;
}

function ordered(rows: Row[]): Chunk[] {
  return rows.map(chunkOf).sort((a, b) => a.series - b.series || a.firstTime - b.firstTime || a.firstOrdinal - b.firstOrdinal);
}

function chunkOf(row: Row): Chunk {
  return {
    id: Number(row['id']),
    series: Number(row['series']),
    day: Number(row['day']),
    level: Number(row['level']),
    born: Number(row['born']),
    firstTime: Number(row['first_time']),
    firstOrdinal: Number(row['first_ordinal']),
    lastTime: Number(row['last_time']),
    lastOrdinal: Number(row['last_ordinal']),
    fromUtc: Number(row['from_utc']),
    toUtc: Number(row['to_utc']),
    ticks: Number(row['ticks']),
  };
}
