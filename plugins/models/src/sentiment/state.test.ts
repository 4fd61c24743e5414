import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HALF_LIFE_MS, KEPT_MS, Moods } from './state.ts';

describe('what was said of late', () => {
  it('counts half after a half-life, and not before it was said', () => {
    const moods = new Moods();
    moods.add('EURUSD', { key: 'a', time: 0, net: 1, weight: 1 });
    moods.add('EURUSD', { key: 'b', time: HALF_LIFE_MS, net: -1, weight: 1 });
    expect(moods.of('EURUSD', 0)).toEqual({ net: 1, weight: 1, records: 1 });
    expect(moods.of('EURUSD', HALF_LIFE_MS)).toEqual({ net: -1 / 3, weight: 1.5, records: 2 });
    expect(moods.of('EURUSD', KEPT_MS + HALF_LIFE_MS)).toEqual({ net: 0, weight: 0, records: 0 });
    expect(moods.of('GBPUSD', 0)).toEqual({ net: 0, weight: 0, records: 0 });
  });

  it('takes a record back of all whom it spoke of', () => {
    const moods = new Moods();
    for (const symbol of ['EURUSD', 'USDJPY'])
      for (const key of ['a', 'b']) moods.add(symbol, { key, time: 0, net: key === 'a' ? 1 : 0, weight: 1 });
    moods.remove('a');
    moods.remove('unknown');
    expect(['EURUSD', 'USDJPY'].map((symbol) => moods.of(symbol, 0))).toEqual(
      Array.from({ length: 2 }, () => ({ net: 0, weight: 1, records: 1 })),
    );
  });

  it('is the same whatever order records come in, and a revision takes the place of what it revises', () => {
    const reading = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      time: fc.integer({ min: 0, max: HALF_LIFE_MS * 4 }),
      net: fc.double({ min: -1, max: 1, noNaN: true }),
      weight: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    const readings = fc.uniqueArray(reading, { selector: ({ key }) => key, maxLength: 6 });
    fc.assert(
      fc.property(
        readings.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const [one, other] = [new Moods(), new Moods()];
          for (const each of all) one.add('X', each);
          for (const each of shuffled) other.add('X', { ...each, net: 0 });
          for (const each of shuffled) other.add('X', each);
          expect(one.of('X', HALF_LIFE_MS * 4)).toEqual(other.of('X', HALF_LIFE_MS * 4));
        },
      ),
    );
  });
});
