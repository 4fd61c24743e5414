import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedCalendar, snapshots } from '../../../test/snapshots.ts';
import { covers } from '../../events/listing.ts';
import { decodeText } from '@tickhub/plugin-sdk/documents';
import { readJsonExport } from './json-export.ts';
import { readXmlExport } from './xml-export.ts';

const iso = (at: number): string => new Date(at).toISOString();
const excerpt = decodeText(readFileSync(new URL('../../../test/fixtures/ff-week-excerpt.xml', import.meta.url)));
const shared = sharedCalendar();
const entry = { title: 'CPI m/m', country: 'USD', date: '2026-08-12T08:30:00-04:00', impact: 'High', forecast: '0.3%', previous: '0.2%' };
const json = (...entries: unknown[]): string => JSON.stringify(entries);

describe('the JSON export', () => {
  it('has times with the offset that New York has on that day', () => {
    const { events } = readJsonExport(json(entry, { ...entry, date: '2026-12-10T08:30:00-05:00' }));
    expect(events.map(({ at }) => iso(at))).toEqual(['2026-08-12T12:30:00.000Z', '2026-12-10T13:30:00.000Z']);
    expect(events[0]).toEqual({
      title: 'CPI m/m',
      currency: 'USD',
      impact: 'high',
      at: Date.parse('2026-08-12T12:30:00Z'),
      timed: true,
      sourceTime: '2026-08-12T08:30:00-04:00',
      forecast: { text: '0.3%', value: 0.3, unit: '%' },
      previous: { text: '0.2%', value: 0.2, unit: '%' },
    });
  });

  it('has what concerns all currencies, holidays without an hour, and impacts of its own', () => {
    const { events } = readJsonExport(
      json(
        { ...entry, country: 'All', impact: 'Medium' },
        { ...entry, impact: 'Holiday' },
        { ...entry, impact: 'Non-Economic', forecast: '', previous: '' },
      ),
    );
    expect(events.map(({ currency, impact, timed, forecast }) => [currency, impact, timed, forecast?.text ?? null])).toEqual([
      ['ALL', 'medium', true, '0.3%'],
      ['USD', 'holiday', false, '0.3%'],
      ['USD', 'none', true, null],
    ]);
  });

  it('covers the weeks of New York that its events are in', () => {
    const { covers: span } = readJsonExport(json(entry));
    expect([iso(span?.from ?? 0), iso(span?.to ?? 0)]).toEqual(['2026-08-09T04:00:00.000Z', '2026-08-16T04:00:00.000Z']);
    expect(covers(span, Date.parse('2026-08-16T03:59:59Z'))).toBe(true);
    expect(readJsonExport('[]')).toEqual({ events: [], covers: null, skipped: 0 });
  });

  it('loses no more than the entries that cannot be read, and says what is wrong with the first', () => {
    const { events, skipped, firstFault } = readJsonExport(
      json({ ...entry, date: 'soon' }, entry, { ...entry, country: 'Earth' }, { title: 5 }, null, 'x'),
    );
    expect(events).toHaveLength(1);
    expect(skipped).toBe(5);
    expect(firstFault).toBe('entry 1: "soon" is no time');
  });

  it.each([
    ['{"error":"x"}', /no list/],
    ['{', /not JSON/],
    [json({ ...entry, date: '' }), /none of its 1 entries/],
    ['', /not JSON/],
  ])('%s is refused', (text, words) => {
    expect(() => readJsonExport(text)).toThrow(words);
  });

  it('asked too often is a page', () => {
    const page = '<!DOCTYPE html><html><head><title>Rate Limited</title></head></html>';
    expect(() => readJsonExport(page)).toThrow(expect.objectContaining({ state: 'rate-limited', retryAfterMs: 300_000 }) as Error);
  });

  it('is read whole in all recorded answers', () => {
    for (const { rows } of snapshots().list) {
      const { events, skipped } = readJsonExport(JSON.stringify(rows));
      expect(skipped).toBe(0);
      expect(events.map(({ at }) => at)).toEqual(rows.map(({ date }) => Date.parse(date)));
      for (const { forecast, previous } of events) {
        for (const figure of [forecast, previous]) {
          if (figure !== null && figure !== undefined && !figure.text.startsWith('<')) expect(figure.value ?? figure.parts).toBeDefined();
        }
      }
    }
  });

  it('never breaks, whatever an entry is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record(Object.fromEntries(Object.keys(entry).map((key) => [key, fc.oneof(fc.string(), fc.jsonValue())]))),
          ),
        ),
        (entries) => {
          const text = JSON.stringify([entry, ...entries]);
          const { events, skipped } = readJsonExport(text);
          expect(events.length + skipped).toBe(entries.length + 1);
        },
      ),
    );
  });
});

describe('the XML export', () => {
  it('has times in UTC, and a page for each event', () => {
    const { events, skipped } = readXmlExport(excerpt);
    expect(skipped).toBe(0);
    expect(events).toHaveLength(8);
    expect(events[0]).toMatchObject({
      title: 'Bank Holiday',
      currency: 'AUD',
      impact: 'holiday',
      timed: false,
      forecast: null,
      previous: null,
    });
    expect(events[5]).toMatchObject({ title: '10-y Bond Auction', previous: { text: '4.67|3.1', value: null, parts: [4.67, 3.1] } });
    expect(events[7]).toEqual({
      title: 'Core CPI m/m',
      currency: 'USD',
      impact: 'high',
      at: Date.parse('2025-06-11T12:30:00Z'),
      timed: true,
      sourceTime: '06-11-2025 12:30pm',
      forecast: { text: '0.3%', value: 0.3, unit: '%' },
      previous: { text: '0.2%', value: 0.2, unit: '%' },
      url: 'https://www.forexfactory.com/calendar/79-us-core-cpi-mm',
    });
  });

  it('is windows-1252, as it says', () => {
    const bytes = Buffer.from(excerpt.replace('Core CPI m/m', 'Banque de France \x96 d\xe9ficit'), 'latin1');
    expect(readXmlExport(decodeText(bytes)).events.at(-1)?.title).toBe('Banque de France – déficit');
  });

  it('has words for days without an hour', () => {
    const { events } = readXmlExport(excerpt.replace('12:30pm', 'Tentative').replace('9:42am', 'All Day'));
    expect(events.slice(-2).map(({ at, timed }) => [iso(at).slice(0, 10), timed])).toEqual([
      ['2025-06-11', false],
      ['2025-06-11', false],
    ]);
  });

  it.each([
    ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY a "b">]>' + excerpt, /DOCTYPE/],
    ['another document', '<?xml version="1.0"?><rss><channel/></rss>', /weeklyevents/],
    ['half of it', excerpt.slice(0, 900), /weeklyevents/],
  ])('is refused where it is %s', (_, text, words) => {
    expect(() => readXmlExport(text)).toThrow(words);
  });

  it('may be of no events', () => {
    expect(readXmlExport('<?xml version="1.0" encoding="windows-1252"?><weeklyevents></weeklyevents>').events).toEqual([]);
  });

  it.skipIf(shared === null)('is read whole in the recorded week of June 2025', () => {
    const text = decodeText(gunzipSync(readFileSync(path.join(shared ?? '', 'ff_calendar_thisweek.2025-06.xml.gz'))));
    const { events, skipped, covers: span } = readXmlExport(text);
    expect([events.length, skipped]).toEqual([71, 0]);
    expect(events.every(({ at }) => covers(span, at))).toBe(true);
    // US releases of that week came at 8:30 and 10:00 in New York: it is UTC, then.
    expect(iso(events.find(({ title, currency }) => currency === 'USD' && title === 'CPI y/y')?.at ?? 0)).toBe('2025-06-11T12:30:00.000Z');
  });
});
