import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Tally } from './tally.ts';

it('a tally counts as a map does, in the order of first sight, again and again', () => {
  const tally = new Tally();
  const numbers = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 31 - 2 })), { maxLength: 300 });
  fc.assert(
    fc.property(numbers, (added) => {
      const map = new Map<number, number>();
      tally.begin(added.length);
      for (const number of added) {
        tally.add(number);
        map.set(number, (map.get(number) ?? 0) + 1);
      }
      expect(Array.from({ length: tally.size }, (_, i) => [tally.numberAt(i), tally.countAt(i)])).toEqual([...map]);
    }),
    { numRuns: 200 },
  );
});
