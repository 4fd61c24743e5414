import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFigure } from '../figures/read-figure.ts';
import { matchOccurrences, MOVES_WITHIN_MS } from './match.ts';

const at = (text: string): number => Date.parse(`${text}:00-04:00`);
const seen = (time: string, previous = '') => ({ at: at(time), previous: readFigure(previous) });
const AUGUST = { from: at('2026-08-09T00:00'), to: at('2026-08-16T00:00') };

describe('an event that is listed again', () => {
  it('is the one that was known, whether it moved by minutes or by hours', () => {
    expect(matchOccurrences([seen('2026-08-13T04:03', '1610B')], [seen('2026-08-13T05:03', '1610B')], AUGUST)).toEqual([0]);
    expect(matchOccurrences([seen('2026-08-13T19:30')], [seen('2026-08-14T19:30')], AUGUST)).toEqual([0]);
  });

  it('is another one where it is too far away', () => {
    expect(matchOccurrences([seen('2026-08-10T15:00')], [seen('2026-08-12T15:00')], AUGUST)).toEqual([-1]);
  });

  it('is the same after a longer way while its previous figure is, which says that it has not been out', () => {
    expect(matchOccurrences([seen('2026-08-11T02:02', '-5.0%')], [seen('2026-08-14T02:02', '-5.0%')], AUGUST)).toEqual([0]);
    expect(matchOccurrences([seen('2026-08-11T02:02', '-5.0%')], [seen('2026-08-14T02:02', '-4.0%')], AUGUST)).toEqual([-1]);
  });

  it('is no weekly release of the week before, though the figures be the same', () => {
    expect(matchOccurrences([seen('2026-08-06T08:30', '203K')], [seen('2026-08-13T08:30', '203K')], null)).toEqual([-1]);
  });

  it('is not one of the week before, which the answer does not list', () => {
    expect(matchOccurrences([seen('2026-08-08T19:00')], [seen('2026-08-09T20:00')], AUGUST)).toEqual([-1]);
  });

  it('is told from its namesake of the same week', () => {
    const [early, late] = [seen('2026-08-10T15:00'), seen('2026-08-13T08:15')];
    expect(matchOccurrences([late], [early, late], AUGUST)).toEqual([-1, 0]);
    expect(matchOccurrences([early, late], [late, early], AUGUST)).toEqual([1, 0]);
    expect(matchOccurrences([early, late], [seen('2026-08-13T08:20'), seen('2026-08-10T16:00')], AUGUST)).toEqual([1, 0]);
  });

  it('is told from its namesake a minute away by the previous figure, though both have moved', () => {
    const before = [seen('2026-08-11T08:15'), seen('2026-08-11T08:16', '15.0K')];
    const after = [seen('2026-08-11T08:14', '15.0K'), seen('2026-08-11T08:15', '11.0K')];
    expect(matchOccurrences(before, after, AUGUST)).toEqual([1, 0]);
  });
});

const occurrences = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: AUGUST.from / 60_000, max: AUGUST.to / 60_000 }).map((minutes) => minutes * 60_000),
    previous: fc.constantFrom('', '0.1%', '0.2%').map(readFigure),
  }),
  { maxLength: 6, selector: ({ at }) => at },
);

describe('matching', () => {
  it('gives no known event to two, and all to themselves when nothing has changed', () => {
    fc.assert(
      fc.property(occurrences, occurrences, (known, listed) => {
        const matched = matchOccurrences(known, listed, AUGUST).filter((index) => index >= 0);
        expect(new Set(matched).size).toBe(matched.length);
        const again = matchOccurrences(known, known, AUGUST);
        expect(again.toSorted((a, b) => a - b)).toEqual(known.map((_, index) => index));
        again.forEach((index, listedIndex) => expect(known[index]).toEqual(known[listedIndex]));
      }),
    );
  });

  it('does not depend on the order of the answer', () => {
    fc.assert(
      fc.property(occurrences, occurrences, (known, listed) => {
        const there = matchOccurrences(known, listed, AUGUST).map((index, i) =>
          JSON.stringify([index < 0 ? null : known[index], listed[i]]),
        );
        const back = matchOccurrences(known, listed.toReversed(), AUGUST).map((index, i) =>
          JSON.stringify([index < 0 ? null : known[index], listed.toReversed()[i]]),
        );
        expect(new Set(back)).toEqual(new Set(there));
      }),
    );
  });

  it('leaves no event alone that could only be one', () => {
    fc.assert(
      fc.property(fc.integer({ min: -MOVES_WITHIN_MS, max: MOVES_WITHIN_MS }), (moved) => {
        const was = { at: at('2026-08-12T12:00'), previous: null };
        expect(matchOccurrences([was], [{ at: was.at + moved, previous: readFigure('1.0%') }], AUGUST)).toEqual([0]);
      }),
    );
  });
});
