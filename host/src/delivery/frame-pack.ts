/**
 * Several frames in one buffer, which crosses between the host's thread and the spool's without being copied:
 * head (48 bytes), body, zeros to the next multiple of 8, and so on.
 */
import { HEAD_BYTES } from './frame-head.ts';

/** Bytes that a frame with a body of `bodyBytes` takes. */
export function packedBytes(bodyBytes: number): number {
  return HEAD_BYTES + ((bodyBytes + 7) & ~7);
}

export interface PackedFrame {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/** Views of the frames in `buffer`, whose writer is this program. */
export function unpackFrames(buffer: ArrayBuffer): PackedFrame[] {
  const frames: PackedFrame[] = [];
  const view = new DataView(buffer);
  for (let at = 0; at < buffer.byteLength;) {
    const bytes = view.getUint32(at + 36, true);
    frames.push({ head: new Uint8Array(buffer, at, HEAD_BYTES), body: new Uint8Array(buffer, at + HEAD_BYTES, bytes) });
    at += packedBytes(bytes);
  }
  return frames;
}

/** Copies frames into one buffer. */
export function packFrames(frames: readonly PackedFrame[]): ArrayBuffer {
  let size = 0;
  for (const frame of frames) size += packedBytes(frame.body.byteLength);
  const packed = new Uint8Array(size);
  let at = 0;
  for (const { head, body } of frames) {
    packed.set(head, at);
    packed.set(body, at + HEAD_BYTES);
    at += packedBytes(body.byteLength);
  }
  return packed.buffer;
}
