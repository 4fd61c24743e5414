/**
 * The binary form of a tick batch, PROTOCOL.md section 5. Loss-free: {@link TickEncoder} writes integers only where they give back the same
 * bits, and `tick-decoder.ts` reads everything it writes.
 */
import type { TickBatch } from '@tickhub/plugin-sdk';
import { MAX_BYTE_SLOTS, MAX_DIGITS, MAX_EXACT, Mode, POWERS_OF_TEN, RAW } from './tick-format.ts';
import { putVarint, zigzag } from './varint.ts';

const HEADER_BYTES = 64;
/** All columns at their widest: symbol, time, bid, ask, last and volume 8 bytes each at most, an ordinal pair and a flags run. */
const WORST_TICK_BYTES = 64;
/** Whole lots, hundredths, thousandths (crypto brokers) and satoshis: what brokers' volume steps are. */
const VOLUME_TRIES = [0, 2, 3, 8];

/** What one symbol's ticks are measured against while they are written. */
interface Slots {
  ids: Uint16Array;
  digits: Uint8Array;
  /** Divisor of the slot's prices, 0 for a raw slot. */
  scale: Float64Array;
  bid: Float64Array;
  spread: Float64Array;
  time: Float64Array;
  ordinal: Float64Array;
}

function makeSlots(capacity: number): Slots {
  return {
    ids: new Uint16Array(capacity),
    digits: new Uint8Array(capacity),
    scale: new Float64Array(capacity),
    bid: new Float64Array(capacity),
    spread: new Float64Array(capacity),
    time: new Float64Array(capacity),
    ordinal: new Float64Array(capacity),
  };
}

/** Whether `points / scale` is `value` to the bit, and small enough for exact differences. */
function isExact(value: number, points: number, scale: number): boolean {
  return points / scale === value && points <= MAX_EXACT && points >= -MAX_EXACT && (points !== 0 || 1 / value > 0);
}

/** The most bytes that a batch of `count` ticks can take. */
export function worstTickBytes(count: number): number {
  return HEADER_BYTES + count * WORST_TICK_BYTES;
}

/** Encodes batches one after the other; its scratch memory is kept between them. */
export class TickEncoder {
  readonly #slotOf = new Int32Array(65_536).fill(-1);
  #slots = makeSlots(256);
  #slotCount = 0;
  /** Slot of each tick. */
  #slotAt = new Uint16Array(4_096);

  /**
   * Writes `batch` into `out` from `at` on and answers the position after it.
   * @param out has room for {@link worstTickBytes}.
   * @param digitsOf decimal digits of a symbol's prices, a hint: where prices have more, they are written raw.
   */
  encode(batch: TickBatch, digitsOf: (symbolId: number) => number, out: Uint8Array, at: number): number {
    const runs = this.#assignSlots(batch, digitsOf);
    const { count } = batch;
    const asRuns = this.#slotCount > MAX_BYTE_SLOTS || 2 * runs < count;
    const rawTimes = !this.#timesAreExact(batch);
    out[at++] =
      (batch.last ? Mode.last : 0) | (batch.volume ? Mode.volume : 0) | (rawTimes ? Mode.rawTimes : 0) | (asRuns ? Mode.symbolRuns : 0);
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    at = putVarint(out, at, count);
    at = putVarint(out, at, batch.sourceId);
    at = putVarint(out, at, zigzag(batch.utcOffsetMs));
    view.setFloat64(at, batch.receivedAt, true);
    at = putVarint(out, at + 8, this.#slotCount);
    for (let slot = 0; slot < this.#slotCount; slot++) at = putVarint(out, at, this.#slots.ids[slot] as number);
    const digitsAt = at;
    at += this.#slotCount;
    if (this.#slotCount > 1) at = asRuns ? this.#putRuns(this.#slotAt, count, out, at) : this.#putSlots(count, out, at);
    at = rawTimes ? putRaw(batch.time, view, at) : putTimes(batch.time, out, at);
    at = this.#putPrices(batch, out, view, at);
    out.set(this.#slots.digits.subarray(0, this.#slotCount), digitsAt);
    if (batch.last) at = this.#putLast(batch.last, out, view, at);
    if (batch.volume) at = putVolume(batch.volume, out, view, at);
    at = this.#putOrdinals(batch, out, at);
    at = this.#putRuns(batch.flags, count, out, at);
    for (let slot = 0; slot < this.#slotCount; slot++) this.#slotOf[this.#slots.ids[slot] as number] = -1;
    return at;
  }

  // Typed arrays answer undefined past their ends only, and every index below is under `count` or the number of slots: hence the `as number`.

  /** Gives each symbol a slot in order of first use; answers how many runs of one symbol there are. */
  #assignSlots(batch: TickBatch, digitsOf: (symbolId: number) => number): number {
    const { count, symbol } = batch;
    if (this.#slotAt.length < count) this.#slotAt = new Uint16Array(count);
    const slotOf = this.#slotOf;
    const slotAt = this.#slotAt;
    this.#slotCount = 0;
    let runs = 0;
    let before = -1;
    for (let i = 0; i < count; i++) {
      const id = symbol[i] as number;
      let slot = slotOf[id] as number;
      if (slot < 0) {
        slot = this.#addSlot(id, digitsOf(id));
        slotOf[id] = slot;
      }
      slotAt[i] = slot;
      if (slot !== before) runs++;
      before = slot;
    }
    return runs;
  }

  #addSlot(id: number, digits: number): number {
    const slot = this.#slotCount++;
    if (slot === this.#slots.ids.length) {
      const larger = makeSlots(slot * 4);
      larger.ids.set(this.#slots.ids);
      larger.digits.set(this.#slots.digits);
      larger.scale.set(this.#slots.scale);
      this.#slots = larger;
    }
    const fits = Number.isInteger(digits) && digits >= 0 && digits <= MAX_DIGITS;
    this.#slots.ids[slot] = id;
    this.#slots.digits[slot] = fits ? digits : RAW;
    this.#slots.scale[slot] = fits ? (POWERS_OF_TEN[digits] as number) : 0;
    return slot;
  }

  #timesAreExact({ time, count }: TickBatch): boolean {
    for (let i = 0; i < count; i++) {
      const at = time[i] as number;
      if (Math.trunc(at) !== at || at > MAX_EXACT || at < -MAX_EXACT || (at === 0 && 1 / at < 0)) return false;
    }
    return true;
  }

  #putSlots(count: number, out: Uint8Array, at: number): number {
    const slotAt = this.#slotAt;
    for (let i = 0; i < count; i++) out[at++] = slotAt[i] as number;
    return at;
  }

  #putRuns(values: Uint16Array, count: number, out: Uint8Array, at: number): number {
    let from = 0;
    while (from < count) {
      const value = values[from] as number;
      let to = from + 1;
      while (to < count && values[to] === value) to++;
      at = putVarint(out, at, value);
      at = putVarint(out, at, to - from);
      from = to;
    }
    return at;
  }

  #putPrices(batch: TickBatch, out: Uint8Array, view: DataView, at: number): number {
    // Nearly every price is exact, so that is tried first and only then, slot by slot, found out.
    const end = this.#tryPrices(batch, out, view, at);
    if (end >= 0) return end;
    this.#findRawSlots(batch);
    return this.#tryPrices(batch, out, view, at);
  }

  /** Answers -1 when a price of a slot that is not raw is not exact. */
  #tryPrices({ count, bid, ask }: TickBatch, out: Uint8Array, view: DataView, at: number): number {
    const slotAt = this.#slotAt;
    const { scale: scales, bid: lastBid, spread: lastSpread } = this.#slots;
    lastBid.fill(0, 0, this.#slotCount);
    lastSpread.fill(0, 0, this.#slotCount);
    for (let i = 0; i < count; i++) {
      const slot = slotAt[i] as number;
      const scale = scales[slot] as number;
      const b = bid[i] as number;
      const a = ask[i] as number;
      if (scale === 0) {
        view.setFloat64(at, b, true);
        view.setFloat64(at + 8, a, true);
        at += 16;
        continue;
      }
      const bidPoints = Math.round(b * scale);
      const askPoints = Math.round(a * scale);
      if (!isExact(b, bidPoints, scale) || !isExact(a, askPoints, scale)) return -1;
      const spread = askPoints - bidPoints;
      at = putVarint(out, at, zigzag(bidPoints - (lastBid[slot] as number)));
      at = putVarint(out, at, zigzag(spread - (lastSpread[slot] as number)));
      lastBid[slot] = bidPoints;
      lastSpread[slot] = spread;
    }
    return at;
  }

  #findRawSlots({ count, bid, ask }: TickBatch): void {
    const { scale: scales, digits } = this.#slots;
    for (let i = 0; i < count; i++) {
      const slot = this.#slotAt[i] as number;
      const scale = scales[slot] as number;
      if (scale === 0) continue;
      const b = bid[i] as number;
      const a = ask[i] as number;
      if (isExact(b, Math.round(b * scale), scale) && isExact(a, Math.round(a * scale), scale)) continue;
      scales[slot] = 0;
      digits[slot] = RAW;
    }
  }

  #putLast(last: Float64Array, out: Uint8Array, view: DataView, at: number): number {
    const { scale: scales, bid: before } = this.#slots;
    const start = at;
    out[at++] = 0;
    before.fill(0, 0, this.#slotCount);
    for (let i = 0; i < last.length; i++) {
      const slot = this.#slotAt[i] as number;
      const scale = scales[slot] as number;
      const price = last[i] as number;
      if (scale === 0) {
        view.setFloat64(at, price, true);
        at += 8;
        continue;
      }
      const points = Math.round(price * scale);
      if (!isExact(price, points, scale)) {
        out[start] = RAW;
        return putRaw(last, view, start + 1);
      }
      at = putVarint(out, at, zigzag(points - (before[slot] as number)));
      before[slot] = points;
    }
    return at;
  }

  #putOrdinals({ count, time, ordinal }: TickBatch, out: Uint8Array, at: number): number {
    const { time: lastTime, ordinal: lastOrdinal } = this.#slots;
    // No time equals NaN, so the first tick of a slot is expected to have ordinal 0.
    lastTime.fill(Number.NaN, 0, this.#slotCount);
    const countExceptions = this.#exceptions(time, ordinal, count);
    at = putVarint(out, at, countExceptions);
    if (countExceptions === 0) return at;
    lastTime.fill(Number.NaN, 0, this.#slotCount);
    let before = 0;
    for (let i = 0; i < count; i++) {
      const slot = this.#slotAt[i] as number;
      const now = time[i] as number;
      const is = ordinal[i] as number;
      const expected = now === lastTime[slot] ? (lastOrdinal[slot] as number) + 1 : 0;
      if (is !== expected) {
        at = putVarint(out, at, i - before);
        at = putVarint(out, at, is);
        before = i;
      }
      lastTime[slot] = now;
      lastOrdinal[slot] = is;
    }
    return at;
  }

  #exceptions(time: Float64Array, ordinal: Uint32Array, count: number): number {
    const slotAt = this.#slotAt;
    const { time: lastTime, ordinal: lastOrdinal } = this.#slots;
    let exceptions = 0;
    for (let i = 0; i < count; i++) {
      const slot = slotAt[i] as number;
      const now = time[i] as number;
      const is = ordinal[i] as number;
      if (is !== (now === lastTime[slot] ? (lastOrdinal[slot] as number) + 1 : 0)) exceptions++;
      lastTime[slot] = now;
      lastOrdinal[slot] = is;
    }
    return exceptions;
  }
}

function putRaw(values: Float64Array, view: DataView, at: number): number {
  for (let i = 0; i < values.length; i++, at += 8) view.setFloat64(at, values[i] as number, true);
  return at;
}

function putTimes(time: Float64Array, out: Uint8Array, at: number): number {
  let before = 0;
  for (let i = 0; i < time.length; i++) {
    const now = time[i] as number;
    at = putVarint(out, at, zigzag(now - before));
    before = now;
  }
  return at;
}

function putVolume(volume: Float64Array, out: Uint8Array, view: DataView, at: number): number {
  for (const digits of VOLUME_TRIES) {
    const scale = POWERS_OF_TEN[digits] as number;
    if (!volume.every((lots) => lots >= 0 && isExact(lots, Math.round(lots * scale), scale))) continue;
    out[at++] = digits;
    for (let i = 0; i < volume.length; i++) at = putVarint(out, at, Math.round((volume[i] as number) * scale));
    return at;
  }
  out[at++] = RAW;
  return putRaw(volume, view, at);
}
