import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckWindow } from './ack-window.ts';

describe('AckWindow', () => {
  it('never moves back, nor beyond what was sent, whatever comes', () => {
    const act = fc.oneof(fc.record({ send: fc.integer({ min: 1, max: 5 }) }), fc.record({ ack: fc.integer({ min: 0, max: 400 }) }));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
        const window = new AckWindow();
        let before = 0;
        for (const step of acts) {
          if ('send' in step) window.send(window.sent + step.send);
          else {
            const verdict = window.ack(step.ack);
            expect(verdict).toBe(step.ack > window.sent ? 'future' : step.ack <= before ? 'stale' : 'moved');
          }
          expect(window.acked).toBeGreaterThanOrEqual(before);
          expect(window.acked).toBeLessThanOrEqual(window.sent);
          before = window.acked;
        }
      }),
    );
  });

  it('takes the word of a resume, back as well as ahead', () => {
    const window = new AckWindow();
    window.send(10);
    window.ack(9);
    window.resume(4);
    expect([window.sent, window.acked]).toEqual([4, 4]);
    window.resume(12);
    expect([window.sent, window.acked]).toEqual([12, 12]);
  });
});
