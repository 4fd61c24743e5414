/** Frames of the spool on their way to the history's thread: their bodies in one buffer, each at a multiple of 8, which crosses without being copied. */
import type { SpoolFrame, SpoolStream } from '../../delivery/spool.ts';

export interface FrameHeader {
  readonly seq: number;
  readonly stream: SpoolStream;
  readonly offset: number;
  readonly bytes: number;
}

export interface PackedFrames {
  readonly headers: readonly FrameHeader[];
  readonly bodies: ArrayBuffer;
}

/** Copies frames into one buffer: the one copy there is, as the spool keeps theirs. */
export function packFrames(frames: readonly SpoolFrame[]): PackedFrames {
  let size = 0;
  const headers = frames.map(({ seq, stream, body }) => {
    const offset = size;
    size += (body.byteLength + 7) & ~7;
    return { seq, stream, offset, bytes: body.byteLength };
  });
  const bodies = new Uint8Array(size);
  frames.forEach(({ body }, i) => bodies.set(body, headers[i]?.offset));
  return { headers, bodies: bodies.buffer };
}

export function frameBodies({ headers, bodies }: PackedFrames): { readonly header: FrameHeader; readonly body: Uint8Array }[] {
  return headers.map((header) => ({ header, body: new Uint8Array(bodies, header.offset, header.bytes) }));
}
