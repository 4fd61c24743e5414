import { badFrame } from './errors.ts';
import { frameName, HEADER_BYTES, isFrameType, MAX_LENGTH, MIN_LENGTH } from './wire.ts';

/** `view`, `at` and `end` bound the body; they are valid until the call returns. */
export type OnFrame = (type: number, flags: number, symIdx: number, view: DataView, at: number, end: number) => void;

/**
 * Cuts a byte stream into frames. A frame that lies whole in a chunk is handed over where it lies; one that is torn between chunks is put
 * together in a buffer that is used again. A length or type that cannot be is an error as soon as the header is there, before the body is.
 */
export class FrameReader {
  /** The largest `len` taken; the connection widens it once the peer has shown its token. */
  maxLength: number;
  readonly #onFrame: OnFrame;
  #torn = new Uint8Array(4_096);
  #tornView = new DataView(this.#torn.buffer);
  #fill = 0;
  #stopped = false;

  constructor(onFrame: OnFrame, maxLength = MAX_LENGTH) {
    this.#onFrame = onFrame;
    this.maxLength = maxLength;
  }

  /** Bytes of a frame that has not come whole. */
  get pending(): number {
    return this.#fill;
  }

  /** Takes nothing more, not even the rest of the chunk in hand. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws {LinkError} BAD_FRAME; the reader is of no use after it. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (this.#fill > 0 && at < chunk.byteLength && !this.#stopped) at = this.#complete(chunk, at);
    if (at === chunk.byteLength || this.#stopped) return;

    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (chunk.byteLength - at >= HEADER_BYTES) {
      const end = at + this.#frameBytes(view, at);
      if (end > chunk.byteLength) break;
      this.#deliver(view, at, end);
      if (this.#stopped) return;
      at = end;
    }
    if (at < chunk.byteLength) this.#keep(chunk, at, chunk.byteLength);
  }

  /** Goes on with the torn frame; returns how far into the chunk it got. */
  #complete(chunk: Uint8Array, from: number): number {
    let at = from;
    if (this.#fill < HEADER_BYTES) {
      const to = Math.min(chunk.byteLength, at + HEADER_BYTES - this.#fill);
      this.#keep(chunk, at, to);
      at = to;
      if (this.#fill < HEADER_BYTES) return at;
    }
    const bytes = this.#frameBytes(this.#tornView, 0);
    const to = Math.min(chunk.byteLength, at + bytes - this.#fill);
    this.#keep(chunk, at, to);
    if (this.#fill < bytes) return to;
    this.#fill = 0;
    this.#deliver(this.#tornView, 0, bytes);
    return to;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const needed = this.#fill + to - from;
    if (needed > this.#torn.byteLength) {
      const larger = new Uint8Array(Math.min(2 * needed, Math.max(needed, 4 + this.maxLength)));
      larger.set(this.#torn.subarray(0, this.#fill));
      this.#torn = larger;
      this.#tornView = new DataView(larger.buffer);
    }
    this.#torn.set(chunk.subarray(from, to), this.#fill);
    this.#fill = needed;
  }

  #frameBytes(view: DataView, at: number): number {
    const length = view.getUint32(at, true);
    if (length < MIN_LENGTH || length > this.maxLength) {
      throw badFrame(`a frame of length ${length}; allowed are ${MIN_LENGTH} to ${this.maxLength}`);
    }
    const type = view.getUint8(at + 4);
    if (!isFrameType(type)) throw badFrame(`unknown frame ${frameName(type)}`);
    return 4 + length;
  }

  #deliver(view: DataView, at: number, end: number): void {
    this.#onFrame(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint16(at + 6, true), view, at + HEADER_BYTES, end);
  }
}
