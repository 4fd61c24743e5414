import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Timeline } from './timeline.ts';

it('recorded times are kept in the first loop, and shifted by a whole recording and a second in the next', () => {
  const timeline = new Timeline({ startAt: 'recorded', first: 1_000, last: 5_000, base: 77, speed: 'full' });
  expect(timeline.played(1_234, 0)).toBe(1_234);
  expect(timeline.played(1_000, 1)).toBe(6_000);
  expect(timeline.played(1_000, 2)).toBe(11_000);
});

it('with startAt now the first tick is played at the base and the rest at speed', () => {
  const timeline = new Timeline({ startAt: 'now', first: 1_000, last: null, base: 50_000, speed: 2 });
  expect(timeline.played(1_000, 0)).toBe(50_000);
  expect(timeline.played(2_001, 0)).toBe(50_500);
  expect(timeline.loops).toBe(false);
  expect(timeline.loopAt(1e12)).toBe(0);
});

it('never falls, within a loop and from one to the next, and knows a loop that lies at or before any tick of it', () => {
  const options = fc.record({
    startAt: fc.constantFrom('now' as const, 'recorded' as const),
    first: fc.nat(10_000),
    span: fc.nat(100_000),
    base: fc.nat(1_000_000),
    speed: fc.double({ min: 0.01, max: 1_000, noNaN: true }),
  });
  const tick = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), loop: fc.nat(5) });
  fc.assert(
    fc.property(options, tick, tick, ({ span, ...rest }, a, b) => {
      const last = rest.first + span;
      const timeline = new Timeline({ ...rest, last });
      const time = (it: { at: number }): number => rest.first + Math.floor(it.at * span);
      const [early, late] = a.loop < b.loop || (a.loop === b.loop && time(a) <= time(b)) ? [a, b] : [b, a];
      expect(timeline.played(time(early), early.loop)).toBeLessThanOrEqual(timeline.played(time(late), late.loop));
      expect(timeline.loopAt(timeline.played(time(a), a.loop))).toBeLessThanOrEqual(a.loop);
    }),
  );
});
