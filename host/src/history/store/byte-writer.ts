const INT32_LIMIT = 0x8000_0000;

/** Bytes that grow as they are written: little endian numbers and LEB128 varints. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(capacity = 4_096) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#at;
  }

  /** What was written since {@link clear}; valid until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
  }

  /** Room for `bytes` more. A varint takes at most 8. */
  reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.written);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.#bytes[this.#at++] = value;
  }

  f64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** A whole number from 0 below 2^53. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= INT32_LIMIT) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** A whole number between -2^52 and 2^52: small ones of either sign are short. */
  zigzag(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(source: Uint8Array): void {
    this.reserve(source.byteLength);
    this.#bytes.set(source, this.#at);
    this.#at += source.byteLength;
  }
}
