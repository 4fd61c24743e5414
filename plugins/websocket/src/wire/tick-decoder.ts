/** Reads what `tick-encoder.ts` writes; PROTOCOL.md section 5. */
import { MAX_BATCH_TICKS, TickBatch } from '@tickhub/plugin-sdk';
import { WireFormatError } from './errors.ts';
import { MAX_BYTE_SLOTS, MAX_DIGITS, MAX_VOLUME_DIGITS, Mode, POWERS_OF_TEN, RAW } from './tick-format.ts';
import { ByteReader, unzigzag } from './varint.ts';

/** A byte of time and two of prices: no tick takes less, so a count that the bytes cannot hold is refused before memory is taken for it. */
const LEAST_TICK_BYTES = 3;

/** What the ticks of one slot are measured against while they are read. */
class Slots {
  readonly count: number;
  readonly ids: Uint16Array;
  /** Divisor of the slot's prices, 0 for a raw slot. */
  readonly scale: Float64Array;

  constructor(reader: ByteReader, ticks: number) {
    this.count = reader.varintUpTo(ticks, 'the number of symbols');
    if (this.count === 0) throw new WireFormatError('a batch has no symbols');
    this.ids = new Uint16Array(this.count);
    this.scale = new Float64Array(this.count);
    for (let slot = 0; slot < this.count; slot++) this.ids[slot] = reader.varintUpTo(65_535, 'a symbol id');
    if (new Set(this.ids).size !== this.count) throw new WireFormatError('a symbol id has two slots');
    for (let slot = 0; slot < this.count; slot++) {
      const digits = reader.u8();
      if (digits > MAX_DIGITS && digits !== RAW) throw new WireFormatError(`digits are ${digits}, allowed are 0 to ${MAX_DIGITS}`);
      this.scale[slot] = digits === RAW ? 0 : (POWERS_OF_TEN[digits] as number);
    }
  }
}

/**
 * Decodes the body at `start` to `end` of `bytes`.
 * @throws {WireFormatError} when it is not one to the last byte.
 */
export function decodeTicks(bytes: Uint8Array, start = 0, end = bytes.byteLength): TickBatch {
  const reader = new ByteReader(bytes, start, end);
  const modes = reader.u8();
  if (modes & ~(Mode.last | Mode.volume | Mode.rawTimes | Mode.symbolRuns)) {
    throw new WireFormatError(`unknown modes 0x${modes.toString(16)}`);
  }
  const count = reader.varintUpTo(MAX_BATCH_TICKS, 'the number of ticks');
  if (count === 0) throw new WireFormatError('a batch has no ticks');
  if (reader.left < count * LEAST_TICK_BYTES) throw new WireFormatError(`${reader.left} bytes cannot hold ${count} ticks`);
  const sourceId = reader.varintUpTo(65_535, 'the source id');
  const utcOffsetMs = unzigzag(reader.varint());
  if ((utcOffsetMs | 0) !== utcOffsetMs) throw new WireFormatError(`utcOffsetMs is ${utcOffsetMs}, beyond 32 bits`);
  const receivedAt = reader.f64();
  const slots = new Slots(reader, count);

  const batch = TickBatch.create(count, { last: (modes & Mode.last) !== 0, volume: (modes & Mode.volume) !== 0 });
  batch.sourceId = sourceId;
  batch.utcOffsetMs = utcOffsetMs;
  batch.receivedAt = receivedAt;

  const slotAt = new Uint16Array(count);
  if (slots.count > 1) {
    if (modes & Mode.symbolRuns) readRuns(reader, slotAt, slots.count - 1, 'a slot');
    else readSlots(reader, slotAt, slots.count);
  }
  const { symbol } = batch;
  for (let i = 0; i < count; i++) symbol[i] = slots.ids[slotAt[i] as number] as number;

  if (modes & Mode.rawTimes) readRaw(reader, batch.time);
  else readTimes(reader, batch.time);
  readPrices(reader, batch, slots, slotAt);
  if (batch.last) readLast(reader, batch.last, slots, slotAt);
  if (batch.volume) readVolume(reader, batch.volume);
  readOrdinals(reader, batch, slots.count, slotAt);
  readRuns(reader, batch.flags, 65_535, 'flags');
  if (reader.left > 0) throw new WireFormatError(`${reader.left} bytes are left over after the batch`);
  return batch;
}

// Typed arrays answer undefined past their ends only, and every index below is under the number of ticks or slots: hence the `as number`.

function readRuns(reader: ByteReader, into: Uint16Array, most: number, what: string): void {
  for (let from = 0; from < into.length;) {
    const value = reader.varintUpTo(most, what);
    const length = reader.varint();
    if (length === 0 || length > into.length - from) throw new WireFormatError(`runs of ${what} do not add up to ${into.length} ticks`);
    into.fill(value, from, from + length);
    from += length;
  }
}

function readSlots(reader: ByteReader, into: Uint16Array, slots: number): void {
  if (slots > MAX_BYTE_SLOTS) throw new WireFormatError(`${slots} symbols do not fit a column of bytes`);
  for (let i = 0; i < into.length; i++) {
    const slot = reader.u8();
    if (slot >= slots) throw new WireFormatError(`slot ${slot} of ${slots}`);
    into[i] = slot;
  }
}

function readRaw(reader: ByteReader, into: Float64Array): void {
  for (let i = 0; i < into.length; i++) into[i] = reader.f64();
}

function readTimes(reader: ByteReader, time: Float64Array): void {
  let now = 0;
  for (let i = 0; i < time.length; i++) {
    now += unzigzag(reader.varint());
    time[i] = now;
  }
}

function readPrices(reader: ByteReader, batch: TickBatch, slots: Slots, slotAt: Uint16Array): void {
  const { count, bid, ask } = batch;
  const { scale: scales } = slots;
  const bidPoints = new Float64Array(slots.count);
  const spread = new Float64Array(slots.count);
  for (let i = 0; i < count; i++) {
    const slot = slotAt[i] as number;
    const scale = scales[slot] as number;
    if (scale === 0) {
      bid[i] = reader.f64();
      ask[i] = reader.f64();
      continue;
    }
    const b = (bidPoints[slot] as number) + unzigzag(reader.varint());
    const s = (spread[slot] as number) + unzigzag(reader.varint());
    bidPoints[slot] = b;
    spread[slot] = s;
    bid[i] = b / scale;
    ask[i] = (b + s) / scale;
  }
}

function readLast(reader: ByteReader, last: Float64Array, slots: Slots, slotAt: Uint16Array): void {
  const mode = reader.u8();
  if (mode === RAW) return readRaw(reader, last);
  if (mode !== 0) throw new WireFormatError(`unknown mode ${mode} of last`);
  const points = new Float64Array(slots.count);
  for (let i = 0; i < last.length; i++) {
    const slot = slotAt[i] as number;
    const scale = slots.scale[slot] as number;
    if (scale === 0) {
      last[i] = reader.f64();
      continue;
    }
    const p = (points[slot] as number) + unzigzag(reader.varint());
    points[slot] = p;
    last[i] = p / scale;
  }
}

function readVolume(reader: ByteReader, volume: Float64Array): void {
  const digits = reader.u8();
  if (digits === RAW) return readRaw(reader, volume);
  if (digits > MAX_VOLUME_DIGITS) throw new WireFormatError(`unknown mode ${digits} of volume`);
  const scale = POWERS_OF_TEN[digits] as number;
  for (let i = 0; i < volume.length; i++) volume[i] = reader.varint() / scale;
}

function readOrdinals(reader: ByteReader, batch: TickBatch, slots: number, slotAt: Uint16Array): void {
  const { count, time, ordinal } = batch;
  const lastTime = new Float64Array(slots).fill(Number.NaN);
  const lastOrdinal = new Float64Array(slots);
  let left = reader.varintUpTo(count, 'the number of ordinals');
  let next = left > 0 ? reader.varintUpTo(count - 1, 'the index of an ordinal') : -1;
  for (let i = 0; i < count; i++) {
    const slot = slotAt[i] as number;
    const now = time[i] as number;
    let is = now === lastTime[slot] ? (lastOrdinal[slot] as number) + 1 : 0;
    if (i === next) {
      is = reader.varintUpTo(0xffff_ffff, 'an ordinal');
      if (--left > 0) {
        const step = reader.varint();
        if (step === 0 || step > count - 1 - i) throw new WireFormatError('the indexes of ordinals do not rise within the batch');
        next = i + step;
      }
    } else if (is > 0xffff_ffff) throw new WireFormatError('an ordinal is beyond 32 bits');
    ordinal[i] = is;
    lastTime[slot] = now;
    lastOrdinal[slot] = is;
  }
}
