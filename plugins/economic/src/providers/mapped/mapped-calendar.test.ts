import { describe, expect, it } from 'vitest';
import { Config } from '../../config.ts';
import type { MappedConfig } from '../../config.ts';
import type { Listing } from '../../events/listing.ts';
import { mappedCalendar } from './mapped-calendar.ts';

type Given = Partial<Record<keyof MappedConfig, unknown>>;

function mapped(given: Given): MappedConfig {
  const provider = {
    type: 'mapped',
    name: 'x',
    url: 'https://api.example.com/calendar?a=1',
    fields: { title: '/t', time: '/d' },
    currency: 'USD',
    ...given,
  };
  return Config.parse({ providers: [provider] }).providers[0] as MappedConfig;
}

async function read(given: Given, body: unknown): Promise<Listing> {
  const [poll] = mappedCalendar({ config: mapped(given), headers: {}, query: {} }).polls;
  if (poll === undefined) throw new Error('it asks nothing');
  const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  return poll.read({ status: 200, url: '', movedTo: null, headers: {}, body: bytes }, 0);
}

const TRADING_ECONOMICS: Given = {
  currency: undefined,
  currencies: { 'United States': 'USD', Germany: 'EUR' },
  fields: {
    id: '/CalendarId',
    title: '/Event',
    currency: '/Country',
    impact: '/Importance',
    time: '/Date',
    timed: '/DateSpan',
    forecast: '/Forecast',
    previous: '/Previous',
    actual: '/Actual',
  },
};
const payrolls = {
  CalendarId: '87220',
  Date: '2016-12-02T13:30:00',
  Country: 'United States',
  Event: 'Non Farm Payrolls',
  Actual: '178K',
  Previous: '142K',
  Forecast: '175K',
  DateSpan: '0',
  Importance: 3,
};

describe('a mapping', () => {
  it('reads what TradingEconomics has: UTC without a Z, figures as text, countries, importance in numbers', async () => {
    const { events, skipped } = await read(TRADING_ECONOMICS, [
      payrolls,
      { ...payrolls, Country: 'Mali' },
      { ...payrolls, DateSpan: '1', Actual: '', Forecast: null },
    ]);
    expect(skipped).toBe(0);
    expect(events).toEqual([
      {
        id: '87220',
        title: 'Non Farm Payrolls',
        currency: 'USD',
        impact: 'high',
        at: Date.parse('2016-12-02T13:30:00Z'),
        timed: true,
        sourceTime: '2016-12-02T13:30:00',
        forecast: { text: '175K', value: 175_000 },
        previous: { text: '142K', value: 142_000 },
        actual: { text: '178K', value: 178_000 },
      },
      expect.objectContaining({ timed: false, forecast: null, actual: null }),
    ]);
  });

  it('reads what Finnhub has: a list within, numbers, units apart', async () => {
    const given: Given = {
      currency: undefined,
      items: '/economicCalendar',
      currencies: { US: 'USD' },
      fields: {
        title: '/event',
        currency: '/country',
        impact: '/impact',
        time: '/time',
        forecast: '/estimate',
        previous: '/prev',
        actual: '/actual',
        unit: '/unit',
      },
      timeFormat: 'yyyy-MM-dd HH:mm:ss',
    };
    const { events } = await read(given, {
      economicCalendar: [
        { actual: 8.4, country: 'US', estimate: 6.9, event: 'PPI MM', impact: 'low', prev: 0, time: '2020-06-02 01:45:00', unit: '%' },
      ],
    });
    expect(events).toMatchObject([
      {
        title: 'PPI MM',
        impact: 'low',
        at: Date.parse('2020-06-02T01:45:00Z'),
        actual: { text: '8.4', value: 8.4, unit: '%' },
        previous: { text: '0', value: 0, unit: '%' },
      },
    ]);
  });

  it('reads a CSV with dates and times apart', async () => {
    const given: Given = {
      format: 'csv',
      zone: 'America/New_York',
      timeFormat: 'yyyy MMM d h:mma',
      fields: { title: '/text', currency: '/cur', time: ['/year', '/day', '/time'], actual: '/actual' },
      currency: undefined,
    };
    const { events } = await read(
      given,
      '\uFEFFyear,day,time,cur,text,actual\n2022,Jan 3,3:15am,EUR,"PMI, Spain",56.2\n2022,Jul 4,All Day,USD,Holiday,\n',
    );
    expect(events).toMatchObject([
      { title: 'PMI, Spain', currency: 'EUR', at: Date.parse('2022-01-03T08:15:00Z'), timed: true, actual: { value: 56.2 } },
      { title: 'Holiday', currency: 'USD', at: Date.parse('2022-07-04T04:00:00Z'), timed: false, actual: null },
    ]);
  });

  it('adds what the query is to have to the address, and covers what it lists', async () => {
    const config = mapped({});
    const feed = mappedCalendar({ config, headers: { 'x-key': 'k' }, query: { c: 'a b' } });
    expect(feed.polls[0]?.request(0)).toEqual({ url: 'https://api.example.com/calendar?a=1&c=a+b', headers: { 'x-key': 'k' } });
    const day = (d: string) => ({ t: 'x', d });
    expect((await read({}, [day('2026-01-02'), day('2026-01-05')])).covers).toEqual({
      from: Date.parse('2026-01-02'),
      to: Date.parse('2026-01-05') + 1,
    });
    expect((await read({ complete: false }, [day('2026-01-02')])).covers).toBeNull();
  });

  it('says where an entry has nothing', async () => {
    const good = { t: 'x', d: '2026-01-02' };
    expect(await read({}, [good, { d: '2026-01-02' }])).toMatchObject({ skipped: 1, firstFault: 'entry 2: there is no title at "/t"' });
    expect(await read({}, [good, { t: 'x', d: 'soon' }])).toMatchObject({
      firstFault: 'entry 2: "soon" at "/d" is no time of the format "iso"',
    });
    expect(
      await read({ currency: undefined, fields: { title: '/t', time: '/d', currency: '/c' } }, [
        { ...good, c: 'USD' },
        { ...good, c: 'Earth' },
      ]),
    ).toMatchObject({
      firstFault: 'entry 2: "Earth" is no currency; "currencies" can make one of it',
    });
    await expect(read({}, { error: 'x' })).rejects.toThrow(/"items" says where the list is/);
    await expect(read({ items: '/list' }, {})).rejects.toThrow(/no list at "\/list"/);
    await expect(read({}, '<html>')).rejects.toThrow(/not JSON/);
    await expect(read({ format: 'csv' }, 'a,b\n"1')).rejects.toThrow(/no CSV/);
  });

  it('finds in its tables what stands in them, and not what every object has', async () => {
    const given: Given = { currency: undefined, fields: { title: '/t', time: '/d', currency: '/c', impact: '/i' } };
    const entry = { t: 'x', d: '2026-01-02', c: 'USD', i: 'constructor' };
    expect((await read(given, [entry, { ...entry, i: '__proto__' }])).events).toMatchObject([{ impact: 'none' }, { impact: 'none' }]);
    const listed: Given = { ...given, currencies: { US: 'USD' } };
    expect(
      (
        await read(listed, [
          { ...entry, c: 'US' },
          { ...entry, c: 'constructor' },
        ])
      ).events,
    ).toMatchObject([{ currency: 'USD' }]);
  });

  it('leaves out times that no calendar has, and cuts what is too long for a record', async () => {
    const good = { t: 'x'.repeat(2_000), d: '1786537800' };
    const { events, skipped, firstFault } = await read({ timeFormat: 'epoch-s' }, [
      good,
      { ...good, d: '1786537800000' },
      { ...good, d: '0' },
      { ...good, d: '-1e999' },
    ]);
    expect(events).toMatchObject([{ title: 'x'.repeat(500), at: 1_786_537_800_000 }]);
    expect([skipped, firstFault]).toEqual([3, 'entry 2: "1786537800000" is no time of our days']);
    const long = await read({}, [{ t: 'x', d: `2026-08-12T12:30:00.${'0'.repeat(200)}Z` }]);
    expect(long.events[0]?.sourceTime).toHaveLength(100);
  });

  it('is refused in words where it cannot be meant', () => {
    const faults = (given: Given): string =>
      Config.safeParse({ providers: [{ type: 'mapped', name: 'x', url: 'https://a.example', ...given }] }).error?.message ?? '';
    const fields = { title: '/t', time: '/d', currency: '/c' };
    expect(faults({ fields: { ...fields, title: 'Event' } })).toMatch(/JSON Pointer/);
    expect(faults({ fields, timeFormat: 'yyyy-MM' })).toMatch(/needs a year/);
    expect(faults({ fields, zone: 'Mars' })).toMatch(/IANA/);
    expect(faults({ fields, query: { key: 'env:HOME' } })).toMatch(/env:TICKHUB_ECONOMIC_KEY/);
    expect(faults({ fields, query: { key: 'env:TICKHUB_ECONOMIC_KEY', f: 'json' } })).toBe('');
    expect(faults({ fields: { title: '/t', time: '/d' } })).toMatch(/needs fields.currency/);
  });
});
