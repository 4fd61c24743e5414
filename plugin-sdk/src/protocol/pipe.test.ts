import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PIPE_BODY, PipeFrame, PipeFrameReader, pipeHeader, PipeProtocolError } from './pipe.ts';
import type { PipeFrameType } from './pipe.ts';

const frame = fc.record({
  type: fc.constantFrom(...Object.values(PipeFrame)),
  body: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1_000, maxLength: 3_000 })),
});

function stream(frames: readonly { type: PipeFrameType; body: Uint8Array }[]): Uint8Array {
  return Uint8Array.from(frames.flatMap(({ type, body }) => [...pipeHeader(type, body.length), ...body]));
}

describe('PipeFrameReader', () => {
  it('cuts the same frames out of a stream however it comes in pieces', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (frames, sizes) => {
        const got: { type: number; body: Uint8Array }[] = [];
        const reader = new PipeFrameReader((type, body) => got.push({ type, body }));
        const bytes = stream(frames);
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const size = sizes[n % sizes.length] ?? 1;
          const chunk = bytes.slice(at, at + size);
          reader.push(chunk);
          // The next read reuses the buffer.
          chunk.fill(0xee);
          at += size;
        }
        expect(got).toEqual(frames);
        for (const { body } of got) expect(body.byteOffset % 8).toBe(0);
      }),
    );
  });

  it('keeps the rest of a torn frame for the next bytes', () => {
    const got: number[] = [];
    const reader = new PipeFrameReader((type) => got.push(type));
    const bytes = stream([{ type: PipeFrame.acked, body: new Uint8Array(8) }]);
    reader.push(bytes.subarray(0, 15));
    expect(got).toEqual([]);
    reader.push(bytes.subarray(15));
    expect(got).toEqual([PipeFrame.acked]);
  });

  it('gives frames on or throws PIPE_PROTOCOL, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), (chunks) => {
        const reader = new PipeFrameReader((_type, body) => expect(body.byteLength).toBeLessThanOrEqual(MAX_PIPE_BODY));
        try {
          for (const chunk of chunks) reader.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(PipeProtocolError);
        }
      }),
    );
  });

  it('refuses a body over the limit before it takes memory for it', () => {
    const header = new Uint8Array(8);
    new DataView(header.buffer).setUint32(0, MAX_PIPE_BODY + 1, true);
    expect(() => new PipeFrameReader(() => undefined).push(header)).toThrow(/4194305 bytes is over the limit/);
    expect(() => pipeHeader(PipeFrame.ticks, MAX_PIPE_BODY + 1)).toThrow(PipeProtocolError);
  });
});
