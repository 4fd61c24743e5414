/** Varints of PROTOCOL.md section 5: 7 bits a byte, low bits first, at most 8 bytes and 2^53 - 1. */
import { WireFormatError } from './errors.ts';

/** The most bytes one varint takes. */
export const MAX_VARINT_BYTES = 8;

/**
 * Writes `value`, a whole number from 0 to 2^53 - 1, at `at` and answers the position after it. There must be room for
 * {@link MAX_VARINT_BYTES}.
 */
export function putVarint(out: Uint8Array, at: number, value: number): number {
  while (value > 0x7fff_ffff) {
    out[at++] = (value % 128) | 128;
    value = Math.floor(value / 128);
  }
  let rest = value | 0;
  while (rest > 127) {
    out[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

/** Folds the sign of `value`, a whole number within ±2^52, into the lowest bit. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(folded: number): number {
  if (folded <= 0x7fff_ffff) return (folded >>> 1) ^ -(folded & 1);
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}

/** Reads numbers off a byte range, and refuses to go past its end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.byteLength) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.end - this.at;
  }

  /** @throws {WireFormatError} at the end of the bytes. */
  u8(): number {
    if (this.at >= this.end) throw truncated();
    // Below end, so there is a byte; here and in the reads below.
    return this.bytes[this.at++] as number;
  }

  /** @throws {WireFormatError} when the bytes end within the number. */
  f64(): number {
    if (this.left < 8) throw truncated();
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** @throws {WireFormatError} when the bytes end within the number, or it is above 2^53 - 1. */
  varint(): number {
    const { bytes, end } = this;
    let at = this.at;
    if (at >= end) throw truncated();
    const first = bytes[at++] as number;
    if (first < 128) {
      this.at = at;
      return first;
    }
    if (at >= end) throw truncated();
    const second = bytes[at++] as number;
    if (second < 128) {
      this.at = at;
      return (first & 127) | (second << 7);
    }
    this.at = at;
    return this.#longVarint((first & 127) | ((second & 127) << 7));
  }

  #longVarint(low: number): number {
    let value = low;
    for (let scale = 16_384, taken = 2; ; scale *= 128, taken++) {
      if (taken === MAX_VARINT_BYTES) throw new WireFormatError('a varint is longer than 8 bytes');
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new WireFormatError('a varint is above 2^53 - 1');
    return value;
  }

  /** Like {@link varint}, and no more than `most`. `what` names the field in the error. */
  varintUpTo(most: number, what: string): number {
    const value = this.varint();
    if (value > most) throw new WireFormatError(`${what} is ${value}, allowed are 0 to ${most}`);
    return value;
  }
}

function truncated(): WireFormatError {
  return new WireFormatError('the bytes end in the middle of a field');
}
