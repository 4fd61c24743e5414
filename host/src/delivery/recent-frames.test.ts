import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentFrames } from './recent-frames.ts';
import type { SpoolFrame } from './spool.ts';

const frame = (seq: number, bytes = 10): SpoolFrame => ({ seq, stream: 'ticks', count: 1, body: new Uint8Array(bytes) });
const seqs = (frames: readonly SpoolFrame[] | null): number[] | null => frames?.map(({ seq }) => seq) ?? null;

describe('RecentFrames', () => {
  it('gives what is asked for, and nothing where it is gone', () => {
    const recent = new RecentFrames(50);
    for (let seq = 7; seq < 17; seq++) recent.push(frame(seq));
    expect(seqs(recent.from(12, 100, 1_000))).toEqual([12, 13, 14, 15, 16]);
    expect(seqs(recent.from(13, 15, 20))).toEqual([13, 14]);
    expect(seqs(recent.from(13, 15, 1))).toEqual([13]);
    expect(recent.from(11, 100, 1_000)).toBeNull();
    expect(recent.from(17, 100, 1_000)).toEqual([]);
  });

  it('keeps to its bound and forgets what was acknowledged', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 400 }), forget: fc.option(fc.nat({ max: 5_000 })) }), { maxLength: 3_000 }),
        (bound, steps) => {
          const recent = new RecentFrames(bound);
          let model: SpoolFrame[] = [];
          steps.forEach(({ bytes, forget }, i) => {
            model.push(frame(i + 1, bytes));
            recent.push(frame(i + 1, bytes));
            let held = model.reduce((sum, { body }) => sum + body.byteLength, 0);
            while (held > bound) held -= (model.shift() as SpoolFrame).body.byteLength;
            if (forget !== null) {
              recent.forget(forget);
              model = model.filter(({ seq }) => seq > forget);
            }
          });
          expect(recent.bytes).toBe(model.reduce((sum, { body }) => sum + body.byteLength, 0));
          const first = model[0];
          if (first !== undefined) {
            expect(seqs(recent.from(first.seq, Infinity, Infinity))).toEqual(seqs(model));
            expect(recent.from(first.seq - 1, Infinity, Infinity)).toBeNull();
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
