import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Temporal } from 'temporal-polyfill';
import { instantAt, instantIn, isZone, offsetAt } from './zone.ts';

const NEW_YORK = 'America/New_York';
const ZONES = [
  NEW_YORK,
  'Europe/London',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Asia/Tokyo',
  'America/Sao_Paulo',
  'Pacific/Auckland',
  'Pacific/Apia',
];
const at = (text: string): number => Date.parse(text);
const MINUTES = fc.integer({ min: at('1980-01-01') / 60_000, max: at('2035-01-01') / 60_000 }).map((minute) => minute * 60_000);
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

  it.each([local(2026, 2, 30, 8), local(2026, 13, 1, 8), local(2026, 1, 1, 24), local(2026, 1, 1, 8, 60), local(2026, 1, 1, -1)])(
    '%j is none',
    (time) => {
      expect(instantIn('UTC', time)).toBeNull();
    },
  );

  it('has a year of less than four digits as it is written', () => {
    expect(instantIn('UTC', local(26, 11, 25, 8))?.at).toBe(at('0026-11-25T08:00:00Z'));
  });

  it('is shown by the clock of the zone, whenever the clocks show that time', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), MINUTES, (zone, minute) => {
        const wall = minute + offsetAt(zone, minute);
        const found = instantAt(zone, wall);
        expect(found.shown).not.toBe('never');
        expect(found.at + offsetAt(zone, found.at)).toBe(wall);
        if (found.shown === 'once') expect(found.at).toBe(minute);
      }),
    );
  });

  it('is what Temporal makes of it, also when the clocks change and of times that they leave out', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), MINUTES, fc.boolean(), fc.integer({ min: -180, max: 180 }), (zone, minute, atChange, off) => {
        const moment = Temporal.Instant.fromEpochMilliseconds(minute).toZonedDateTimeISO(zone);
        const change = atChange ? moment.getTimeZoneTransition('next') : null;
        const time = (change ?? moment).toPlainDateTime().add({ minutes: off });
        const { year, month, day, hour, minute: minutes, second } = time;
        const earlier = time.toZonedDateTime(zone, { disambiguation: 'earlier' });
        const later = time.toZonedDateTime(zone, { disambiguation: 'later' });
        const isOnce = earlier.epochMilliseconds === later.epochMilliseconds;
        const isTwice = !isOnce && earlier.toPlainDateTime().equals(time);
        expect(instantIn(zone, { year, month, day, hour, minute: minutes, second })).toEqual({
          at: (isTwice ? earlier : later).epochMilliseconds,
          shown: isOnce ? 'once' : isTwice ? 'twice' : 'never',
        });
        expect(offsetAt(zone, earlier.epochMilliseconds)).toBe(earlier.offsetNanoseconds / 1e6);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a zone', () => {
  it('is one that the platform knows', () => {
    expect(['UTC', NEW_YORK, 'Europe/London', 'EET'].every(isZone)).toBe(true);
    expect(['', 'Mars/Olympus', 'New York', 'EET-US'].some(isZone)).toBe(false);
    expect(() => offsetAt('Nowhere', 0)).toThrow(RangeError);
  });
});
