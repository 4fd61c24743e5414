import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimePattern } from './time-pattern.ts';
import { readIsoTime, timeFormat } from './written-time.ts';

const NEW_YORK = 'America/New_York';
const once = (text: string, timed = true) => ({ at: Date.parse(text), timed, shown: 'once' });

describe('an ISO time', () => {
  it.each([
    ['2026-08-16T18:30:00-04:00', '2026-08-16T22:30:00Z'],
    ['2026-12-16T08:30:00-05:00', '2026-12-16T13:30:00Z'],
    ['2026-08-16T18:30:00+0530', '2026-08-16T13:00:00Z'],
    ['2026-08-16T18:30:00.123Z', '2026-08-16T18:30:00Z'],
    ['2026-08-16 18:30 Z', '2026-08-16T18:30:00Z'],
  ])('%s has its offset', (text, utc) => {
    expect(readIsoTime(text, NEW_YORK)).toEqual(once(utc));
  });

  it('without an offset is of the zone, and without a time is a day', () => {
    expect(readIsoTime('2016-12-02T13:30:00', 'UTC')).toEqual(once('2016-12-02T13:30:00Z'));
    expect(readIsoTime('2026-07-02T08:30:00', NEW_YORK)).toEqual(once('2026-07-02T12:30:00Z'));
    expect(readIsoTime('2026-07-02', NEW_YORK)).toEqual(once('2026-07-02T04:00:00Z', false));
  });

  it.each(['', 'tomorrow', '2026-02-30T10:00:00Z', '2026-13-01', '2026-08-16T25:00:00Z', '08/16/2026', '2026-08-16T18:30:00 EST'])(
    '%j is none',
    (text) => {
      expect(readIsoTime(text, 'UTC')).toBeNull();
    },
  );

  it('is what Date makes of it, for each time with an offset', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), fc.integer({ min: -12 * 4, max: 14 * 4 }), (seconds, quarters) => {
        const shown = new Date((seconds + quarters * 900) * 1_000).toISOString().slice(0, 19);
        const size = Math.abs(quarters);
        const offset = `${quarters < 0 ? '-' : '+'}${String(Math.floor(size / 4)).padStart(2, '0')}:${String((size % 4) * 15).padStart(2, '0')}`;
        expect(readIsoTime(`${shown}${offset}`, NEW_YORK)?.at).toBe(seconds * 1_000);
      }),
    );
  });
});

describe('a time by a format', () => {
  it.each([
    ['MM-dd-yyyy h:mma', 'UTC', '06-08-2025 9:00pm', '2025-06-08T21:00:00Z', true],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025 12:05am', '2025-06-09T00:05:00Z', true],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025 12:30 p.m.', null, true],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025 13:30pm', null, true],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025 All Day', '2025-06-09T00:00:00Z', false],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025 Tentative', '2025-06-09T00:00:00Z', false],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025', '2025-06-09T00:00:00Z', false],
    ['MM-dd-yyyy h:mma', 'UTC', '06-09-2025 soon', null, false],
    ['yyyy MMM d h:mma', NEW_YORK, '2022 Jan 3 3:15am', '2022-01-03T08:15:00Z', true],
    ['yyyy MMM d h:mma', NEW_YORK, '2022 Sep. 13 8:30am', '2022-09-13T12:30:00Z', true],
    ['yyyy MMM d h:mma', NEW_YORK, '2022 Jan 2 All Day', '2022-01-02T05:00:00Z', false],
    ['dd/MM/yyyy HH:mm:ss', 'Europe/London', '13/03/2026 07:00:00', '2026-03-13T07:00:00Z', true],
    ['dd.MM.yyyy', 'Europe/Berlin', '13.08.2026', '2026-08-12T22:00:00Z', false],
    ['epoch-s', 'UTC', '1480685400', '2016-12-02T13:30:00Z', true],
    ['epoch-ms', 'UTC', '1480685400000', '2016-12-02T13:30:00Z', true],
    ['epoch-s', 'UTC', 'soon', null, true],
  ] as const)('%s in %s reads %s', (format, zone, text, utc, timed) => {
    expect(timeFormat(format)(text, zone)).toEqual(utc === null ? null : once(utc, timed));
  });

  it.each(['h:mma', 'yyyy-MM', 'yyyy-MM-dd yyyy', 'yyyy-MM-dd xx', ''])('%j is refused, in words', (format) => {
    expect(() => timeFormat(format)).toThrow(/field|needs|twice/);
  });

  it('reads each day and minute as it was written', () => {
    const pattern = new TimePattern('dd/MM/yyyy HH:mm');
    fc.assert(
      fc.property(fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }), (date) => {
        const [year = '', month = '', rest = ''] = date.toISOString().split('-');
        const [day = '', clock = ''] = rest.split('T');
        const read = pattern.read(`${day}/${month}/${year} ${clock.slice(0, 5)}`);
        expect(read?.local).toEqual({
          year: Number(year),
          month: Number(month),
          day: Number(day),
          hour: date.getUTCHours(),
          minute: date.getUTCMinutes(),
          second: 0,
        });
      }),
    );
  });

  it('survives whatever it is given', () => {
    const pattern = new TimePattern('yyyy MMM d h:mma');
    fc.assert(fc.property(fc.string({ maxLength: 60 }), (text) => void pattern.read(text)));
  });
});
