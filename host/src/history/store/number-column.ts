/**
 * A column of numbers as bytes. The first byte says how it is kept:
 * - 0 constant: one f64.
 * - 1 decimal: u8 digits d; then per value the zigzag varint of its difference to the one before, in units of 10^-d (the first to 0). Used only where every value comes
 *   back bit for bit: `round(value * 10^d) / 10^d` is the value, since both are the double nearest to the same decimal.
 * - 2 raw: f64 each.
 */
import { BlobFormatError } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

const CONSTANT = 0;
const DECIMAL = 1;
const RAW = 2;

/** Differences of two such still fit a zigzag varint. */
const MAX_SCALED = 2 ** 51;
const MAX_DIGITS = 15;
/** How many more digits than the symbol's are tried: a source's prices may be finer than it says. */
const MORE_DIGITS = 3;

const POWERS = Array.from({ length: MAX_DIGITS + MORE_DIGITS + 1 }, (_, digits) => 10 ** digits);

/** Writes values `from` to `to`. `digits` is where the search for a scale begins. */
export function writeNumbers(out: ByteWriter, values: Float64Array, from: number, to: number, digits: number): void {
  const first = values[from] as number;
  if (isConstant(values, from, to)) {
    out.u8(CONSTANT);
    out.f64(first);
    return;
  }
  const start = out.length;
  for (let d = digits; d <= digits + MORE_DIGITS; d++) {
    out.u8(DECIMAL);
    out.u8(d);
    if (out.deltas(from, to, scaling(values, POWERS[d] as number))) return;
    out.truncate(start);
  }
  out.u8(RAW);
  out.bytes(new Uint8Array(values.slice(from, to).buffer));
}

/** Value by value in units of the scale; NaN for one that would not come back bit for bit. */
function scaling(values: Float64Array, scale: number): (i: number) => number {
  return (i) => {
    const value = values[i] as number;
    const scaled = Math.round(value * scale);
    // -0 would come back as 0.
    const isExact = scaled / scale === value && scaled < MAX_SCALED && scaled > -MAX_SCALED && (value !== 0 || 1 / value > 0);
    return isExact ? scaled : NaN;
  };
}

function isConstant(values: Float64Array, from: number, to: number): boolean {
  const first = values[from] as number;
  for (let i = from + 1; i < to; i++) if (!Object.is(values[i], first)) return false;
  return true;
}

/**
 * Reads `count` values into `target` from `at` on.
 * @throws {BlobFormatError}
 */
export function readNumbers(bytes: Uint8Array, target: Float64Array, at: number, count: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (bytes[0]) {
    case CONSTANT:
      if (bytes.byteLength !== 9) throw new BlobFormatError('a constant column has 9 bytes');
      target.fill(view.getFloat64(1, true), at, at + count);
      return;
    case DECIMAL: {
      const scale = POWERS[bytes[1] ?? NaN];
      if (scale === undefined) throw new BlobFormatError('a column has no such scale');
      readDeltas(bytes, 2, target, at, count, scale);
      return;
    }
    case RAW:
      if (bytes.byteLength !== 1 + 8 * count) throw new BlobFormatError('a raw column is of another length');
      // Copied, so that the doubles start at a multiple of 8.
      target.set(new Float64Array(bytes.slice(1).buffer), at);
      return;
    default:
      throw new BlobFormatError(`a column is kept in a way of a later version (${bytes[0]})`);
  }
}

/** A value takes at most so many bytes. */
const MAX_VARINT_BYTES = 8;

function readDeltas(bytes: Uint8Array, start: number, target: Float64Array, at: number, count: number, scale: number): void {
  const end = bytes.byteLength;
  const stop = at + count;
  let p = start;
  let i = at;
  let scaled = 0;
  while (i < stop) {
    // Nearly all values have one to three bytes, and need no look at where the column ends but near it.
    while (i < stop && p <= end - MAX_VARINT_BYTES) {
      const first = bytes[p] as number;
      let value = first;
      if (first < 0x80) {
        p++;
      } else {
        const second = bytes[p + 1] as number;
        value = (first & 0x7f) | ((second & 0x7f) << 7);
        if (second < 0x80) {
          p += 2;
        } else {
          const third = bytes[p + 2] as number;
          if (third >= 0x80) break;
          value |= third << 14;
          p += 3;
        }
      }
      scaled += (value >>> 1) ^ -(value & 1);
      target[i++] = scaled;
    }
    if (i === stop) break;
    let value = 0;
    let byte = 0x80;
    for (let weight = 1; byte >= 0x80; weight *= 128) {
      if (p >= end || weight > Number.MAX_SAFE_INTEGER) throw new BlobFormatError('a column ends within a number');
      byte = bytes[p++] as number;
      value += (byte & 0x7f) * weight;
    }
    scaled += value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    target[i++] = scaled;
  }
  if (p !== end) throw new BlobFormatError('a column has bytes left over');
  if (scale !== 1) for (let i = at; i < stop; i++) target[i] = (target[i] as number) / scale;
}
