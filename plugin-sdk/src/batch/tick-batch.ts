/**
 * The tick batch: a struct-of-arrays piece of the `ticks` stream, laid out so that one buffer goes unchanged from the isolate's
 * pipe through the host into the spool and on to the transports.
 *
 * Format 1, little endian, every column at a multiple of its width when the buffer itself starts at a multiple of 8:
 *
 * | offset | type | field |
 * |---|---|---|
 * | 0 | u16 | magic 0x4254 ("TB") |
 * | 2 | u8 | format, 1 |
 * | 3 | u8 | columns present: bit 0 last, bit 1 volume |
 * | 4 | u32 | count n, 1 to 65,536 |
 * | 8 | u16 | source id |
 * | 10 | u16 | reserved, 0 |
 * | 12 | i32 | utcOffsetMs: source time minus UTC, in milliseconds |
 * | 16 | f64 | receivedAt: when the plugin took the batch's first tick, Unix epoch milliseconds (UTC, with fraction) |
 * | 24 | f64 | reserved, 0 |
 * | 32 | f64[n] | time: source time, epoch milliseconds as the source codes it (UTC = time - utcOffsetMs) |
 * | | f64[n] x 2 | bid, ask: price |
 * | | f64[n] | last (where present), price |
 * | | f64[n] | volume (where present), lots |
 * | | u32[n] | ordinal: counts from 0 the ticks of this symbol within this millisecond |
 * | | u16[n] | symbol id |
 * | | u16[n] | flags, see {@link TickFlag} |
 */
import { BatchFormatError } from './errors.ts';

/** Flags of one tick. Bits 1 to 6 are MetaTrader's (`TICK_FLAG_*`), those from 8 up are Tickhub's. */
export const TickFlag = {
  bid: 2,
  ask: 4,
  last: 8,
  volume: 16,
  buy: 32,
  sell: 64,
  /** Came through a backfill, not live. */
  late: 0x100,
  /** ask < bid, as the source sent it. */
  crossed: 0x200,
  /**
   * One look of many at a bridge that keeps only the newest quote: the time is when it was looked at, by this computer's clock, and ticks between two
   * looks were never seen.
   */
  sampled: 0x400,
} as const;

const MAGIC = 0x4254;
const FORMAT = 1;
const HEADER_BYTES = 32;
const LAST = 1;
const VOLUME = 2;

/** The largest number of ticks in one batch. */
export const MAX_BATCH_TICKS = 65_536;

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function byteLengthOf(count: number, columns: number): number {
  const optional = (columns & LAST ? 1 : 0) + (columns & VOLUME ? 1 : 0);
  return HEADER_BYTES + count * (8 * (3 + optional) + 4 + 2 + 2);
}

/** A typed view of one batch. The columns are views into {@link bytes}: writing one writes the other. */
export class TickBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly time: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  /** Null where no tick of the batch has a last price. */
  readonly last: Float64Array | null;
  /** Null where no tick of the batch has a volume. */
  readonly volume: Float64Array | null;
  readonly ordinal: Uint32Array;
  readonly symbol: Uint16Array;
  readonly flags: Uint16Array;
  readonly #header: DataView;

  private constructor(bytes: Uint8Array, count: number, columns: number) {
    this.bytes = bytes;
    this.count = count;
    const buffer = bytes.buffer;
    this.#header = new DataView(buffer, bytes.byteOffset, HEADER_BYTES);
    let at = bytes.byteOffset + HEADER_BYTES;
    const f64 = (): Float64Array => {
      const column = new Float64Array(buffer, at, count);
      at += 8 * count;
      return column;
    };
    this.time = f64();
    this.bid = f64();
    this.ask = f64();
    this.last = columns & LAST ? f64() : null;
    this.volume = columns & VOLUME ? f64() : null;
    this.ordinal = new Uint32Array(buffer, at, count);
    at += 4 * count;
    this.symbol = new Uint16Array(buffer, at, count);
    at += 2 * count;
    this.flags = new Uint16Array(buffer, at, count);
  }

  /**
   * Reads `bytes` as a batch without copying, unless they do not start at a multiple of 8 (then they are copied once).
   * @throws {BatchFormatError} when magic, format, count or length do not fit.
   */
  static view(bytes: Uint8Array): TickBatch {
    if (!littleEndian) throw new BatchFormatError('this machine is big endian; Tickhub needs a little-endian one');
    if (bytes.byteLength < HEADER_BYTES) {
      throw new BatchFormatError(`${bytes.byteLength} bytes are too few for a header of ${HEADER_BYTES}`);
    }
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    const header = new DataView(aligned.buffer, aligned.byteOffset, HEADER_BYTES);
    const magic = header.getUint16(0, true);
    const format = header.getUint8(2);
    const columns = header.getUint8(3);
    const count = header.getUint32(4, true);
    if (magic !== MAGIC) throw new BatchFormatError(`magic is 0x${magic.toString(16)}, expected 0x${MAGIC.toString(16)}`);
    if (format !== FORMAT) throw new BatchFormatError(`format is ${format}, this build reads ${FORMAT}`);
    if (columns & ~(LAST | VOLUME)) throw new BatchFormatError(`unknown columns 0x${columns.toString(16)}`);
    if (count < 1 || count > MAX_BATCH_TICKS) throw new BatchFormatError(`count is ${count}, allowed are 1 to ${MAX_BATCH_TICKS}`);
    const expected = byteLengthOf(count, columns);
    if (aligned.byteLength !== expected) {
      throw new BatchFormatError(`${count} ticks take ${expected} bytes, ${aligned.byteLength} were given`);
    }
    return new TickBatch(aligned, count, columns);
  }

  /** A new, zeroed batch of `count` ticks. */
  static create(count: number, options: { last?: boolean; volume?: boolean } = {}): TickBatch {
    const columns = (options.last ? LAST : 0) | (options.volume ? VOLUME : 0);
    if (!Number.isInteger(count) || count < 1 || count > MAX_BATCH_TICKS) {
      throw new BatchFormatError(`count is ${count}, allowed are 1 to ${MAX_BATCH_TICKS}`);
    }
    const bytes = new Uint8Array(byteLengthOf(count, columns));
    const header = new DataView(bytes.buffer);
    header.setUint16(0, MAGIC, true);
    header.setUint8(2, FORMAT);
    header.setUint8(3, columns);
    header.setUint32(4, count, true);
    return new TickBatch(bytes, count, columns);
  }

  get sourceId(): number {
    return this.#header.getUint16(8, true);
  }

  set sourceId(id: number) {
    this.#header.setUint16(8, id, true);
  }

  /** Source time minus UTC, in milliseconds. */
  get utcOffsetMs(): number {
    return this.#header.getInt32(12, true);
  }

  set utcOffsetMs(offset: number) {
    this.#header.setInt32(12, offset, true);
  }

  /** When the plugin took the first tick of the batch: Unix epoch milliseconds, UTC, with fraction. */
  get receivedAt(): number {
    return this.#header.getFloat64(16, true);
  }

  set receivedAt(at: number) {
    this.#header.setFloat64(16, at, true);
  }

  /**
   * A new batch of the ticks whose `keep` entry is not 0, in order; null when none is.
   * `keep` has at least `count` entries; `kept` is how many of them are not 0.
   */
  retain(keep: Uint8Array, kept: number): TickBatch | null {
    if (kept === 0) return null;
    const out = TickBatch.create(kept, { last: this.last !== null, volume: this.volume !== null });
    out.sourceId = this.sourceId;
    out.utcOffsetMs = this.utcOffsetMs;
    out.receivedAt = this.receivedAt;
    let to = 0;
    for (let from = 0; from < this.count; from++) {
      if (keep[from] === 0) continue;
      this.copyTick(from, out, to++);
    }
    return out;
  }

  /** Copies tick `from` of this batch over tick `to` of `target`, which has the same columns. */
  copyTick(from: number, target: TickBatch, to: number): void {
    // Typed arrays answer undefined past their end only; `from` is below count by contract, so the reads below are numbers.
    target.time[to] = this.time[from] as number;
    target.bid[to] = this.bid[from] as number;
    target.ask[to] = this.ask[from] as number;
    if (target.last && this.last) target.last[to] = this.last[from] as number;
    if (target.volume && this.volume) target.volume[to] = this.volume[from] as number;
    target.ordinal[to] = this.ordinal[from] as number;
    target.symbol[to] = this.symbol[from] as number;
    target.flags[to] = this.flags[from] as number;
  }
}
