import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isBehind, START_CURSOR } from './cursor.ts';

it('a tick is behind a cursor exactly when it comes before (time, same) in order of time and ordinal', () => {
  const small = fc.nat(4);
  fc.assert(
    fc.property(small, small, small, small, (time, same, at, ordinal) => {
      expect(isBehind({ time, same }, at, ordinal)).toBe(at * 100 + ordinal < time * 100 + same);
    }),
  );
  expect(isBehind(START_CURSOR, 1, 0)).toBe(false);
});
