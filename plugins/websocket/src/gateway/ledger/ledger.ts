/**
 * What the gateway has durably taken. Frames come in by {@link Feed}, within a transaction that {@link Ledger.commit} ends; nothing may be acknowledged before.
 * Position, cursors, totals and frames are one transaction, so a crash at any moment leaves all of them or none.
 */
import { crc32 } from 'node:zlib';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { CloseCode } from '../../wire/link-constants.ts';
import { Book } from './book.ts';
import type { Epoch, Instrument } from './book.ts';
import { RefusedFrame, ledgerError } from './errors.ts';
import { Feed } from './feed.ts';
import type { FrameBook } from './feed.ts';
import type { KeptFrame } from './same-content.ts';
import { instrumentCounts, userTotals } from './reader.ts';
import type { InstrumentCount, UserTotals } from './reader.ts';
import { BodyFormat, MAX_SEQ, SEQ_BITS, openForWriting } from './schema.ts';

/** What a row costs besides its body, roughly. */
const ROW_BYTES = 64;
const TRIM_FRAMES = 512;

export interface LedgerOptions {
  /** Keep this many bytes of frames, dropping the oldest; totals, positions and cursors stay exact. Infinity keeps all. */
  readonly keepBytes: number;
  readonly now?: () => number;
}

export class Ledger implements FrameBook {
  readonly path: string;
  readonly book: Book;
  readonly now: () => number;
  readonly #db: DatabaseSync;
  readonly #keepBytes: number;
  readonly #insert: StatementSync;
  readonly #find: StatementSync;
  readonly #putSymbol: StatementSync;
  #inTransaction = false;
  #bytes: number;

  /** @throws {LedgerError} */
  constructor(path: string, options: LedgerOptions) {
    this.path = path;
    this.now = options.now ?? Date.now;
    this.#keepBytes = options.keepBytes;
    let db: DatabaseSync | undefined;
    try {
      db = openForWriting(path);
      this.#db = db;
      this.book = new Book(db);
      this.#insert = db.prepare(
        'INSERT INTO frames(id, stream, format, count, sent_crc, crc, taken_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      );
      this.#find = db.prepare('SELECT format, sent_crc, body FROM frames WHERE id = ?');
      this.#putSymbol = db.prepare('INSERT OR REPLACE INTO symbols(epoch_id, id, instrument_id, raw_name, digits) VALUES (?, ?, ?, ?, ?)');
      const sum = Number.isFinite(options.keepBytes)
        ? db.prepare(`SELECT COALESCE(SUM(LENGTH(body) + ${ROW_BYTES}), 0) AS bytes FROM frames`).get()
        : undefined;
      this.#bytes = Number(sum?.['bytes'] ?? 0);
    } catch (error) {
      db?.close();
      throw ledgerError(error, path) ?? error;
    }
  }

  /** Begins to take frames of a user's epoch, from the position that {@link Feed.lastSeq} tells. */
  feed(userName: string, epochName: string, clientLastSeq: number): Feed {
    this.begin();
    const user = this.book.user(userName);
    const epoch = this.book.epoch(user, epochName);
    if (clientLastSeq > epoch.lastSeq) {
      // Told again with each connection until the client goes on: the most counts, not the sum.
      user.lostFrames = Math.max(user.lostFrames, clientLastSeq - epoch.lastSeq);
      this.book.touchUser(user);
    }
    const symbols = this.#db
      .prepare('SELECT s.id, i.source, i.symbol FROM symbols s JOIN instruments i ON i.id = s.instrument_id WHERE s.epoch_id = ?')
      .all(epoch.id)
      .map((row) => [Number(row['id']), this.book.instrument(user, String(row['source']), String(row['symbol']))] as const);
    return new Feed(this, epoch, symbols);
  }

  /** Opens the transaction unless it is open. */
  begin(): void {
    if (this.#inTransaction) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
  }

  /**
   * Makes everything since the last commit durable.
   * @throws {LedgerError} and then nothing of it is; this ledger is of no use any more, and has to be closed and opened again.
   */
  commit(): void {
    if (!this.#inTransaction) return;
    try {
      this.#trim();
      this.book.flush();
      this.#db.exec('COMMIT');
      this.#inTransaction = false;
    } catch (error) {
      throw ledgerError(error, this.path) ?? error;
    }
  }

  /** Closes the file. What was not committed is gone. */
  close(): void {
    this.#db.close();
  }

  addFrame(epoch: Epoch, seq: number, stream: string, format: number, count: number, sentCrc: number, body: Uint8Array): void {
    if (seq > MAX_SEQ) throw new RefusedFrame(CloseCode.badMessage, `seq ${seq} is above ${MAX_SEQ}`);
    const crc = format === BodyFormat.ticksWithoutDuplicates ? crc32(body) : sentCrc;
    this.#insert.run(frameId(epoch, seq), stream, format, count, sentCrc, crc, this.now(), body);
    this.#bytes += body.byteLength + ROW_BYTES;
    const { user } = epoch;
    const total = user.streams.get(stream);
    if (total) {
      total.frames++;
      total.items += count;
    } else user.streams.set(stream, { frames: 1, items: count });
    user.frames++;
    if (stream === 'ticks') user.ticks += count;
    else user.records += count;
    this.moveTo(epoch, seq);
  }

  moveTo(epoch: Epoch, seq: number): void {
    epoch.lastSeq = seq;
    this.book.touchEpoch(epoch);
    this.book.touchUser(epoch.user);
  }

  /** The frame under a seq; null when it was a hole or is not kept any more. */
  findFrame(epoch: Epoch, seq: number): KeptFrame | null {
    const row = this.#find.get(frameId(epoch, seq));
    if (!row) return null;
    return { format: Number(row['format']), sentCrc: Number(row['sent_crc']), body: row['body'] as Uint8Array };
  }

  addSymbol(epoch: Epoch, id: number, instrument: Instrument, rawName: string, digits: number): void {
    this.#putSymbol.run(epoch.id, id, instrument.id, rawName, digits);
  }

  addHole(epoch: Epoch, fromSeq: number, toSeq: number): void {
    this.#db.prepare('INSERT INTO holes(epoch_id, from_seq, to_seq, at) VALUES (?, ?, ?, ?)').run(epoch.id, fromSeq, toSeq, this.now());
    epoch.user.holeFrames += toSeq - fromSeq + 1;
    this.moveTo(epoch, toSeq);
  }

  addConflict(epoch: Epoch, seq: number, keptCrc: number, refusedCrc: number): void {
    this.#db
      .prepare('INSERT INTO conflicts(epoch_id, seq, at, kept_crc, refused_crc) VALUES (?, ?, ?, ?, ?)')
      .run(epoch.id, seq, this.now(), keptCrc, refusedCrc);
    epoch.user.conflicts++;
    this.book.touchUser(epoch.user);
  }

  /** Writes something and takes it back. Throws what SQLite throws when the disk takes no writes. */
  probe(): void {
    this.#db.exec('BEGIN IMMEDIATE; CREATE TABLE probe(filler BLOB); INSERT INTO probe VALUES (zeroblob(65536)); DROP TABLE probe; COMMIT');
  }

  /** Ticks taken per instrument, as of the last commit. */
  counts(): InstrumentCount[] {
    return instrumentCounts(this.#db);
  }

  /** Totals per user, likewise. */
  usage(): UserTotals[] {
    return userTotals(this.#db);
  }

  #trim(): void {
    if (this.#bytes <= this.#keepBytes) return;
    const remove = this.#db.prepare(
      `DELETE FROM frames WHERE id IN (SELECT id FROM frames ORDER BY id LIMIT ${TRIM_FRAMES}) RETURNING LENGTH(body) AS bytes`,
    );
    // A little more than needed, so that not every commit has to.
    while (this.#bytes > this.#keepBytes * 0.95) {
      const gone = remove.all();
      if (gone.length === 0) break;
      for (const row of gone) this.#bytes -= Number(row['bytes']) + ROW_BYTES;
    }
  }
}

function frameId(epoch: Epoch, seq: number): bigint {
  return (BigInt(epoch.id) << SEQ_BITS) | BigInt(seq);
}
