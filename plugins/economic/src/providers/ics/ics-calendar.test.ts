import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIcs } from './ics-calendar.ts';

const terms = { zone: 'America/New_York', currency: 'USD', impact: 'low', impacts: { 'consumer price index': 'high' } } as const;
const calendar = (...lines: string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//BLS//Schedule//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: string[]): string[] => [
  'BEGIN:VEVENT',
  `UID:${lines.join('')}@example.com`,
  'DTSTAMP:20260101T000000Z',
  ...lines,
  'END:VEVENT',
];
const read = (...lines: string[]) => readIcs(calendar(...event(...lines)), terms).events[0];

/** As the BLS has it: its own name for the zone, with the rules of 2007. */
const TIMEZONE = [
  'BEGIN:VTIMEZONE',
  'TZID:US-Eastern',
  'BEGIN:STANDARD',
  'DTSTART:20071104T020000',
  'RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11',
  'TZOFFSETFROM:-0400',
  'TZOFFSETTO:-0500',
  'END:STANDARD',
  'END:VTIMEZONE',
];

describe('an iCalendar', () => {
  it('has times of its zone, in summer and winter', () => {
    const text = calendar(
      ...TIMEZONE,
      ...event('SUMMARY:Consumer Price Index', 'DTSTART;TZID=US-Eastern:20260812T083000'),
      ...event('SUMMARY:Real Earnings', 'DTSTART;TZID=US-Eastern:20261210T083000'),
    );
    const { events, skipped, covers } = readIcs(text, terms);
    expect(events).toEqual([
      {
        title: 'Consumer Price Index',
        currency: 'USD',
        impact: 'high',
        at: Date.parse('2026-08-12T12:30:00Z'),
        timed: true,
        sourceTime: '2026-08-12T08:30:00 US-Eastern',
      },
      {
        title: 'Real Earnings',
        currency: 'USD',
        impact: 'low',
        at: Date.parse('2026-12-10T13:30:00Z'),
        timed: true,
        sourceTime: '2026-12-10T08:30:00 US-Eastern',
      },
    ]);
    expect(skipped).toBe(0);
    expect(covers).toEqual({ from: events[0]?.at, to: (events[1]?.at ?? 0) + 1 });
  });

  it.each([
    ['DTSTART:20260812T123000Z', '2026-08-12T12:30:00Z', true],
    ['DTSTART:20260812T083000', '2026-08-12T12:30:00Z', true],
    ['DTSTART;TZID=Europe/London:20260812T070000', '2026-08-12T06:00:00Z', true],
    ['DTSTART;TZID=Somewhere Else:20260812T083000', '2026-08-12T12:30:00Z', true],
    ['DTSTART;VALUE=DATE:20260812', '2026-08-12T04:00:00Z', false],
  ])('%s is %s', (start, utc, timed) => {
    expect(read('SUMMARY:X', start)).toMatchObject({ at: Date.parse(utc), timed });
  });

  it('has folded lines and escaped signs', () => {
    expect(read('SUMMARY:Employment\\, Hours\\, and', '  Earnings', 'DTSTART:20260812T123000Z')?.title).toBe(
      'Employment, Hours, and Earnings',
    );
  });

  it('leaves out what is cancelled, and counts what cannot be read', () => {
    const text = calendar(
      ...event('SUMMARY:Gone', 'STATUS:CANCELLED', 'DTSTART:20260812T123000Z'),
      ...event('SUMMARY:No time'),
      ...event('DTSTART:20260812T123000Z'),
      ...event('SUMMARY:Here', 'DTSTART:20260812T123000Z'),
    );
    const { events, skipped, firstFault } = readIcs(text, terms);
    expect([events.map(({ title }) => title), skipped, firstFault]).toEqual([['Here'], 2, 'entry 2: it has no DTSTART']);
  });

  it.each(['', '<html></html>', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:half'])('%j is refused', (text) => {
    expect(() => readIcs(text, terms)).toThrow(expect.objectContaining({ name: 'UnreadableAnswer' }) as Error);
  });

  it('is refused or read, whatever its lines are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 }), { maxLength: 10 }), (lines) => {
        try {
          readIcs(calendar(...event('SUMMARY:X', 'DTSTART:20260812T123000Z'), ...lines), terms);
        } catch (error) {
          expect(error).toMatchObject({ name: 'UnreadableAnswer' });
        }
      }),
    );
  });
});
