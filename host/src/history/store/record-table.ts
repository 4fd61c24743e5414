import { createHash } from 'node:crypto';
import type { RecordBatch, RecordStream, StreamRecord } from '@tickhub/plugin-sdk/host';
import type { RecordQuery, StoredRecord, TimeRange } from '../history.ts';
import type { BlobSeal } from './blob-seal.ts';
import { BlobFormatError } from './byte-reader.ts';
import type { Database, Row, Statement } from './database.ts';
import type { Added } from './tick-store.ts';
import type { Versions } from './versions.ts';

/** Streams of which only the newest record per source and symbol is kept: each one replaces what was before. */
const NEWEST_ONLY: ReadonlySet<string> = new Set(['book', 'account', 'positions']);

const ALIVE_AT = 'born <= ? AND (dead IS NULL OR dead > ?)';
const COLUMNS = 'id, stream, source, seq, frame, time, received_at, symbol, key, revision, body';

/** A record and its place among those of a query. */
export interface RecordRow {
  readonly id: number;
  readonly frame: number;
  readonly record: StoredRecord;
}

export interface RecordPlace {
  readonly time: number;
  readonly id: number;
}

/** Where a reader is among records by their receipt. */
export interface Receipt {
  readonly at: number;
  readonly id: number;
}

/** A record that is not of the host's stream has no seq. */
type NewRecord = Omit<StreamRecord, 'seq'> & { readonly seq?: number };

interface NewestVersion {
  readonly revision: number;
  readonly record: StoredRecord | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Records as rows: JSON bodies behind the seal, with what they are found by beside them. */
export class RecordTable {
  readonly #db: Database;
  readonly #seal: BlobSeal;
  readonly #versions: Versions;
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #bury: Statement;
  readonly #older: Statement;
  readonly #newestOfKey: Statement;
  readonly #bySeq: Statement;
  readonly #keylessAt: Statement;
  readonly #newer: Statement;
  readonly #forgotten: Statement;
  readonly #forget: Statement;
  readonly #old: Statement;
  readonly #summary: Statement;

  constructor(db: Database, seal: BlobSeal, versions: Versions) {
    this.#db = db;
    this.#seal = seal;
    this.#versions = versions;
    this.#insert = db.prepare(
      `INSERT INTO records(born, stream, source, plugin, seq, frame, time, received_at, symbol, key, revision, bytes, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#delete = db.prepare('DELETE FROM records WHERE id = ?');
    this.#bury = db.prepare('UPDATE records SET dead = ? WHERE id = ?');
    this.#older = db.prepare('SELECT id FROM records WHERE stream = ? AND source = ? AND symbol IS ? AND id <> ? AND dead IS NULL');
    this.#newestOfKey = db.prepare(
      `SELECT ${COLUMNS} FROM records WHERE stream = ? AND plugin = ? AND key = ? AND dead IS NULL ORDER BY revision DESC LIMIT 1`,
    );
    this.#bySeq = db.prepare(`SELECT ${COLUMNS} FROM records WHERE plugin = ? AND stream = ? AND seq = ?`);
    this.#keylessAt = db.prepare(
      `SELECT ${COLUMNS} FROM records WHERE stream = ? AND time = ? AND source = ? AND key IS NULL AND dead IS NULL`,
    );
    this.#newer = db.prepare('SELECT 1 FROM records WHERE stream = ? AND source = ? AND symbol IS ? AND time > ? AND dead IS NULL LIMIT 1');
    this.#forgotten = db.prepare('SELECT 1 FROM records WHERE dead <= ? LIMIT 1');
    this.#forget = db.prepare('DELETE FROM records WHERE id IN (SELECT id FROM records WHERE dead <= ? LIMIT ?)');
    this.#old = db.prepare('SELECT id FROM records WHERE received_at < ? AND time < ? AND dead IS NULL LIMIT ?');
    this.#summary = db.prepare(
      `SELECT stream, source, min(time) AS from_time, max(time) AS to_time, count(*) AS records, sum(bytes) AS bytes FROM records WHERE ${ALIVE_AT} GROUP BY stream, source`,
    );
  }

  /** Takes a batch of the host's stream; a record that is there already is not taken twice. Within the transaction of `commit`. */
  take({ stream, source, records }: RecordBatch, frame: number, commit: number): Added {
    let added = 0;
    for (const record of records) {
      if (this.#has(stream, source, record)) continue;
      const before = this.#newestVersion(stream, source, record.key);
      if (before !== null && isSame(before, record)) continue;
      // A host whose spool was lost, or that never saw what was imported, counts versions from 0: here they go on.
      const revision = Math.max(record.revision ?? 0, before === null ? 0 : before.revision + 1);
      this.#put(stream, source, record, revision, frame, commit);
      added++;
    }
    return { added, duplicate: records.length - added };
  }

  /**
   * Takes records from elsewhere: with a key, the same content is a duplicate and other content a revision; without one, what is there with the same time and content is a duplicate.
   * Within the transaction of `commit`.
   */
  import(stream: RecordStream, source: string, records: readonly NewRecord[], commit: number): Added {
    let added = 0;
    for (const { seq: _seq, ...record } of records) {
      const before = this.#newestVersion(stream, source, record.key);
      if (before !== null && isSame(before, record)) continue;
      if (record.key === undefined && this.#hasKeyless(stream, source, record)) continue;
      if (NEWEST_ONLY.has(stream) && this.#newer.get(stream, source, record.symbol ?? null, record.time) !== undefined) continue;
      this.#put(stream, source, record, before === null ? 0 : before.revision + 1, 0, commit);
      added++;
    }
    return { added, duplicate: records.length - added };
  }

  /** Records of a query from after `place` on, by time and then by when they came in; at most `limit`. Damaged ones are left out. */
  find(query: RecordQuery, place: RecordPlace | null, limit: number, commit: number): { rows: RecordRow[]; next: RecordPlace | null } {
    const { stream, source, symbol, key, from, to, asOf = Infinity, revisions = 'newest' } = query;
    const where = ['r.stream = ?', 'r.time >= ?', 'r.time < ?', 'r.born <= ?', '(r.dead IS NULL OR r.dead > ?)', 'r.received_at <= ?'];
    const values: (string | number)[] = [stream, from, to, commit, commit, asOf];
    const add = (clause: string, ...more: (string | number)[]): void => {
      where.push(clause);
      values.push(...more);
    };
    if (source !== undefined) add('r.source = ?', source);
    if (symbol !== undefined) add('r.symbol = ?', symbol);
    if (key !== undefined) add('r.key = ?', key);
    if (place !== null) add('(r.time > ? OR (r.time = ? AND r.id > ?))', place.time, place.time, place.id);
    if (revisions === 'newest') {
      add(
        `NOT EXISTS (SELECT 1 FROM records AS n WHERE r.key IS NOT NULL AND n.stream = r.stream AND n.plugin = r.plugin AND n.key = r.key AND n.revision > r.revision
           AND n.born <= ? AND (n.dead IS NULL OR n.dead > ?) AND n.received_at <= ?)`,
        commit,
        commit,
        asOf,
      );
    }
    const columns = COLUMNS.replaceAll(/\w+/g, (column) => `r.${column}`);
    const found = this.#db
      .prepare(`SELECT ${columns} FROM records AS r WHERE ${where.join(' AND ')} ORDER BY r.time, r.id LIMIT ?`)
      .all(...values, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      rows: page.flatMap((row) => this.#readable(row)),
      next: found.length > limit && last !== undefined ? { time: Number(last['time']), id: Number(last['id']) } : null,
    };
  }

  /**
   * Records of streams, received in a range, by when they were received and then by when they came in; for a replay. What was imported has its place among the others.
   * `last` is null when there are no more.
   */
  received(
    streams: readonly string[],
    { from, to }: TimeRange,
    after: Receipt,
    limit: number,
    commit: number,
  ): { rows: RecordRow[]; last: Receipt | null } {
    const found = this.#db
      .prepare(
        `SELECT ${COLUMNS} FROM records WHERE received_at >= ? AND received_at < ? AND (received_at > ? OR id > ?) AND ${ALIVE_AT} AND stream IN (${streams.map(() => '?').join(', ')}) ORDER BY received_at, id LIMIT ?`,
      )
      .all(Math.max(from, after.at), to, after.at, after.id, commit, commit, ...streams, limit);
    const last = found.at(-1);
    return {
      rows: found.flatMap((row) => this.#readable(row)),
      last: last === undefined ? null : { at: Number(last['received_at']), id: Number(last['id']) },
    };
  }

  /** Takes away records that were received, and were about a time, before `cutoff`. @returns how many, at most `limit`. */
  removeBefore(cutoff: number, limit: number, commit: number): number {
    const old = this.#old.all(cutoff, cutoff, limit);
    for (const row of old) this.#remove(Number(row['id']), commit);
    return old.length;
  }

  hasForgotten(commit: number): boolean {
    return this.#forgotten.get(commit) !== undefined;
  }

  forget(commit: number, limit: number): number {
    return Number(this.#forget.run(commit, limit).changes);
  }

  summary(commit: number): Row[] {
    return this.#summary.all(commit, commit);
  }

  #put(stream: string, source: string, record: NewRecord, revision: number, frame: number, commit: number): void {
    const { seq, time, symbol, key, receivedAt = time, sourceTime, body } = record;
    const content = encoder.encode(JSON.stringify({ ...(sourceTime !== undefined && { sourceTime }), body }));
    const sealed = this.#seal.seal(content, placeOf(stream, source, time, key));
    const { lastInsertRowid } = this.#insert.run(
      commit,
      stream,
      source,
      pluginOf(source),
      seq ?? null,
      frame,
      time,
      receivedAt,
      symbol ?? null,
      key ?? null,
      revision,
      sealed.byteLength,
      sealed,
    );
    if (NEWEST_ONLY.has(stream)) {
      for (const row of this.#older.all(stream, source, symbol ?? null, Number(lastInsertRowid))) this.#remove(Number(row['id']), commit);
    }
  }

  /** A spool that was replaced counts from 1 again, so the same number alone does not make it the same record. */
  #has(stream: string, source: string, record: StreamRecord): boolean {
    const rows = this.#bySeq.all(pluginOf(source), stream, record.seq);
    return rows.some((row) => this.#readable(row).some((there) => contentOf(there.record) === contentOf(record)));
  }

  /** The newest version of a key; its record is null when it is damaged. */
  #newestVersion(stream: string, source: string, key: string | undefined): NewestVersion | null {
    const row = key === undefined ? undefined : this.#newestOfKey.get(stream, pluginOf(source), key);
    if (row === undefined) return null;
    return { revision: Number(row['revision']), record: this.#readable(row)[0]?.record ?? null };
  }

  #hasKeyless(stream: string, source: string, record: NewRecord): boolean {
    const rows = this.#keylessAt.all(stream, record.time, source);
    return rows.some((row) => this.#readable(row).some((there) => contentOf(there.record) === contentOf(record)));
  }

  #remove(id: number, commit: number): void {
    if (this.#versions.isObserved) this.#bury.run(commit, id);
    else this.#delete.run(id);
  }

  #readable(row: Row): RecordRow[] {
    try {
      return [{ id: Number(row['id']), frame: Number(row['frame']), record: this.#recordOf(row) }];
    } catch (error) {
      if (error instanceof BlobFormatError) return [];
      throw error;
    }
  }

  #recordOf(row: Row): StoredRecord {
    const [stream, source, time] = [String(row['stream']), String(row['source']), Number(row['time'])];
    const key = row['key'] === null ? undefined : String(row['key']);
    const plain = this.#seal.open(row['body'] as Uint8Array, placeOf(stream, source, time, key));
    // What the seal lets through is what was written above.
    const { sourceTime, body } = JSON.parse(decoder.decode(plain)) as { sourceTime?: string; body: Record<string, unknown> };
    const revision = Number(row['revision']);
    return {
      stream: stream as RecordStream,
      source,
      seq: Number(row['seq'] ?? 0),
      time,
      ...(row['symbol'] !== null && { symbol: String(row['symbol']) }),
      ...(key !== undefined && { key }),
      ...(revision > 0 && { revision }),
      ...(sourceTime !== undefined && { sourceTime }),
      receivedAt: Number(row['received_at']),
      body,
    };
  }
}

/** Keys and seqs are a plugin's, whichever of its sources a record is from. */
function pluginOf(source: string): string {
  return source.split(':', 1)[0] ?? source;
}

function placeOf(stream: string, source: string, time: number, key: string | undefined): string {
  return `records/${stream}/${source}/${time}/${key ?? ''}`;
}

function isSame({ record: before }: NewestVersion, record: NewRecord): boolean {
  return before !== null && contentOf(before) === contentOf(record);
}

function contentOf({ time, symbol, sourceTime, body }: Pick<StoredRecord, 'time' | 'symbol' | 'sourceTime' | 'body'>): string {
  return createHash('sha256')
    .update(JSON.stringify([time, symbol, sourceTime, body]))
    .digest('hex');
}
