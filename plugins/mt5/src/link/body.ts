import { badFrame } from './errors.ts';
import { HEADER_BYTES, MAX_STRING } from './wire.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** Reads the fields of one frame's body in order. Every read past the end, and every byte left over, is a LinkError. */
export class BodyReader {
  readonly #what: string;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(what: string, view: DataView, at: number, end: number) {
    this.#what = what;
    this.#view = view;
    this.#at = at;
    this.#end = end;
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#end) throw badFrame(`${this.#what} is too short`);
    this.#at = at + bytes;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** An i64 that must be a safe integer. */
  integer(field: string): number {
    const value = Number(this.i64());
    if (!Number.isSafeInteger(value)) throw badFrame(`${this.#what}: ${field} is out of range`);
    return value;
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  str(field: string): string {
    const length = this.u16();
    if (length > MAX_STRING) throw badFrame(`${this.#what}: ${field} has ${length} bytes, at most ${MAX_STRING} are allowed`);
    const at = this.#take(length);
    try {
      return decoder.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length));
    } catch {
      throw badFrame(`${this.#what}: ${field} is not UTF-8`);
    }
  }

  end(): void {
    if (this.#at !== this.#end) throw badFrame(`${this.#what} has ${this.#end - this.#at} bytes too many`);
  }
}

/** Writes one frame: header first, `len` when it is done. For the cold frames; TICKS has a writer of its own. */
export class FrameWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = HEADER_BYTES;

  constructor(type: number, symIdx = 0, flags = 0) {
    this.#view.setUint8(4, type);
    this.#view.setUint8(5, flags);
    this.#view.setUint16(6, symIdx, true);
  }

  #room(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.byteLength) {
      const larger = new Uint8Array(2 * (at + bytes));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#at = at + bytes;
    return at;
  }

  u8(value: number): this {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    const at = this.#room(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  i64(value: bigint | number): this {
    const at = this.#room(8);
    this.#view.setBigInt64(at, BigInt(value), true);
    return this;
  }

  f64(value: number): this {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** @throws RangeError past 1,024 bytes of UTF-8. */
  str(value: string): this {
    const bytes = encoder.encode(value);
    if (bytes.byteLength > MAX_STRING) throw new RangeError(`a string of ${bytes.byteLength} bytes is over the limit of ${MAX_STRING}`);
    this.u16(bytes.byteLength);
    const at = this.#room(bytes.byteLength);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** The frame, as a view of the writer's own buffer. */
  done(): Uint8Array {
    this.#view.setUint32(0, this.#at - 4, true);
    return this.#bytes.subarray(0, this.#at);
  }
}
