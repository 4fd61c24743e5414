import type { SpoolFrame } from './spool.ts';

/** The newest frames in memory, without holes, up to a bound of bytes: a transport that keeps up never waits for the disk. */
export class RecentFrames {
  readonly #maxBytes: number;
  #frames: (SpoolFrame | undefined)[] = [];
  /** Index of the oldest frame; the places before it are empty and cut off now and then. */
  #start = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** `frame` is the one after the last pushed. */
  push(frame: SpoolFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.body.byteLength;
    while (this.#bytes > this.#maxBytes) this.#shift();
  }

  /** Forgets everything up to `seq`. */
  forget(seq: number): void {
    for (let first = this.#frames[this.#start]; first !== undefined && first.seq <= seq; first = this.#frames[this.#start]) this.#shift();
  }

  clear(): void {
    this.#frames = [];
    this.#start = 0;
    this.#bytes = 0;
  }

  /** Frames from `fromSeq` to `toSeq`, at most `maxBytes` but at least one if there is any; null when the first is not here any more. */
  from(fromSeq: number, toSeq: number, maxBytes: number): readonly SpoolFrame[] | null {
    const first = this.#frames[this.#start];
    if (first === undefined || fromSeq < first.seq) return null;
    const found: SpoolFrame[] = [];
    let bytes = 0;
    for (let at = this.#start + fromSeq - first.seq; ; at++) {
      const frame = this.#frames[at];
      if (frame === undefined || frame.seq > toSeq) return found;
      bytes += frame.body.byteLength;
      if (found.length > 0 && bytes > maxBytes) return found;
      found.push(frame);
    }
  }

  #shift(): void {
    const frame = this.#frames[this.#start];
    if (frame === undefined) return;
    this.#bytes -= frame.body.byteLength;
    this.#frames[this.#start++] = undefined;
    if (this.#start >= 1_024 && this.#start * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#start);
      this.#start = 0;
    }
  }
}
