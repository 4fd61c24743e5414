/** Binary messages: several frames of ticks in one WebSocket message, PROTOCOL.md section 5. */
import type { TickBatch } from '@tickhub/plugin-sdk';
import { WireFormatError } from './errors.ts';
import { TickEncoder, worstTickBytes } from './tick-encoder.ts';
import { ByteReader, MAX_VARINT_BYTES, putVarint } from './varint.ts';

const FORMAT = 1;
const FIRST_CAPACITY = 65_536;
/** Room for the length in front of a body; it is written after the body, which is then moved up to it. */
const LENGTH_BYTES = MAX_VARINT_BYTES;

/** Collects frames of ticks into one message. */
export class BinaryMessageWriter {
  readonly #encoder = new TickEncoder();
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #at = 0;

  /** Bytes collected so far, 0 when there are none. */
  get size(): number {
    return this.#at;
  }

  add(seq: number, batch: TickBatch, digitsOf: (symbolId: number) => number): void {
    this.#reserve(1 + MAX_VARINT_BYTES + LENGTH_BYTES + worstTickBytes(batch.count));
    const out = this.#bytes;
    if (this.#at === 0) out[this.#at++] = FORMAT;
    const lengthAt = putVarint(out, this.#at, seq);
    const bodyAt = lengthAt + LENGTH_BYTES;
    const end = this.#encoder.encode(batch, digitsOf, out, bodyAt);
    const shorter = putVarint(out, lengthAt, end - bodyAt);
    out.copyWithin(shorter, bodyAt, end);
    this.#at = shorter + (end - bodyAt);
  }

  /** The message, in memory of its own; the writer is empty again. */
  take(): Uint8Array {
    const message = this.#bytes.slice(0, this.#at);
    this.#at = 0;
    return message;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

/**
 * Calls `onFrame` for each frame of a message; its body is `message` from `start` to `end`.
 * @throws {WireFormatError} when the message is not one; frames before the broken one have been given by then.
 */
export function eachBinaryFrame(message: Uint8Array, onFrame: (seq: number, start: number, end: number) => void): void {
  const reader = new ByteReader(message);
  const format = reader.u8();
  if (format !== FORMAT) throw new WireFormatError(`binary format is ${format}, known is ${FORMAT}`);
  if (reader.left === 0) throw new WireFormatError('a binary message has no frames');
  while (reader.left > 0) {
    const seq = reader.varint();
    const length = reader.varintUpTo(reader.left, 'the length of a frame');
    const start = reader.at;
    if (start + length > reader.end) throw new WireFormatError('a frame is longer than its message');
    reader.at = start + length;
    onFrame(seq, start, start + length);
  }
}
