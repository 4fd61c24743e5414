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

  /** Takes back what was written beyond `length`. */
  truncate(length: number): void {
    this.#at = length;
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

  /**
   * Zigzag varints of the differences between whole numbers, `next(i)` for `from` to `to`, the first to 0: the hot loop of every column.
   * @returns false when `next` answered NaN; nothing was written then.
   */
  deltas(from: number, to: number, next: (i: number) => number): boolean {
    const start = this.#at;
    this.reserve((to - from) * 8);
    const bytes = this.#bytes;
    let at = start;
    let before = 0;
    for (let i = from; i < to; i++) {
      const value = next(i);
      const delta = value - before;
      before = value;
      if (delta < 0x4000_0000 && delta >= -0x4000_0000) {
        let rest = ((delta << 1) ^ (delta >> 31)) >>> 0;
        while (rest > 0x7f) {
          bytes[at++] = (rest & 0x7f) | 0x80;
          rest >>>= 7;
        }
        bytes[at++] = rest;
      } else {
        if (Number.isNaN(value)) return false;
        this.#at = at;
        this.zigzag(delta);
        at = this.#at;
        this.#at = start;
      }
    }
    this.#at = at;
    return true;
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
