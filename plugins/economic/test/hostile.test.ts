import { describe, expect, it } from 'vitest';
import { readIcs } from '../src/providers/ics/ics-calendar.ts';
import { readJsonExport } from '../src/providers/forex-factory/json-export.ts';
import { readXmlExport } from '../src/providers/forex-factory/xml-export.ts';

/** The most that is taken of an answer. */
const SIZE = 1_048_576;
const fill = (head: string, piece: string, tail = ''): string =>
  head + piece.repeat(Math.floor((SIZE - head.length - tail.length) / piece.length)) + tail;
const xml = (piece: string, tail = ''): string => fill('<?xml version="1.0"?><weeklyevents>', piece, tail);
const ics = (piece: string, tail = ''): string =>
  fill('BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n', piece, `${tail}\r\nEND:VEVENT\r\nEND:VCALENDAR`);
const entry = (change: object): string => JSON.stringify([{ title: 'x', country: 'USD', date: '2026-08-12T08:30:00-04:00', ...change }]);
const terms = { zone: 'UTC', currency: 'USD', impact: 'low', impacts: {} } as const;

/** A megabyte of each: refused in words, or read without what is wrong. A test that hangs fails. */
const REFUSED: Readonly<Record<string, () => unknown>> = {
  'XML that is nested and not closed': () => readXmlExport(xml('<a>')),
  'XML of events that are empty': () => readXmlExport(xml('<event/>', '</weeklyevents>')),
  'XML of attributes': () => readXmlExport(fill('<?xml version="1.0"?><weeklyevents ', 'a="b" ', '></weeklyevents>')),
  'XML of entities': () => readXmlExport(xml('&amp;', '</weeklyevents>')),
  'XML of entities that grow': () =>
    readXmlExport('<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><weeklyevents>&b;</weeklyevents>'),
  'XML with CDATA that does not end': () => readXmlExport(fill('<?xml version="1.0"?><weeklyevents><event><title><![CDATA[', 'x')),
  'XML of comments that do not end': () => readXmlExport(xml('<!--')),
  'JSON that is nested': () => readJsonExport(fill('', '[')),
  'JSON of entries that are empty': () => readJsonExport(fill('[', '{},', '{}]')),
  'JSON with a time of spaces': () => readJsonExport(entry({ date: `2026${' '.repeat(SIZE)}` })),
  'an iCalendar of folded lines': () => readIcs(ics('x\r\n '), terms),
  'an iCalendar that is nested': () => readIcs(fill('BEGIN:VCALENDAR\r\n', 'BEGIN:VEVENT\r\n'), terms),
  'an iCalendar of properties': () => readIcs(ics('X;A=B:C\r\n'), terms),
  'an iCalendar of parameters': () => readIcs(ics(';A=B', ':C'), terms),
  'an iCalendar with a quote that does not end': () => readIcs(fill('BEGIN:VCALENDAR\r\nX;A="', 'b'), terms),
};

describe('a hostile answer', () => {
  it.each(Object.keys(REFUSED))('%s is refused in words', (name) => {
    expect(REFUSED[name]).toThrow(
      expect.objectContaining({ name: 'UnreadableAnswer', message: expect.stringMatching(/^[\s\S]{10,400}$/) as string }) as Error,
    );
  });

  it('with figures and titles without end is read, and cut to what a record holds', () => {
    const { events } = readJsonExport(entry({ title: 'x'.repeat(SIZE), forecast: '1'.repeat(SIZE), previous: '1|'.repeat(SIZE / 2) }));
    expect(events).toMatchObject([{ title: 'x'.repeat(500), forecast: { text: '1'.repeat(100), value: null }, previous: { value: null } }]);
    expect(events[0]?.previous?.parts).toBeUndefined();
  });
});
