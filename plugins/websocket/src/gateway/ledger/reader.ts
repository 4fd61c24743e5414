/** Reads a ledger, beside a running gateway or without one. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { TickBatch } from '@tickhub/plugin-sdk';
import { decodeTicks } from '../../wire/tick-decoder.ts';
import { LedgerError, ledgerError } from './errors.ts';
import { BodyFormat, LEDGER_FILE, SEQ_BITS, openForReading } from './schema.ts';

export interface LedgerTick {
  readonly source: string;
  readonly symbol: string;
  /** Source time, epoch milliseconds. */
  readonly time: number;
  readonly ordinal: number;
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly volume: number;
  readonly flags: number;
  readonly epoch: string;
  readonly seq: number;
}

export interface LedgerRecords {
  readonly stream: string;
  readonly epoch: string;
  readonly seq: number;
  readonly source: string;
  readonly records: readonly Record<string, unknown>[];
}

export interface InstrumentCount {
  readonly user: string;
  readonly source: string;
  readonly symbol: string;
  readonly ticks: number;
}

export interface UserTotals {
  readonly user: string;
  readonly frames: number;
  readonly ticks: number;
  readonly records: number;
  readonly duplicateFrames: number;
  readonly cursorDuplicates: number;
  /** Frames that the client said will never come. */
  readonly holeFrames: number;
  readonly conflicts: number;
  /** Frames that a client knew to be acknowledged and this ledger does not have. */
  readonly lostFrames: number;
}

export interface TickQuery {
  readonly user?: string;
  readonly symbol?: string;
  readonly source?: string;
}

const PAGE = 256;

/**
 * Opens the ledger at `at`: the gateway's data folder, or the file itself.
 * @throws {LedgerError} LEDGER_MISSING, LEDGER_UNAVAILABLE, LEDGER_DAMAGED
 */
export function openLedger(at: string): LedgerReader {
  const file = existsSync(at) && statSync(at).isDirectory() ? path.join(at, LEDGER_FILE) : at;
  if (!existsSync(file)) throw new LedgerError('LEDGER_MISSING', `${file}: there is no ledger; give the gateway's data folder`);
  try {
    return new LedgerReader(file, openForReading(file));
  } catch (error) {
    throw ledgerError(error, file) ?? error;
  }
}

export class LedgerReader {
  readonly path: string;
  readonly #db: DatabaseSync;

  constructor(file: string, db: DatabaseSync) {
    this.path = file;
    this.#db = db;
  }

  close(): void {
    this.#db.close();
  }

  /** The ticks that are kept, frame by frame: by epoch in the order of their first connections, then by seq. */
  *ticks(query: TickQuery = {}): Generator<LedgerTick> {
    for (const { epoch, seq, batch, names } of this.batches(query.user)) {
      for (let i = 0; i < batch.count; i++) {
        // Below count, and the ledger takes no ticks of unknown symbols.
        const name = names.get(batch.symbol[i] as number) as { source: string; symbol: string };
        if (query.symbol !== undefined && query.symbol !== name.symbol) continue;
        if (query.source !== undefined && query.source !== name.source) continue;
        yield {
          ...name,
          time: batch.time[i] as number,
          ordinal: batch.ordinal[i] as number,
          bid: batch.bid[i] as number,
          ask: batch.ask[i] as number,
          last: batch.last?.[i] ?? 0,
          volume: batch.volume?.[i] ?? 0,
          flags: batch.flags[i] as number,
          epoch,
          seq,
        };
      }
    }
  }

  /** The same as batches, for whole columns. `names` tells what the symbol ids of its epoch stand for. */
  *batches(
    user?: string,
  ): Generator<{ epoch: string; seq: number; batch: TickBatch; names: ReadonlyMap<number, { source: string; symbol: string }> }> {
    for (const { epoch, epochId, seq, format, body } of this.#frames(user)) {
      if (format === BodyFormat.records || body.byteLength === 0) continue;
      yield { epoch, seq, batch: decodeTicks(body), names: this.#names(epochId) };
    }
  }

  /** The frames of records that are kept. */
  *records(query: { readonly user?: string; readonly stream?: string } = {}): Generator<LedgerRecords> {
    for (const { epoch, seq, format, stream, body } of this.#frames(query.user)) {
      if (format !== BodyFormat.records || (query.stream !== undefined && query.stream !== stream)) continue;
      // The ledger wrote it, and its checksum is right.
      const { source, records } = JSON.parse(Buffer.from(body).toString()) as Pick<LedgerRecords, 'source' | 'records'>;
      yield { stream, epoch, seq, source, records };
    }
  }

  /** Ticks taken, per instrument: exact, also where frames are not kept any more. */
  counts(): InstrumentCount[] {
    return instrumentCounts(this.#db);
  }

  /** Totals per user: exact likewise. */
  usage(): UserTotals[] {
    return userTotals(this.#db);
  }

  /** The last seq taken, per user and epoch. */
  positions(): { user: string; epoch: string; lastSeq: number }[] {
    return this.#db
      .prepare('SELECT u.name AS user, e.name AS epoch, e.last_seq FROM epochs e JOIN users u ON u.id = e.user_id ORDER BY e.id')
      .all()
      .map((row) => ({ user: String(row['user']), epoch: String(row['epoch']), lastSeq: Number(row['last_seq']) }));
  }

  *#frames(user?: string): Generator<{ epoch: string; epochId: number; seq: number; format: number; stream: string; body: Uint8Array }> {
    const epochs = this.#db
      .prepare('SELECT e.id, e.name, u.name AS user FROM epochs e JOIN users u ON u.id = e.user_id ORDER BY e.id')
      .all()
      .filter((row) => user === undefined || row['user'] === user);
    const page = this.#db.prepare(
      `SELECT id & ${(1n << SEQ_BITS) - 1n} AS seq, stream, format, crc, body FROM frames WHERE id > ? AND id < ? ORDER BY id LIMIT ${PAGE}`,
    );
    for (const row of epochs) {
      const base = BigInt(Number(row['id'])) << SEQ_BITS;
      const epoch = String(row['name']);
      // Page by page, so that no read transaction stands while the caller works: it would keep the writer's log from being folded back.
      for (let after = 0; ;) {
        const rows = page.all(base + BigInt(after), base + (1n << SEQ_BITS));
        if (rows.length === 0) break;
        for (const frame of rows) {
          after = Number(frame['seq']);
          const body = frame['body'] as Uint8Array;
          if (crc32(body) !== Number(frame['crc'])) {
            throw new LedgerError('LEDGER_DAMAGED', `${this.path}: frame ${after} of epoch ${epoch} is damaged on disk`);
          }
          yield { epoch, epochId: Number(row['id']), seq: after, format: Number(frame['format']), stream: String(frame['stream']), body };
        }
      }
    }
  }

  readonly #namesByEpoch = new Map<number, { count: number; names: ReadonlyMap<number, { source: string; symbol: string }> }>();

  #names(epochId: number): ReadonlyMap<number, { source: string; symbol: string }> {
    const count = Number(this.#db.prepare('SELECT COUNT(*) AS n FROM symbols WHERE epoch_id = ?').get(epochId)?.['n']);
    const known = this.#namesByEpoch.get(epochId);
    if (known?.count === count) return known.names;
    const names = new Map(
      this.#db
        .prepare('SELECT s.id, i.source, i.symbol FROM symbols s JOIN instruments i ON i.id = s.instrument_id WHERE s.epoch_id = ?')
        .all(epochId)
        .map((row) => [Number(row['id']), { source: String(row['source']), symbol: String(row['symbol']) }]),
    );
    this.#namesByEpoch.set(epochId, { count, names });
    return names;
  }
}

export function instrumentCounts(db: DatabaseSync): InstrumentCount[] {
  return db
    .prepare('SELECT u.name, i.source, i.symbol, i.ticks FROM instruments i JOIN users u ON u.id = i.user_id ORDER BY 1, 2, 3')
    .all()
    .map((row) => ({
      user: String(row['name']),
      source: String(row['source']),
      symbol: String(row['symbol']),
      ticks: Number(row['ticks']),
    }));
}

export function userTotals(db: DatabaseSync): UserTotals[] {
  return db
    .prepare('SELECT * FROM users ORDER BY name')
    .all()
    .map((row) => ({
      user: String(row['name']),
      frames: Number(row['frames']),
      ticks: Number(row['ticks']),
      records: Number(row['records']),
      duplicateFrames: Number(row['duplicate_frames']),
      cursorDuplicates: Number(row['cursor_duplicates']),
      holeFrames: Number(row['hole_frames']),
      conflicts: Number(row['conflicts']),
      lostFrames: Number(row['lost_frames']),
    }));
}
