import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTime } from './daily-times.ts';
import { timeFormat } from './time-text.ts';
import { offsetAt } from '../time/zone.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);
const NEW_YORK = 'America/New_York';

describe('a time as a source writes it', () => {
  it.each([
    ['iso', 'UTC', '2026-11-25T12:30:05Z', '2026-11-25T12:30:05'],
    ['iso', 'UTC', '2026-11-25T12:30:05.123456789+02:00', '2026-11-25T10:30:05.123'],
    ['iso', 'UTC', '2026-11-25 12:30', '2026-11-25T12:30:00'],
    ['iso', NEW_YORK, '2026-11-25T12:30:05', '2026-11-25T17:30:05'],
    ['iso', NEW_YORK, '2026-11-25', '2026-11-25T05:00:00'],
    ['iso', NEW_YORK, '2026-11-25T12:30:05-0800', '2026-11-25T20:30:05'],
    ['rfc822', 'UTC', 'Wed, 25 Nov 2026 12:30:05 GMT', '2026-11-25T12:30:05'],
    ['rfc822', 'UTC', 'Mon, 25 Nov 2026 12:30:05 EST', '2026-11-25T17:30:05'],
    ['rfc822', 'UTC', '25 Nov 2026 12:30 +0100', '2026-11-25T11:30:00'],
    ['rfc822', 'UTC', '2026-11-25T12:30:05Z', '2026-11-25T12:30:05'],
    ['seconds', 'UTC', 1_764_072_000, '2025-11-25T12:00:00'],
    ['seconds', 'UTC', '1764072000.5', '2025-11-25T12:00:00.500'],
    ['milliseconds', 'UTC', '1764072000123', '2025-11-25T12:00:00.123'],
    ['microseconds', 'UTC', 1_764_072_000_123_456, '2025-11-25T12:00:00.123'],
    ['nanoseconds', 'UTC', '1764072000123456789', '2025-11-25T12:00:00.123'],
    ['dd.MM.yyyy HH:mm:ss', 'Europe/Berlin', '25.11.2026 12:30:05', '2026-11-25T11:30:05'],
    ['MM-dd-yyyy h:mma', 'UTC', '11-25-2026 8:30pm', '2026-11-25T20:30:00'],
    ['MM-dd-yyyy h:mma', 'UTC', '11-25-2026 12:05am', '2026-11-25T00:05:00'],
    ["EEE',' d MMM yy 'at' HH:mm Z", 'UTC', 'Wed, 25 November 26 at 12:30 +02:00', '2026-11-25T10:30:00'],
    ['yyyyMMdd', 'UTC', 20_261_125, '2026-11-25T00:00:00'],
  ])('%s in %s: %j is %s', (format, zone, value, expected) => {
    expect(timeFormat(format, zone)(value)).toBe(utc(expected));
  });

  it.each([
    ['iso', '25.11.2026'],
    ['iso', '2026-02-30'],
    ['iso', '2026-11-25T25:00:00Z'],
    ['iso', ''],
    ['iso', null],
    ['iso', {}],
    ['rfc822', 'yesterday'],
    ['rfc822', 'Wed, 25 Nov 2026 12:30:05 QQQ'],
    ['seconds', 'soon'],
    ['seconds', 1e300],
    ['yyyy-MM-dd', '2026-13-01'],
  ])('%s: %j is none', (format, value) => {
    expect(() => timeFormat(format, 'UTC')(value)).toThrow(/^wh(ere|ich) /);
  });

  it('refuses a pattern with letters that stand for nothing', () => {
    expect(() => timeFormat('yyyy-MM-ddThh:mm', 'UTC')).toThrow(/"T", which stands for nothing/);
  });

  it('reads back what it was written from, in any zone', () => {
    const zones = fc.constantFrom('UTC', NEW_YORK, 'Europe/London', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia');
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) }), zones, (at, zone) => {
        const local = new Date(at + offsetAt(zone, at)).toISOString().slice(0, -1);
        const read = timeFormat('iso', zone)(local);
        // The hour that is there twice may be read as its first.
        const isTwice = offsetAt(zone, read) !== offsetAt(zone, at);
        expect(isTwice ? read + offsetAt(zone, read) : read).toBe(isTwice ? at + offsetAt(zone, at) : at);
        expect(timeFormat('milliseconds', zone)(at)).toBe(at);
      }),
    );
  });

  it('never does more than throw', () => {
    fc.assert(
      fc.property(fc.constantFrom('iso', 'rfc822', 'seconds', 'yyyy-MM-dd HH:mm'), fc.anything(), (format, value) => {
        try {
          expect(Number.isInteger(timeFormat(format, NEW_YORK)(value))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('a time of day', () => {
  it.each([
    ['2026-11-01T01:30', '2026-11-01T05:30:00'],
    ['2026-03-08T02:30', '2026-03-08T07:30:00'],
    ['2026-03-08T03:00', '2026-03-08T07:00:00'],
  ])('%s in New York is %s: of two the first, and one that is skipped is that much later', (written, expected) => {
    expect(timeFormat('iso', NEW_YORK)(written)).toBe(utc(expected));
  });

  it.each([
    [['08:30'], NEW_YORK, undefined, '2026-11-25T12:00:00', '2026-11-25T13:30:00'],
    [['08:30'], NEW_YORK, undefined, '2026-11-25T13:30:00', '2026-11-26T13:30:00'],
    [['08:30', '10:00:05'], NEW_YORK, undefined, '2026-11-25T14:00:00', '2026-11-25T15:00:05'],
    [['08:30'], NEW_YORK, ['mon'], '2026-11-25T12:00:00', '2026-11-30T13:30:00'],
    [['08:30'], NEW_YORK, ['wed'], '2026-11-25T13:30:00', '2026-12-02T13:30:00'],
    // Summer time begins on the 8th: the same time of day is an hour earlier in UTC.
    [['08:30'], NEW_YORK, undefined, '2026-03-07T13:30:00', '2026-03-08T12:30:00'],
    [['00:05'], 'Asia/Tokyo', undefined, '2026-11-25T12:00:00', '2026-11-25T15:05:00'],
  ])('%j in %s on %j: after %s comes %s', (times, zone, days, now, next) => {
    expect(nextTime({ times, zone, days }, utc(now))).toBe(utc(next));
  });
});
