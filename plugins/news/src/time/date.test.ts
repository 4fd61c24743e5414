import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDate } from './date.ts';

const at = (text: string): number => Date.parse(text);

describe('a date', () => {
  it.each([
    ['Wed, 25 Nov 2026 13:30:00 +0200', '2026-11-25T11:30:00Z'],
    ['Sun, 25 Nov 2026 13:30:00 GMT', '2026-11-25T13:30:00Z'],
    ['25 Nov 26 13:30 EST', '2026-11-25T18:30:00Z'],
    ['Wed, 25 Nov 2026 13:30:00 EDT', '2026-11-25T17:30:00Z'],
    ['Wed, 25 Nov 2026 13:30:00 ET', '2026-11-25T18:30:00Z'],
    ['Wed, 01 Jul 2026 13:30:00 ET', '2026-07-01T17:30:00Z'],
    ['Wed, 25 Nov 2026 13:30:00 GMT+2', '2026-11-25T11:30:00Z'],
    ['Wed, 25 Nov 2026 13:30:00 +0000 (UTC)', '2026-11-25T13:30:00Z'],
    ['Wed, 25 Nov 2026 1:30 PM PST', '2026-11-25T21:30:00Z'],
    ['2026-11-25T13:30:00Z', '2026-11-25T13:30:00Z'],
    ['2026-11-25T13:30:00.250+01:00', '2026-11-25T12:30:00.250Z'],
    ['2026-11-25 13:30:00 +0530', '2026-11-25T08:00:00Z'],
    ['20261125T133000Z', '2026-11-25T13:30:00Z'],
    ['Wed Nov 25 13:30:00 UTC 2026', '2026-11-25T13:30:00Z'],
    ['November 25, 2026 1:30 pm GMT', '2026-11-25T13:30:00Z'],
    ['25-Nov-2026 13:30:00 UTC', '2026-11-25T13:30:00Z'],
    ['mer., 25 novembre 2026 13:30:00 +0100', '2026-11-25T12:30:00Z'],
    ['25 Okt 2026 12:00:00 UTC', '2026-10-25T12:00:00Z'],
    ['1795613400', '2026-11-25T13:30:00Z'],
    ['1795613400000', '2026-11-25T13:30:00Z'],
  ])('%j says when', (text, time) => {
    expect(readDate(text, 'Asia/Tokyo')).toEqual({ time: at(time), zoned: true });
  });

  it.each([
    ['2026-11-25T13:30:00', '2026-11-25T18:30:00Z'],
    ['2026-07-01 13:30', '2026-07-01T17:30:00Z'],
    ['25 Nov 2026', '2026-11-25T05:00:00Z'],
    ['Monday, July 27, 2026 - 15:30', '2026-07-27T19:30:00Z'],
    ['11/25/2026 1:30 PM', '2026-11-25T18:30:00Z'],
    ['Wed, 25 Nov 2026 13:30:00 XYZ', '2026-11-25T18:30:00Z'],
    // Spring leaves the hour out; autumn has it twice, and the first counts.
    ['2026-03-08 02:30', '2026-03-08T07:30:00Z'],
    ['2026-11-01 01:30', '2026-11-01T05:30:00Z'],
  ])('%j without a zone is of the feed, and told as such', (text, time) => {
    expect(readDate(text, 'America/New_York')).toEqual({ time: at(time), zoned: false });
  });

  it.each(['', 'now', '31 Feb 2026', '2026-13-01', '25 Foo 2026', '99999999999999999', '2026-11-25T25:00:00Z', '1 Jan 1970', '0', '٢٠٢٦'])(
    '%j is none',
    (text) => {
      expect(readDate(text, 'UTC')).toBeNull();
    },
  );

  it('survives being written in any of the usual ways', () => {
    const ways = [
      (date: Date) => date.toISOString(),
      (date: Date) => date.toUTCString(),
      (date: Date) => date.toUTCString().replace('GMT', '+0000'),
      (date: Date) => String(date.getTime()),
    ];
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2002-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
        fc.constantFrom(...ways),
        (date, way) => {
          const second = new Date(Math.floor(date.getTime() / 1_000) * 1_000);
          expect(readDate(way(second), 'Asia/Tokyo')?.time).toBe(second.getTime());
        },
      ),
    );
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:/, TZ+adnovjm.') }), (text) => {
        const read = readDate(text, 'Europe/Berlin');
        expect(read === null || Number.isInteger(read.time)).toBe(true);
      }),
    );
  });
});
