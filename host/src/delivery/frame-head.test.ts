import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAD_BYTES, isIntact, readHead, sealHead, STREAM_CODES, ticksAfter, writeHead } from './frame-head.ts';
import { packedBytes, packFrames, unpackFrames } from './frame-pack.ts';
import type { SpoolStream } from './spool.ts';

const EPOCH = new Uint8Array([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);

const aFrame = fc
  .record({
    seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    stream: fc.constantFrom(...(Object.keys(STREAM_CODES) as SpoolStream[])),
    count: fc.integer({ min: 0, max: 0xffff_ffff }),
    minute: fc.integer({ min: 0, max: 0xffff_ffff }),
    ticksBefore: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    body: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ body, ...fields }) => {
    const head = new Uint8Array(HEAD_BYTES);
    writeHead(head, 0, { ...fields, bytes: body.byteLength });
    sealHead(head, body, EPOCH);
    return { head, body, fields };
  });

describe('frame head', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(aFrame, ({ head, body, fields }) => {
        expect(isIntact(head, body)).toBe(true);
        expect(readHead(head)).toEqual({ ...fields, bytes: body.byteLength, epoch: '0123456789abcdef' });
      }),
    );
  });

  it('sees every flipped bit of head and body', () => {
    fc.assert(
      fc.property(aFrame, fc.nat(), ({ head, body }, at) => {
        const bit = at % (8 * (head.byteLength + body.byteLength));
        const target = bit < 8 * head.byteLength ? head : body;
        const within = bit < 8 * head.byteLength ? bit : bit - 8 * head.byteLength;
        target[within >> 3] = (target[within >> 3] as number) ^ (1 << (within & 7));
        expect(isIntact(head, body)).toBe(false);
      }),
    );
  });

  it('counts the ticks of tick frames only', () => {
    const head = { epoch: '', seq: 1, bytes: 0, minute: 0, count: 5, ticksBefore: 10 };
    expect(ticksAfter({ ...head, stream: 'ticks' })).toBe(15);
    expect(ticksAfter({ ...head, stream: 'news' })).toBe(10);
  });

  it('refuses a stream or a format it does not know', () => {
    const head = new Uint8Array(HEAD_BYTES);
    writeHead(head, 0, { seq: 1, stream: 'ticks', count: 1, bytes: 0, minute: 0, ticksBefore: 0 });
    for (const at of [40, 41]) {
      const other = head.slice();
      other[at] = 99;
      expect(readHead(other)).toBeNull();
    }
    expect(readHead(head.subarray(1))).toBeNull();
  });

  it('packs and unpacks frames at multiples of 8', () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 8 }), (frames) => {
        const packed = packFrames(frames);
        expect(packed.byteLength).toBe(frames.reduce((sum, { body }) => sum + packedBytes(body.byteLength), 0));
        const unpacked = unpackFrames(packed);
        expect(unpacked.map(({ head, body }) => [[...head], [...body]])).toEqual(frames.map(({ head, body }) => [[...head], [...body]]));
        for (const { body } of unpacked) expect(body.byteOffset % 8).toBe(0);
      }),
    );
  });
});
