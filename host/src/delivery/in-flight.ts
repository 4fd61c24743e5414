/** Frames sent and not yet acknowledged, in order of seq, within a window. */
export class InFlight {
  readonly #maxFrames: number;
  readonly #maxBytes: number;
  /** A ring of seqs and sizes. */
  readonly #seqs: Float64Array;
  readonly #sizes: Float64Array;
  #first = 0;
  #frames = 0;
  #bytes = 0;

  constructor(window: { readonly frames: number; readonly bytes: number }) {
    this.#maxFrames = window.frames;
    this.#maxBytes = window.bytes;
    this.#seqs = new Float64Array(window.frames);
    this.#sizes = new Float64Array(window.frames);
  }

  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that may be sent now; 0 when the window is full. The last frame in may be larger. */
  get room(): number {
    return this.#frames < this.#maxFrames ? Math.max(0, this.#maxBytes - this.#bytes) : 0;
  }

  push(seq: number, bytes: number): void {
    const at = (this.#first + this.#frames) % this.#maxFrames;
    this.#seqs[at] = seq;
    this.#sizes[at] = bytes;
    this.#frames++;
    this.#bytes += bytes;
  }

  /** Takes out everything up to `seq`. */
  ack(seq: number): void {
    while (this.#frames > 0 && (this.#seqs[this.#first] as number) <= seq) {
      this.#bytes -= this.#sizes[this.#first] as number;
      this.#first = (this.#first + 1) % this.#maxFrames;
      this.#frames--;
    }
  }

  clear(): void {
    this.#frames = 0;
    this.#bytes = 0;
  }
}
