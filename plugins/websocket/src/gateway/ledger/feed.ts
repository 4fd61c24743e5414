/** Frames of one connection into the ledger: order, duplicates, holes, conflicts (PROTOCOL.md section 4). */
import { crc32 } from 'node:zlib';
import type { TickBatch } from '@tickhub/plugin-sdk';
import { CloseCode } from '../../wire/link-constants.ts';
import type { RecordsPayload, SymbolsPayload } from '../../wire/envelope.ts';
import { decodeTicks } from '../../wire/tick-decoder.ts';
import { TickEncoder, worstTickBytes } from '../../wire/tick-encoder.ts';
import type { Book, Epoch, Instrument } from './book.ts';
import { RefusedFrame } from './errors.ts';
import { isSameContent } from './same-content.ts';
import type { KeptFrame } from './same-content.ts';
import { BodyFormat } from './schema.ts';

const encoder = new TickEncoder();
let keep = new Uint8Array(4_096);

/** Where a feed writes: one transaction of the ledger, begun by the first write and committed by its owner. */
export interface FrameBook {
  readonly book: Book;
  begin(): void;
  addFrame(epoch: Epoch, seq: number, stream: string, format: number, count: number, sentCrc: number, body: Uint8Array): void;
  /** The frame under a seq; null when it was a hole or is not kept any more. */
  findFrame(epoch: Epoch, seq: number): KeptFrame | null;
  addSymbol(epoch: Epoch, id: number, instrument: Instrument, rawName: string, digits: number): void;
  addHole(epoch: Epoch, fromSeq: number, toSeq: number): void;
  addConflict(epoch: Epoch, seq: number, keptCrc: number, refusedCrc: number): void;
}

export class Feed {
  readonly #ledger: FrameBook;
  readonly #epoch: Epoch;
  /** By symbol id. */
  readonly #instruments: (Instrument | undefined)[] = [];
  readonly #digits: number[] = [];
  readonly #rawNames: string[] = [];
  readonly #sources = new Map<number, string>();

  constructor(ledger: FrameBook, epoch: Epoch, symbols: Iterable<readonly [number, Instrument]>) {
    this.#ledger = ledger;
    this.#epoch = epoch;
    for (const [id, instrument] of symbols) this.#instruments[id] = instrument;
  }

  /** The last seq taken; durable once the ledger has committed. */
  get lastSeq(): number {
    return this.#epoch.lastSeq;
  }

  get epoch(): string {
    return this.#epoch.name;
  }

  /** @throws {RefusedFrame} when an id of this epoch gets another meaning, or its source is not known. */
  addSymbols(table: SymbolsPayload): void {
    this.#ledger.begin();
    for (const { id, name } of table.sources) this.#sources.set(id, name);
    for (const { id, source_id, name, raw_name, digits } of table.symbols) {
      const source = this.#sources.get(source_id);
      if (source === undefined) throw new RefusedFrame(CloseCode.badMessage, `symbol ${name}: its source ${source_id} was not announced`);
      const known = this.#instruments[id];
      if (known && (known.source !== source || known.symbol !== name)) {
        throw new RefusedFrame(
          CloseCode.badMessage,
          `symbol id ${id} is ${known.symbol} of ${known.source} in this epoch, and cannot become ${name} of ${source}`,
        );
      }
      const instrument = known ?? this.#ledger.book.instrument(this.#epoch.user, source, name);
      if (this.#digits[id] !== digits || this.#rawNames[id] !== raw_name) {
        this.#ledger.addSymbol(this.#epoch, id, instrument, raw_name, digits);
      }
      this.#instruments[id] = instrument;
      this.#digits[id] = digits;
      this.#rawNames[id] = raw_name;
    }
  }

  /**
   * Takes a frame of ticks in binary form, `bytes` from `start` to `end`.
   * @throws {RefusedFrame} @throws {WireFormatError}
   */
  addBinaryTicks(seq: number, bytes: Uint8Array, start: number, end: number): void {
    const batch = decodeTicks(bytes, start, end);
    this.#addTicks(seq, batch, bytes.subarray(start, end));
  }

  /** Takes a frame of ticks that came as JSON. @throws {RefusedFrame} */
  addTicks(seq: number, batch: TickBatch): void {
    this.#addTicks(seq, batch, this.#encode(batch));
  }

  /** Takes a frame of any other stream. @throws {RefusedFrame} */
  addRecords(stream: string, payload: RecordsPayload): void {
    this.#ledger.begin();
    const { seq, source, records } = payload;
    const body = Buffer.from(JSON.stringify({ source, records }));
    const crc = crc32(body);
    if (!this.#isNext(seq, crc, () => ({ format: BodyFormat.records, sentCrc: crc, body }))) return;
    this.#ledger.addFrame(this.#epoch, seq, stream, BodyFormat.records, records.length, crc, body);
  }

  /** Takes the word that these frames will never come. @throws {RefusedFrame} */
  addHole(fromSeq: number, toSeq: number): void {
    this.#ledger.begin();
    if (toSeq < fromSeq) throw new RefusedFrame(CloseCode.badMessage, `a hole from ${fromSeq} to ${toSeq}`);
    if (toSeq <= this.lastSeq) return;
    if (fromSeq > this.lastSeq + 1) throw this.#jump(fromSeq);
    this.#ledger.addHole(this.#epoch, this.lastSeq + 1, toSeq);
  }

  #addTicks(seq: number, batch: TickBatch, body: Uint8Array): void {
    this.#ledger.begin();
    const crc = crc32(body);
    if (!this.#isNext(seq, crc, () => ({ format: BodyFormat.ticks, sentCrc: crc, body }))) return;
    this.#check(batch);
    const fresh = this.#passCursors(batch);
    if (fresh === batch.count) {
      this.#ledger.addFrame(this.#epoch, seq, 'ticks', BodyFormat.ticks, batch.count, crc, body);
      return;
    }
    const { user } = this.#epoch;
    user.cursorDuplicates += batch.count - fresh;
    const rest = batch.retain(keep, fresh);
    const bytes = rest ? this.#encode(rest) : new Uint8Array();
    this.#ledger.addFrame(this.#epoch, seq, 'ticks', BodyFormat.ticksWithoutDuplicates, fresh, crc, bytes);
  }

  /** Whether `seq` is to be taken; false for a duplicate. */
  #isNext(seq: number, crc: number, sent: () => KeptFrame): boolean {
    const last = this.lastSeq;
    if (seq === last + 1) return true;
    if (seq > last) throw this.#jump(seq);
    const kept = this.#ledger.findFrame(this.#epoch, seq);
    if (kept && kept.sentCrc !== crc && !isSameContent(kept, sent())) {
      this.#ledger.addConflict(this.#epoch, seq, kept.sentCrc, crc);
      throw new RefusedFrame(
        CloseCode.conflict,
        `frame ${seq} of epoch ${this.epoch} came again with other content; the first one is kept`,
      );
    }
    this.#epoch.user.duplicateFrames++;
    this.#ledger.book.touchUser(this.#epoch.user);
    return false;
  }

  #jump(seq: number): RefusedFrame {
    const last = this.lastSeq;
    return new RefusedFrame(
      CloseCode.hole,
      `seq ${seq} of epoch ${this.epoch} came after ${last}, and ${last + 1} to ${seq - 1} were not announced as a hole`,
    );
  }

  // Columns have `count` entries, so reads below it are numbers.

  /** Looks at all ticks before a cursor moves, so that a refused frame leaves nothing behind. */
  #check({ symbol, time, count }: TickBatch): void {
    for (let i = 0; i < count; i++) {
      if (this.#instruments[symbol[i] as number] === undefined) {
        throw new RefusedFrame(CloseCode.badMessage, `symbol id ${symbol[i]} was not announced`);
      }
      if (!Number.isFinite(time[i])) throw new RefusedFrame(CloseCode.badMessage, `the time of tick ${i} is ${time[i]}`);
    }
  }

  /** Moves the cursors over the batch, marks in `keep` the ticks that are new, and answers how many they are. */
  #passCursors({ symbol, time, ordinal, count }: TickBatch): number {
    if (keep.length < count) keep = new Uint8Array(count);
    const { book } = this.#ledger;
    let fresh = 0;
    for (let i = 0; i < count; i++) {
      // Checked above.
      const instrument = this.#instruments[symbol[i] as number] as Instrument;
      const at = time[i] as number;
      const same = ordinal[i] as number;
      if (at > instrument.time || (at === instrument.time && same > instrument.ordinal)) {
        instrument.time = at;
        instrument.ordinal = same;
        instrument.ticks++;
        if (!instrument.dirty) book.touchInstrument(instrument);
        keep[i] = 1;
        fresh++;
      } else keep[i] = 0;
    }
    return fresh;
  }

  #encode(batch: TickBatch): Uint8Array {
    const out = new Uint8Array(worstTickBytes(batch.count));
    return out.slice(
      0,
      encoder.encode(batch, (id) => this.#digits[id] ?? 5, out, 0),
    );
  }
}
