/** A blob that is not what was written: cut off, or damaged in a way that its checksum did not show. Code `BLOB_FORMAT`. */
export class BlobFormatError extends Error {
  readonly code = 'BLOB_FORMAT';

  constructor(what: string) {
    super(`a stored blob cannot be read: ${what}`);
    this.name = 'BlobFormatError';
  }
}

/** Reads what a `ByteWriter` wrote. Never reads beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  u8(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new BlobFormatError('it ends too early');
    this.#at++;
    return value;
  }

  f64(): number {
    if (this.left < 8) throw new BlobFormatError('it ends too early');
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  varint(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let scale = 128; byte >= 0x80; scale *= 128) {
      if (scale > Number.MAX_SAFE_INTEGER) throw new BlobFormatError('a number is too long');
      byte = this.u8();
      value += (byte & 0x7f) * scale;
    }
    return value;
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  bytes(count: number): Uint8Array {
    if (count > this.left) throw new BlobFormatError(`${count} bytes are asked of the ${this.left} that are left`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
