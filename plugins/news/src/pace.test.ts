import { describe, expect, it } from 'vitest';
import { pauseOf } from './pace.ts';

const NOON = Date.UTC(2026, 10, 25, 12);
const HOUR = 3_600_000;
const none = { skipHours: [], skipDays: [] };

describe('the pause that a feed asks for', () => {
  it.each([
    ['nothing', none, 0],
    ['its ttl', { ...none, ttl: '90' }, 1.5 * HOUR],
    ['a ttl of a year: a day', { ...none, ttl: '525600' }, 24 * HOUR],
    ['a ttl that is none', { ...none, ttl: 'soon' }, 0],
    ['half of its period', { ...none, updatePeriod: 'daily', updateFrequency: '2' }, 12 * HOUR],
    ['its period, where how often is left out', { ...none, updatePeriod: 'Hourly' }, HOUR],
    ['the end of the hours to skip', { ...none, skipHours: ['12', '13', '14'] }, 3 * HOUR],
    ['hours from 1 to 24', { ...none, skipHours: ['12', '24'] }, HOUR],
    ['the end of the day to skip', { ...none, skipDays: ['Wednesday', 'Thursday'] }, 36 * HOUR],
    ['nothing, where all hours are to be skipped', { ...none, skipHours: Array.from({ length: 24 }, (_, hour) => String(hour)) }, 0],
    ['an hour to skip that the ttl ends in', { ...none, ttl: '60', skipHours: ['13'] }, 2 * HOUR],
  ])('is %s', (_, pace, pause) => {
    expect(pauseOf(pace, 60_000, NOON)).toBe(pause);
  });
});
