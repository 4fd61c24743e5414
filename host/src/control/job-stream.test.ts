import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JobFrame, jobFrame, jsonFrame, readFrames } from './job-stream.ts';
import type { ReadFrame } from './job-stream.ts';

async function* torn(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((it) => it % (bytes.byteLength + 1)).sort((a, b) => a - b), bytes.byteLength]) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

async function framesOf(bytes: Uint8Array, cuts: readonly number[] = []): Promise<ReadFrame[]> {
  const frames: ReadFrame[] = [];
  for await (const frame of readFrames(torn(bytes, cuts))) frames.push(frame);
  return frames;
}

it('gives the frames that were written, however the stream is torn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
      fc.array(fc.nat(300), { maxLength: 8 }),
      async (payloads, cuts) => {
        const bytes = Buffer.concat([
          ...payloads.map((payload) => jobFrame(JobFrame.data, payload)),
          jsonFrame(JobFrame.result, { done: true }),
        ]);
        const frames = await framesOf(bytes, cuts);
        expect(frames.map(({ kind }) => kind)).toEqual([...payloads.map(() => JobFrame.data), JobFrame.result]);
        expect(frames.slice(0, -1).map(({ payload }) => [...payload])).toEqual(payloads.map((payload) => [...payload]));
      },
    ),
    { numRuns: 200 },
  );
});

it('says when an answer breaks off, or is no answer', async () => {
  const frame = jobFrame(JobFrame.data, new Uint8Array(10));
  await expect(framesOf(frame.subarray(0, 9))).rejects.toThrow(/breaks off/);
  await expect(framesOf(Buffer.from('HTTP/1.1 400'))).rejects.toThrow(/none of the host/);
});
