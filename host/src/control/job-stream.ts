/**
 * How the control server answers what takes long or gives bytes: frames of `u32 length (little endian) | u8 kind | payload`, the last of them a result or an
 * error. Both ends are this program.
 */

/** Kinds of frames. Data is bytes of the job's own making; the others are JSON. */
export const JobFrame = { data: 0, progress: 1, result: 2, error: 3 } as const;
export type JobFrameKind = (typeof JobFrame)[keyof typeof JobFrame];

const HEAD_BYTES = 5;
/** A frame of data is a page of ticks or of text. */
const MAX_FRAME_BYTES = 64 * 1_048_576;

export function jobFrame(kind: JobFrameKind, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + payload.byteLength);
  new DataView(frame.buffer).setUint32(0, payload.byteLength, true);
  frame[4] = kind;
  frame.set(payload, HEAD_BYTES);
  return frame;
}

export function jsonFrame(kind: JobFrameKind, value: unknown): Uint8Array {
  return jobFrame(kind, new TextEncoder().encode(JSON.stringify(value)));
}

export interface ReadFrame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** Cuts a body into its frames. @throws Error when it breaks off, or is none of ours. */
export async function* readFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<ReadFrame> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of body) {
    held = held.byteLength === 0 ? piece : Buffer.concat([held, piece]);
    let at = 0;
    while (held.byteLength - at >= HEAD_BYTES) {
      const length = new DataView(held.buffer, held.byteOffset + at).getUint32(0, true);
      if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes is none of the host's`);
      if (held.byteLength - at < HEAD_BYTES + length) break;
      yield { kind: held[at + 4] as number, payload: held.slice(at + HEAD_BYTES, at + HEAD_BYTES + length) };
      at += HEAD_BYTES + length;
    }
    held = held.subarray(at);
  }
  if (held.byteLength > 0) throw new Error('the answer breaks off');
}
