import { HEAD_BYTES, writeHead } from './frame-head.ts';
import { packedBytes } from './frame-pack.ts';
import type { SpoolFrame } from './spool.ts';
import type { Marks } from './worker-messages.ts';

interface Queued {
  readonly frame: SpoolFrame;
  readonly minute: number;
  readonly ticksBefore: number;
}

/** Frames, and what is to become durable with them, on their way to the spool's thread. */
export class FrameQueue {
  #frames: Queued[] = [];
  #bytes = 0;
  #marks: Marks | null = null;

  get isEmpty(): boolean {
    return this.#frames.length === 0 && this.#marks === null;
  }

  /** Of the packed frames. */
  get bytes(): number {
    return this.#bytes;
  }

  push(frame: SpoolFrame, minute: number, ticksBefore: number): void {
    this.#frames.push({ frame, minute, ticksBefore });
    this.#bytes += packedBytes(frame.body.byteLength);
  }

  mark({ symbols, positions, records, reported, announced }: Marks): void {
    const marks = this.#marks ?? {};
    this.#marks = {
      symbols: joined(marks.symbols, symbols),
      positions: joined(marks.positions, positions),
      records: joined(marks.records, records),
      reported: joined(marks.reported, reported),
      announced: joined(marks.announced, announced),
    };
  }

  /** All of it, packed; the queue is empty afterwards. */
  take(): { readonly frames: ArrayBuffer; readonly marks: Marks | null } {
    const packed = new Uint8Array(this.#bytes);
    let at = 0;
    for (const { frame, minute, ticksBefore } of this.#frames) {
      const { seq, stream, count, body } = frame;
      writeHead(packed, at, { seq, stream, count, bytes: body.byteLength, minute, ticksBefore });
      packed.set(body, at + HEAD_BYTES);
      at += packedBytes(body.byteLength);
    }
    const marks = this.#marks;
    this.#frames = [];
    this.#bytes = 0;
    this.#marks = null;
    return { frames: packed.buffer, marks };
  }
}

function joined<T>(before: readonly T[] = [], added: readonly T[] = []): readonly T[] {
  return added.length === 0 ? before : [...before, ...added];
}
