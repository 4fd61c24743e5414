import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstReleases } from './vintages.ts';

const FOREVER = '9999-12-31';
const row = (date: string, value: string, from: string, to = FOREVER) => ({ realtime_start: from, realtime_end: to, date, value });
const answer = (...observations: unknown[]): string => JSON.stringify({ realtime_start: '2026-07-01', observations });
const level = { figure: 'level', decimals: 0, scale: 1 } as const;

describe('first releases', () => {
  it('are the values that were given first, with the figure before as it was known on that day', () => {
    const text = answer(
      row('2026-06-01', '100', '2026-07-01', '2026-07-31'),
      row('2026-06-01', '101', '2026-08-01'),
      row('2026-07-01', '110', '2026-08-01', '2026-08-31'),
      row('2026-07-01', '109', '2026-09-01'),
      row('2026-08-01', '120', '2026-09-01'),
    );
    const releases = firstReleases(text, '2026-07-01', level).map(({ day, actual, previous }) => [day, actual.text, previous?.text]);
    expect(releases).toEqual([
      ['2026-08-01', '110', '101'],
      ['2026-09-01', '120', '109'],
    ]);
  });

  it('are changes of what was known on that very day', () => {
    const text = answer(
      row('2026-05-01', '99.5', '2026-07-01'),
      row('2026-06-01', '100', '2026-07-01', '2026-07-31'),
      row('2026-06-01', '100.4', '2026-08-01'),
      row('2026-07-01', '100.7', '2026-08-01'),
    );
    const of = (figure: 'difference' | 'percent', scale: number, decimals: number) =>
      firstReleases(text, '2026-07-01', { figure, scale, decimals }).map(({ actual, previous }) => [
        actual.text,
        actual.value,
        previous?.text,
      ]);
    expect(of('difference', 1_000, 0)).toEqual([['300', 300, '900']]);
    expect(of('percent', 1, 1)).toEqual([['0.3%', 0.3, '0.9%']]);
  });

  it('from a year before need the observation of a year before', () => {
    const text = answer(
      row('2025-07-01', '200', '2026-07-01'),
      row('2026-07-01', '205', '2026-08-12'),
      row('2026-08-01', '206', '2026-09-11'),
    );
    expect(firstReleases(text, '2026-07-01', { figure: 'percent-year', scale: 1, decimals: 1 })).toEqual([
      { day: '2026-08-12', actual: { text: '2.5%', value: 2.5, unit: '%' }, previous: null },
    ]);
  });

  it('are none where the value is missing, or was known before', () => {
    const text = answer(
      row('2026-06-01', '100', '2026-07-01'),
      row('2026-07-01', '.', '2026-08-01', '2026-08-31'),
      row('2026-07-01', '110', '2026-09-01'),
    );
    expect(firstReleases(text, '2026-07-01', level)).toEqual([]);
  });

  it.each(['', '[]', '{"error_code":400}', '{"observations":[{"date":"x"}]}'])('%j is refused', (text) => {
    expect(() => firstReleases(text, '2026-07-01', level)).toThrow(/list of observations/);
  });

  it('are one a vintage, in order, however the rows lie', () => {
    const days = fc.integer({ min: 1, max: 28 }).map((day) => `2026-08-${String(day).padStart(2, '0')}`);
    const rows = fc.array(
      fc.record({
        date: days,
        realtime_start: days,
        realtime_end: fc.constantFrom(FOREVER, '2026-08-20'),
        value: fc.oneof(fc.double().map(String), fc.constant('.')),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(rows, fc.constantFrom('level', 'difference', 'percent', 'percent-year'), (observations, figure) => {
        const found = firstReleases(JSON.stringify({ observations }), '2026-08-03', { figure, decimals: 1, scale: 1 }).map(
          ({ day }) => day,
        );
        expect(found).toEqual([...new Set(found)].sort());
        for (const day of found) expect(observations.some(({ realtime_start }) => realtime_start === day && day > '2026-08-03')).toBe(true);
      }),
    );
  });
});
