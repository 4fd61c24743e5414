import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpAnswer } from '@tickhub/plugin-sdk/testing';
import { Calendar, HOUR, MINUTE, RELEASE, row } from './calendar.fixture.ts';

const KEY = 'abcdefabcdef0123456789abcdef0123';
const CLAIMS = { id: 'ICSA', release: 180, title: 'Unemployment Claims', at: '08:30', decimals: 0, impact: 'high' };
const providers = [{ type: 'forex-factory' }, { type: 'fred', series: [CLAIMS] }];
const FOREVER = '9999-12-31';
const WEEKS = [
  // As a real-time period that begins on July 22nd cuts it off: when it came out is not in it.
  { realtime_start: '2026-07-22', realtime_end: FOREVER, date: '2026-07-18', value: '226000' },
  { realtime_start: '2026-08-06', realtime_end: '2026-08-12', date: '2026-08-01', value: '218000' },
];
const LATEST = [
  { realtime_start: '2026-08-12', realtime_end: FOREVER, date: '2026-08-01', value: '219000' },
  { realtime_start: '2026-08-12', realtime_end: FOREVER, date: '2026-08-08', value: '230000' },
];

let calendar: Calendar;
let observations: unknown[];

beforeEach(async () => {
  vi.stubEnv('FRED_API_KEY', KEY);
  observations = WEEKS;
  calendar = new Calendar([], { config: { providers } });
  calendar.answer = (url): HttpAnswer => {
    const { host, pathname } = new URL(url);
    if (host === 'nfs.faireconomy.media') return { body: [row({ title: 'Unemployment Claims', forecast: '224K', previous: '218K' })] };
    if (pathname.endsWith('/release/dates'))
      return {
        body: {
          release_dates: [
            { release_id: 180, date: '2026-08-12' },
            { release_id: 180, date: '2026-08-19' },
          ],
        },
      };
    return { body: { observations } };
  };
  await calendar.harness.start();
  await calendar.harness.advance(MINUTE);
});
afterEach(async () => {
  await calendar.harness.stop();
  vi.unstubAllEnvs();
});

const of = (kind: 'scheduled' | 'result', provider: string) => calendar.told(kind).filter(({ body }) => body.provider === provider);

describe('FRED', () => {
  it('has its release dates ahead, and what came out within three weeks', () => {
    expect(
      of('scheduled', 'fred').map(({ key, body }) => [key, new Date(body.scheduledAt).toISOString().slice(0, 16), body.timed]),
    ).toEqual([
      ['fred:USD:unemployment-claims:2026-08-06', '2026-08-06T12:30', true],
      ['fred:USD:unemployment-claims:2026-08-12', '2026-08-12T12:30', true],
      ['fred:USD:unemployment-claims:2026-08-19', '2026-08-19T12:30', true],
    ]);
    expect(of('result', 'fred').map(({ body }) => [body.actual, body.previous])).toEqual([
      [
        { text: '218000', value: 218_000 },
        { text: '226000', value: 226_000 },
      ],
    ]);
  });

  it('is asked as its documentation says, and never with the key in sight', async () => {
    const asked = calendar.asked.map(({ url }) => new URL(url)).filter(({ host }) => host === 'api.stlouisfed.org');
    expect(asked.map(({ pathname, searchParams }) => [pathname, Object.fromEntries(searchParams)])).toEqual([
      [
        '/fred/series/observations',
        {
          series_id: 'ICSA',
          realtime_start: '2026-07-22',
          realtime_end: FOREVER,
          observation_start: '2025-03-30',
          file_type: 'json',
          api_key: KEY,
        },
      ],
      [
        '/fred/release/dates',
        {
          release_id: '180',
          realtime_start: '2026-07-22',
          realtime_end: FOREVER,
          include_release_dates_with_no_data: 'true',
          sort_order: 'asc',
          file_type: 'json',
          api_key: KEY,
        },
      ],
    ]);
    calendar.answer = () => ({
      status: 400,
      body: { error_message: `Bad Request. The value for variable api_key is not registered: ${KEY}` },
    });
    await calendar.harness.advance(7 * HOUR);
    const fred = calendar.harness.status().sources?.filter(({ source }) => source.includes('fred'));
    expect(fred).toMatchObject([{ state: 'refused' }, { state: 'refused' }]);
    await calendar.harness.advance(MINUTE);
    const seen = JSON.stringify([calendar.harness.logs, calendar.harness.records, calendar.harness.status(), [...calendar.harness.store]]);
    expect(seen).not.toContain(KEY);
  });

  it('gives an event of the export its actual within a minute of having it, and the surprise', async () => {
    await calendar.until(RELEASE + 10 * MINUTE);
    expect(of('result', 'ff')).toEqual([]);
    observations = [...WEEKS, ...LATEST];
    await calendar.until(RELEASE + 12 * MINUTE);
    expect(
      of('result', 'ff').map(({ revision, body }) => [revision, body.actual?.text, body.actualFrom, body.forecast?.text, body.surprise]),
    ).toEqual([[0, '230000', 'fred', '224K', { absolute: 6_000, deviations: null, samples: 0 }]]);
    // As it was known on that day: revised.
    expect(of('result', 'fred').at(-1)?.body).toMatchObject({ actual: { value: 230_000 }, previous: { value: 219_000 }, forecast: null });
    await calendar.until(RELEASE + HOUR);
    expect(of('result', 'ff')).toHaveLength(1);
    expect(calendar.told('countdown').map(({ body }) => [body.provider, body.minutesLeft])).toEqual([
      ['ff', 30],
      ['ff', 5],
      ['ff', 0],
    ]);
    const perMinute = calendar.asked.filter(({ url }) => url.includes('/series/')).map(({ at }) => at);
    perMinute.forEach((at, i) => expect(at - (perMinute[i - 1] ?? 0)).toBeGreaterThanOrEqual(MINUTE));
    // The dates are not asked for again and again.
    expect(calendar.asked.filter(({ url }) => url.includes('/release/'))).toHaveLength(1);
  });

  it('gives it again after a restart, with the same surprise', async () => {
    await calendar.until(RELEASE + 2 * MINUTE);
    observations = [...WEEKS, ...LATEST];
    await calendar.until(RELEASE + 5 * MINUTE);
    expect(of('result', 'ff')).toHaveLength(1);
    await calendar.harness.stop();
    await calendar.harness.start();
    await calendar.until(RELEASE + HOUR);
    expect(of('result', 'ff').map(({ body }) => body.surprise)).toEqual([{ absolute: 6_000, deviations: null, samples: 0 }]);
    expect(of('result', 'fred')).toHaveLength(2);
  });

  it('does not give the actual of the release before to one that is a day later', async () => {
    const daily = [
      row({ title: 'Unemployment Claims', forecast: '224K' }),
      row({ title: 'Unemployment Claims', forecast: '225K', at: RELEASE + 24 * HOUR }),
    ];
    const answer = calendar.answer;
    calendar.answer = (url) => (url.startsWith('https://nfs') ? { body: daily } : (answer?.(url) ?? {}));
    await calendar.until(RELEASE - 20 * MINUTE);
    observations = [...WEEKS, ...LATEST];
    await calendar.until(RELEASE + 10 * MINUTE);
    expect(of('result', 'ff').map(({ body }) => [body.forecast?.text, body.actual?.text])).toEqual([['224K', '230000']]);
  });

  it('that comes later than the quarter of an hour revises the result', async () => {
    await calendar.until(RELEASE + 16 * MINUTE);
    observations = [...WEEKS, ...LATEST];
    await calendar.until(RELEASE + 20 * MINUTE);
    expect(of('result', 'ff').map(({ revision, body }) => [revision, body.actual?.text ?? null])).toEqual([
      [0, null],
      [1, '230000'],
    ]);
  });

  it('without a key is off, and says where to set it, while the others go on', async () => {
    vi.stubEnv('FRED_API_KEY', '');
    const other = new Calendar([row()], { config: { providers } });
    await other.harness.start();
    await other.harness.advance(MINUTE);
    expect(other.harness.status()).toMatchObject({
      status: 'ok',
      sources: [
        { source: 'economic:ff', state: 'ok' },
        { source: 'economic:fred', state: 'off', detail: expect.stringContaining('FRED_API_KEY') as string },
      ],
    });
    await other.harness.stop();
  });
});
