import { afterEach, describe, expect, it } from 'vitest';
import { Calendar, EXPORT, HOUR, MINUTE, RELEASE, row } from './calendar.fixture.ts';
import type { ExportedRow } from './snapshots.ts';

let calendar: Calendar;
afterEach(() => calendar.harness.stop());

async function started(rows: readonly ExportedRow[], options = {}): Promise<void> {
  calendar = new Calendar(rows, options);
  await calendar.harness.start();
  await calendar.harness.advance(MINUTE);
}

const keys = (): string[] => calendar.told('scheduled').map(({ key, revision }) => `${key} ${revision}`);
const source = () => calendar.harness.status().sources?.[0];
const many = (count: number): ExportedRow[] =>
  Array.from({ length: count }, (_, i) => row({ title: `Release ${i}`, impact: 'Low', at: RELEASE + i * MINUTE }));

describe('an event', () => {
  it('is published with all that is known of it', async () => {
    await started([row()]);
    expect(calendar.harness.records).toMatchObject([
      { stream: 'calendar', source: 'economic:ff', time: RELEASE, sourceTime: '2026-08-12T08:30:00-04:00' },
    ]);
    expect(calendar.harness.records[0]?.symbol).toBeUndefined();
    expect(calendar.told('scheduled')[0]?.body).toEqual({
      kind: 'scheduled',
      event: 'ff:USD:core-cpi-m-m:2026-08-12',
      title: 'Core CPI m/m',
      currency: 'USD',
      impact: 'high',
      scheduledAt: RELEASE,
      timed: true,
      forecast: { text: '0.3%', value: 0.3, unit: '%' },
      previous: { text: '0.2%', value: 0.2, unit: '%' },
      actual: null,
      symbols: expect.arrayContaining(['EURUSD', 'XAUUSD', 'US500']) as string[],
      provider: 'ff',
    });
  });

  it('that is out without an actual has a result that says so', async () => {
    await started([row(), row({ title: 'President Speaks', forecast: '', previous: '' })]);
    await calendar.until(RELEASE + 15 * MINUTE - 1);
    expect(calendar.told('result')).toEqual([]);
    await calendar.until(RELEASE + 15 * MINUTE);
    expect(calendar.told('result')).toMatchObject([
      { key: 'ff:USD:core-cpi-m-m:2026-08-12/result', time: RELEASE, body: { title: 'Core CPI m/m', actual: null } },
    ]);
    await calendar.until(RELEASE + 8 * HOUR);
    expect(calendar.told('result')).toHaveLength(1);
  });

  it('goes on to be told when it no longer passes the filters', async () => {
    await started(
      [row(), row({ title: 'Other', impact: 'Low' }), row({ country: 'EUR' }), row({ country: 'All', title: 'OPEC Meetings' })],
      {
        config: { impacts: ['high'], currencies: ['USD'] },
      },
    );
    expect(keys()).toEqual(['ff:ALL:opec-meetings:2026-08-12 0', 'ff:USD:core-cpi-m-m:2026-08-12 0']);
    calendar.rows = [row({ impact: 'Low', forecast: '0.44%' }), row({ title: 'Other', impact: 'Low' })];
    await calendar.harness.advance(40 * MINUTE);
    expect(keys().slice(2)).toEqual(['ff:ALL:opec-meetings:2026-08-12 1', 'ff:USD:core-cpi-m-m:2026-08-12 1']);
  });

  it('moves the symbols of its currency, or of what its title names', async () => {
    const titles = ['Crude Oil Inventories', 'Natural Gas Storage', 'German CPI m/m', 'CPI m/m', 'Interest Rate'];
    const currencies = ['USD', 'USD', 'EUR', 'SEK', 'CHF'];
    await started(
      titles.map((title, i) => row({ title, country: currencies[i] ?? '' })),
      { config: { symbols: { CHF: ['USDCHF.x'] } } },
    );
    const symbols = Object.fromEntries(calendar.told('scheduled').map(({ body }) => [body.title, body.symbols]));
    expect(symbols).toMatchObject({
      'Crude Oil Inventories': ['USOIL', 'UKOIL', 'USDCAD'],
      'Natural Gas Storage': ['NATGAS'],
      'German CPI m/m': expect.arrayContaining(['EURUSD', 'DE40']) as string[],
      'CPI m/m': ['USDSEK', 'EURSEK'],
      'Interest Rate': ['USDCHF.x'],
    });
  });
});

describe('a restart', () => {
  it('doubles nothing, though the server has something new or nothing', async () => {
    await started([row(), row({ title: 'CPI y/y', at: RELEASE + HOUR })]);
    calendar.rows = [row({ at: RELEASE + 26 * HOUR }), row({ title: 'CPI y/y', at: RELEASE + HOUR })];
    await calendar.harness.advance(40 * MINUTE);
    await calendar.harness.stop();
    await calendar.harness.start();
    await calendar.harness.advance(10 * MINUTE);
    calendar.rows = [row({ at: RELEASE + 26 * HOUR }), row({ title: 'CPI y/y', at: RELEASE + HOUR, forecast: '2.25%' })];
    await calendar.harness.advance(HOUR);
    expect(keys()).toEqual([
      'ff:USD:core-cpi-m-m:2026-08-12 0',
      'ff:USD:cpi-y-y:2026-08-12 0',
      'ff:USD:core-cpi-m-m:2026-08-12 1',
      'ff:USD:cpi-y-y:2026-08-12 1',
    ]);
  });

  it('tells again what may have been lost with the host, though the server has nothing new', async () => {
    const store = new Map<string, unknown>();
    await started([row()], { store });
    await calendar.harness.advance(10 * MINUTE);
    await calendar.harness.stop();
    // A host that died before it had the records, beside the store that has them.
    await started([row()], { store, now: RELEASE - HOUR });
    await calendar.harness.advance(MINUTE);
    expect(calendar.asked.map(({ headers }) => 'if-none-match' in headers)).toEqual([true]);
    expect(keys()).toEqual(['ff:USD:core-cpi-m-m:2026-08-12 0']);
  });

  it('asks no sooner than is polite, and says that it waits', async () => {
    await started([row()]);
    for (let i = 0; i < 5; i++) {
      await calendar.harness.stop();
      await calendar.harness.start();
      await calendar.harness.advance(10_000);
    }
    expect(calendar.asked).toHaveLength(1);
    expect(source()).toMatchObject({ source: 'economic:ff', state: 'waiting', nextAttemptAt: (calendar.asked[0]?.at ?? 0) + 160_000 });
    await calendar.harness.advance(MINUTE);
    expect(calendar.asked).toHaveLength(2);
    expect(source()?.state).toBe('ok');
  });

  it('with a store that cannot be read builds the same events anew', async () => {
    const store = new Map<string, unknown>([['events/ff/USD', [{ id: 5 }]]]);
    await started([row()], { store });
    expect(keys()).toEqual(['ff:USD:core-cpi-m-m:2026-08-12 0']);
    expect(calendar.harness.logs.some(({ level, message }) => level === 'warn' && message.includes('built anew'))).toBe(true);
  });
});

describe('what is kept', () => {
  it('is forgotten ten days after its time', async () => {
    await started([row()]);
    calendar.rows = [row({ title: 'Later', at: RELEASE + 14 * 24 * HOUR })];
    await calendar.harness.sleepMachine(13 * 24 * HOUR);
    await calendar.harness.advance(MINUTE);
    expect(JSON.stringify([...calendar.harness.store])).not.toContain('core-cpi');
    expect(JSON.stringify([...calendar.harness.store])).toContain('later');
  });
});

describe('the export', () => {
  it('is asked each half hour, once before an important release, and once after it', async () => {
    await started([row()]);
    await calendar.until(RELEASE + 10 * MINUTE);
    const minutes = calendar.asked.map(({ at }) => Math.round((at - RELEASE) / MINUTE));
    expect(minutes.some((minute) => minute >= -6 && minute < 0)).toBe(true);
    expect(minutes.some((minute) => minute >= 0 && minute <= 5)).toBe(true);
    calendar.asked.forEach(({ at }, i) => expect(at - (calendar.asked[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(160_000));
    expect(calendar.asked.length).toBeLessThanOrEqual(8);
  });

  it('that says "too often" by a page is left alone for five minutes', async () => {
    await started([row()]);
    calendar.answer = () => ({ headers: { 'content-type': 'text/html' }, body: '<html><title>Rate Limited</title></html>' });
    await calendar.until(RELEASE - HOUR);
    expect(source()).toMatchObject({ state: 'rate-limited', detail: expect.stringMatching(/asked too often.*next attempt in/) as string });
    const [before, last] = calendar.asked.slice(-2);
    expect((last?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThanOrEqual(5 * MINUTE);
    calendar.answer = null;
    await calendar.harness.advance(20 * MINUTE);
    expect(source()).toMatchObject({ state: 'ok' });
    expect(keys()).toEqual(['ff:USD:core-cpi-m-m:2026-08-12 0']);
  });

  it('that lacks most of what is known is believed when it says so twice', async () => {
    await started(many(20));
    calendar.rows = many(3);
    await calendar.until(RELEASE - HOUR - 20 * MINUTE);
    expect(source()).toMatchObject({
      state: 'malformed',
      detail: expect.stringMatching(/17 of 20 events that were listed are missing/) as string,
    });
    expect(keys()).toHaveLength(20);
    await calendar.harness.advance(HOUR);
    expect(source()).toMatchObject({ state: 'ok' });
    expect(calendar.told('scheduled').filter(({ body }) => body.withdrawn)).toHaveLength(17);
  });

  it('that has lost events for a moment gives them back under their ids', async () => {
    await started(many(20));
    calendar.rows = [];
    await calendar.harness.advance(40 * MINUTE);
    calendar.rows = many(20);
    await calendar.harness.advance(40 * MINUTE);
    expect(keys()).toHaveLength(20);
  });

  it.each([
    [{ status: 503 }, 'server-error'],
    [{ status: 429, headers: { 'retry-after': '600' } }, 'rate-limited'],
    [{ status: 404 }, 'refused'],
    [{ body: '{"a":' }, 'malformed'],
    [{ body: '{}' }, 'malformed'],
  ])('with %j is %s, and tells when it is tried again', async (answer, state) => {
    calendar = new Calendar([row()]);
    calendar.answer = () => answer;
    await calendar.harness.start();
    await calendar.harness.advance(1_000);
    expect(source()).toMatchObject({ source: 'economic:ff', state });
    expect(source()?.nextAttemptAt).toBeGreaterThan(calendar.harness.now());
    expect(calendar.harness.status()).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining(`economic:ff is ${state}`) as string,
    });
    calendar.answer = null;
    await calendar.harness.advance(2 * HOUR);
    expect(source()?.state).toBe('ok');
    expect(keys()).toEqual(['ff:USD:core-cpi-m-m:2026-08-12 0']);
  });

  it('says which entries it leaves out, once', async () => {
    await started([row(), row({ title: 'Odd', date: 'soon' })]);
    calendar.rows = [row({ forecast: '0.33%' }), row({ title: 'Odd', date: 'soon' })];
    await calendar.harness.advance(40 * MINUTE);
    const warnings = calendar.harness.logs.filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([
      { message: 'economic:ff: 1 of its entries cannot be read and are left out', fields: { first: 'entry 2: "soon" is no time' } },
    ]);
    expect(calendar.harness.status().counters['skipped']).toBe(1);
    expect(calendar.asked.every(({ url }) => url === EXPORT)).toBe(true);
  });
});
