/**
 * The data channel between host and isolate (fd 3): frames in both directions.
 *
 * Frame, little endian: `u32 len | u8 type | u8 flags | u16 reserved | body`, where `len` is the length of the body alone
 * (0 to {@link MAX_PIPE_BODY}). JSON bodies are UTF-8. Control travels on IPC (see `control.ts`); what must keep its order
 * relative to batches travels here.
 */
export const PipeFrame = {
  /** source to host, and host to transport or model, JSON {@link SymbolTable}: names before their first batch. */
  symbols: 1,
  /** source to host, and host to model: a tick batch (see `batch/tick-batch.ts`). */
  ticks: 2,
  /** plugin to host: JSON {@link RecordBatch}. */
  records: 3,
  /** host to transport: f64 seq, then a tick batch. */
  deliverTicks: 4,
  /** host to transport: f64 seq, then a JSON {@link DeliveredBatch}. */
  deliverRecords: 5,
  /** host to model: f64 count of ticks that were not sent because the model was too far behind; they came before the next batch. */
  missed: 6,
  /**
   * host to transport: f64 lastSeq, the answer to a `resume` of that lastSeq, before the first frame it leads to. `resume` travels on IPC, so frames of
   * the link before may still be in this channel; the isolate drops every frame until this one. Taken for the new link's they would be holes before
   * the backend's frames, acknowledged and trimmed.
   */
  resumed: 7,
  /** host to source: n x {u16 source id, u16 symbol id, u32 same, f64 time}: the durable cursor, ids as the source gave them. */
  durable: 10,
  /** transport to host: f64 seq; the backend has taken everything up to it. */
  acked: 11,
} as const;

export type PipeFrameType = (typeof PipeFrame)[keyof typeof PipeFrame];

export const PIPE_HEADER_BYTES = 8;

/** The largest body of one frame: 4 MiB, room for a full batch of 65,536 ticks with all its columns. */
export const MAX_PIPE_BODY = 4 * 1_048_576;

/** Bytes of one entry of a `durable` frame. */
export const DURABLE_ENTRY_BYTES = 16;

/** A frame that breaks the rules above. Code `PIPE_PROTOCOL`; the isolate is at fault and is restarted. */
export class PipeProtocolError extends Error {
  readonly code = 'PIPE_PROTOCOL';

  constructor(what: string) {
    super(`data channel: ${what}`);
    this.name = 'PipeProtocolError';
  }
}

/** The 8-byte header in front of a body of `length` bytes. */
export function pipeHeader(type: PipeFrameType, length: number): Uint8Array {
  if (length > MAX_PIPE_BODY) throw new PipeProtocolError(`a body of ${length} bytes is over the limit of ${MAX_PIPE_BODY}`);
  const header = new Uint8Array(PIPE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, length, true);
  view.setUint8(4, type);
  return header;
}

/**
 * Cuts a byte stream into frames. Each body is given as a buffer of its own that starts at a multiple of 8,
 * so the receiver may keep it and lay typed arrays over it.
 */
export class PipeFrameReader {
  readonly #onFrame: (type: number, body: Uint8Array) => void;
  readonly #header = new Uint8Array(PIPE_HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer);
  #headerFill = 0;
  #body: Uint8Array | null = null;
  #bodyFill = 0;

  constructor(onFrame: (type: number, body: Uint8Array) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes. @throws {PipeProtocolError} on a body that is too long. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#body === null) {
        const take = Math.min(PIPE_HEADER_BYTES - this.#headerFill, chunk.byteLength - at);
        this.#header.set(chunk.subarray(at, at + take), this.#headerFill);
        this.#headerFill += take;
        at += take;
        if (this.#headerFill < PIPE_HEADER_BYTES) return;
        const length = this.#headerView.getUint32(0, true);
        if (length > MAX_PIPE_BODY) {
          throw new PipeProtocolError(`a body of ${length} bytes is over the limit of ${MAX_PIPE_BODY}`);
        }
        this.#body = new Uint8Array(length);
        this.#bodyFill = 0;
        if (length === 0) {
          this.#deliver(this.#body);
          continue;
        }
      }
      const body: Uint8Array = this.#body;
      const take = Math.min(body.byteLength - this.#bodyFill, chunk.byteLength - at);
      body.set(chunk.subarray(at, at + take), this.#bodyFill);
      this.#bodyFill += take;
      at += take;
      if (this.#bodyFill === body.byteLength) this.#deliver(body);
    }
  }

  #deliver(body: Uint8Array): void {
    const type = this.#headerView.getUint8(4);
    this.#body = null;
    this.#headerFill = 0;
    this.#onFrame(type, body);
  }
}
