import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { Harness, HttpAnswer } from '@tickhub/plugin-sdk/testing';
import type { CalendarBody } from '@tickhub/plugin-sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';
import { sharedCalendar } from './snapshots.ts';

const shared = sharedCalendar();
const csv =
  shared === null
    ? readFileSync(new URL('fixtures/ff-history-2022-excerpt.csv', import.meta.url), 'utf8')
    : gunzipSync(readFileSync(path.join(shared, 'ff_history_2022_scrape.csv.gz'))).toString('utf8');
const MINIMUM = 8;

interface Row {
  readonly at: number;
  readonly series: string;
  readonly actual: string;
  readonly forecast: string;
}

/** Read by other means than the plugin's: split at commas (no title has one), New York's offset by the dates of 2022, figures by their last letter. */
const rows: Row[] = csv
  .trim()
  .split(/\r?\n/)
  .slice(1)
  // Two rows have "17th June" and "24th June" where the time is: when they came out is not known.
  .filter((line) => !/th June/.test(line))
  .map((line) => line.split(','))
  .map(([year = '', day = '', time = '', , currency = '', title = '', actual = '', forecast = '']) => {
    const match = /^(\d+):(\d+)(am|pm)$/.exec(time);
    // "All Day" and "Day 2" have no hour: the day's first.
    const hour = match === null ? 0 : (Number(match[1]) % 12) + (match[3] === 'pm' ? 12 : 0);
    const local = Date.parse(`${day} ${year} ${hour}:${match?.[2] ?? '00'}:00 UTC`);
    const summer = local >= Date.parse('2022-03-13T02:00Z') && local < Date.parse('2022-11-06T02:00Z');
    return { at: local + (summer ? 4 : 5) * 3_600_000, series: `${currency.toUpperCase()} ${title}`, actual, forecast };
  });

function numberOf(figure: string): number {
  const scale = { K: 1e3, M: 1e6, B: 1e9, T: 1e12, '%': 1 }[figure.at(-1) ?? ''];
  return scale === undefined ? Number(figure === '' ? 'none' : figure) : Number(figure.slice(0, -1)) * scale;
}

/** Two passes, as a textbook has it. */
function deviationOf(sample: readonly number[]): number {
  const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
  return Math.sqrt(sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sample.length - 1));
}

describe(`the surprises of 2022${shared === null ? ' (excerpt)' : ''}, through the plugin`, () => {
  const results = new Map<string, CalendarBody>();
  const store = new Map<string, unknown>();

  beforeAll(async () => {
    // The plugin loads it when it needs it, which takes the machine's time and not the virtual clock's.
    await import('csv-parse/sync');
    const fields = {
      title: '/text',
      currency: '/cur',
      impact: '/impact',
      time: ['/year', '/day', '/time'],
      forecast: '/forecast',
      previous: '/previous',
      actual: '/actual',
    };
    const past = {
      type: 'mapped',
      name: 'past',
      url: 'https://x.example/2022.csv',
      format: 'csv',
      zone: 'America/New_York',
      timeFormat: 'yyyy MMM d h:mma',
      fields,
    };
    const harness = createHarness(plugin, {
      plugin: { id: 'economic' },
      config: { providers: [past], surpriseSamples: MINIMUM },
      now: Date.parse('2023-01-01'),
      http: { 'https://x.example/2022.csv': { body: csv } },
      store,
    });
    await harness.start();
    // It is `ok` when its answer has been dealt with.
    for (let i = 0; i < 5_000 && harness.status().sources?.[0]?.state !== 'ok'; i++) await harness.advance(10);
    for (const { body, key = '', revision = 0 } of harness.records) {
      const record = body as CalendarBody;
      if (record.kind !== 'result' || record.actual === null) continue;
      expect(revision).toBe(0);
      results.set(key, record);
    }
    await harness.stop();
  }, 60_000);

  it('are of each release that has an actual', () => {
    const expected = rows.filter(({ actual }) => actual !== '').map(({ at, series, actual }) => `${series} ${at} ${actual}`);
    const found = [...results.values()].map(
      ({ currency, title, scheduledAt, actual }) => `${currency} ${title} ${scheduledAt} ${actual?.text}`,
    );
    expect(found.sort()).toEqual(expected.sort());
    if (shared !== null) expect(found).toHaveLength(3_061);
  });

  it('are what an independent computation makes them', () => {
    const past = new Map<string, { at: number; surprise: number; unit: boolean }[]>();
    const expected = new Map<string, { absolute: number; deviations: number | null; samples: number }>();
    for (const { at, series, actual, forecast } of rows) {
      const surprise = numberOf(actual) - numberOf(forecast);
      const unit = actual.endsWith('%');
      if (Number.isNaN(surprise) || unit !== forecast.endsWith('%')) continue;
      const before = (past.get(series) ?? []).filter((it) => it.at < at && it.unit === unit).map((it) => it.surprise);
      const deviation = before.length < MINIMUM ? 0 : deviationOf(before);
      expected.set(`${series} ${at} ${actual} ${forecast}`, {
        absolute: surprise,
        deviations: deviation < 1e-12 ? null : surprise / deviation,
        samples: before.length,
      });
      past.set(series, [...(past.get(series) ?? []), { at, surprise, unit }]);
    }
    let measured = 0;
    for (const { currency, title, scheduledAt, actual, forecast, surprise } of results.values()) {
      const own = expected.get(`${currency} ${title} ${scheduledAt} ${actual?.text} ${forecast?.text}`);
      expect(surprise === undefined).toBe(own === undefined);
      if (own === undefined || surprise === undefined) continue;
      expect(surprise.samples).toBe(own.samples);
      expect(Math.abs(surprise.absolute - own.absolute)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(own.absolute)));
      expect(surprise.deviations === null).toBe(own.deviations === null);
      if (own.deviations === null || surprise.deviations === null) continue;
      measured++;
      expect(Math.abs(surprise.deviations - own.deviations)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(own.deviations)));
    }
    expect(measured).toBeGreaterThan(50);
    if (shared !== null) expect(expected.size).toBeGreaterThan(2_500);
  });

  it('measure what a feed of forecasts is completed with afterwards', async () => {
    // The same store, so what was learned of 2022; a new claim of January 2023 by two providers, one with the forecast and one with the actual.
    const claim = {
      title: 'Unemployment Claims',
      country: 'USD',
      date: '2023-01-05T08:30:00-05:00',
      impact: 'High',
      forecast: '225K',
      previous: '225K',
    };
    const actuals = {
      type: 'mapped',
      name: 'other',
      url: 'https://y.example/',
      complete: false,
      currency: 'USD',
      fields: { title: '/t', time: '/d', actual: '/a' },
    };
    const at = Date.parse(claim.date);
    const harness: Harness = createHarness(plugin, {
      plugin: { id: 'economic' },
      config: { providers: [{ type: 'forex-factory', url: 'https://ff.example/' }, actuals] },
      now: at - 3_600_000,
      http: (url): HttpAnswer => ({
        body: url.startsWith('https://ff') ? [claim] : harness.now() < at ? [] : [{ t: 'unemployment  claims', d: claim.date, a: '204K' }],
      }),
      store,
    });
    await harness.start();
    await harness.advance(2 * 3_600_000);
    const of = (provider: string) =>
      harness.records
        .filter(({ body }) => body['kind'] === 'result' && body['provider'] === provider)
        .map(({ body }) => body as CalendarBody);
    const claims = rows.filter(({ series, actual, forecast }) => series === 'USD Unemployment Claims' && actual !== '' && forecast !== '');
    const surprises = claims.map(({ actual, forecast }) => numberOf(actual) - numberOf(forecast));
    expect(of('ff')).toHaveLength(1);
    expect(of('ff')[0]).toMatchObject({
      actual: { text: '204K' },
      actualFrom: 'other',
      forecast: { text: '225K' },
      surprise: { absolute: -21_000, samples: surprises.length },
    });
    expect(of('ff')[0]?.surprise?.deviations).toBeCloseTo(-21_000 / deviationOf(surprises), 4);
    expect(of('other')).toMatchObject([{ actual: { text: '204K' }, forecast: null }]);
    await harness.stop();
  });
});
