import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantIn, isZone, localTime, weekOf } from './zone.ts';

const NEW_YORK = 'America/New_York';
const at = (text: string): number => Date.parse(text);
const local = (year: number, month: number, day: number, hour: number, minute = 0) => ({ year, month, day, hour, minute, second: 0 });

describe('the instant of a local time', () => {
  it.each([
    // Payrolls, 8:30 in New York: the United States change on the second Sunday of March, Europe on the last.
    [NEW_YORK, local(2026, 3, 6, 8, 30), '2026-03-06T13:30:00Z', 'once'],
    [NEW_YORK, local(2026, 3, 13, 8, 30), '2026-03-13T12:30:00Z', 'once'],
    ['Europe/London', local(2026, 3, 13, 7), '2026-03-13T07:00:00Z', 'once'],
    ['Europe/London', local(2026, 3, 30, 7), '2026-03-30T06:00:00Z', 'once'],
    ['Europe/Berlin', local(2026, 10, 26, 8), '2026-10-26T07:00:00Z', 'once'],
    // Between the last Sunday of October and the first of November the distance is an hour less.
    [NEW_YORK, local(2026, 10, 28, 8, 30), '2026-10-28T12:30:00Z', 'once'],
    [NEW_YORK, local(2026, 11, 2, 8, 30), '2026-11-02T13:30:00Z', 'once'],
    // Left out, and shown twice.
    [NEW_YORK, local(2026, 3, 8, 2, 30), '2026-03-08T07:30:00Z', 'never'],
    [NEW_YORK, local(2026, 11, 1, 1, 30), '2026-11-01T05:30:00Z', 'twice'],
    ['Europe/London', local(2026, 3, 29, 1, 30), '2026-03-29T01:30:00Z', 'never'],
    ['Europe/London', local(2026, 10, 25, 1, 30), '2026-10-25T00:30:00Z', 'twice'],
    ['Australia/Lord_Howe', local(2026, 4, 5, 1, 45), '2026-04-04T14:45:00Z', 'twice'],
    ['Asia/Tokyo', local(2026, 8, 17, 8, 50), '2026-08-16T23:50:00Z', 'once'],
  ] as const)('%s %j is %s, shown %s', (zone, time, utc, shown) => {
    expect(instantIn(zone, time)).toEqual({ at: at(utc), shown });
  });

  it.each([local(2026, 2, 30, 8), local(2026, 13, 1, 8), local(2026, 1, 1, 24), local(2026, 1, 1, 8, 60)])('%j is none', (time) => {
    expect(instantIn('UTC', time)).toBeNull();
  });

  it('is shown by the clock of the zone, whenever the clocks show that time', () => {
    const zones = [NEW_YORK, 'Europe/London', 'Australia/Sydney', 'Asia/Tokyo', 'America/Sao_Paulo', 'Pacific/Auckland'];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: at('2000-01-01'), max: at('2035-01-01') }), (zone, moment) => {
        const minute = Math.floor(moment / 60_000) * 60_000;
        const time = localTime(zone, minute);
        const found = instantIn(zone, time);
        expect(found?.shown).not.toBe('never');
        expect(found === null ? null : localTime(zone, found.at)).toEqual(time);
        if (found?.shown === 'once') expect(found.at).toBe(minute);
      }),
    );
  });
});

describe('a week', () => {
  it('is from Sunday to Sunday where it is, an hour shorter or longer when the clocks change', () => {
    expect(weekOf(NEW_YORK, at('2026-08-02T04:48:17Z'))).toEqual({ from: at('2026-08-02T04:00:00Z'), to: at('2026-08-09T04:00:00Z') });
    expect(weekOf(NEW_YORK, at('2026-08-02T03:59:59Z'))).toEqual({ from: at('2026-07-26T04:00:00Z'), to: at('2026-08-02T04:00:00Z') });
    expect(weekOf(NEW_YORK, at('2026-03-10T12:00:00Z'))).toEqual({ from: at('2026-03-08T05:00:00Z'), to: at('2026-03-15T04:00:00Z') });
    expect(weekOf(NEW_YORK, at('2026-11-04T12:00:00Z'))).toEqual({ from: at('2026-11-01T04:00:00Z'), to: at('2026-11-08T05:00:00Z') });
  });
});

describe('a zone', () => {
  it('is one that the platform knows', () => {
    expect(['UTC', NEW_YORK, 'Europe/London'].every(isZone)).toBe(true);
    expect(['', 'Mars/Olympus', 'New York'].some(isZone)).toBe(false);
  });
});
