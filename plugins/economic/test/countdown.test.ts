import { afterEach, describe, expect, it } from 'vitest';
import { Calendar, HOUR, MINUTE, RELEASE, row } from './calendar.fixture.ts';

let calendar: Calendar;
afterEach(() => calendar.harness.stop());

const countdowns = (): [minutes: number | undefined, time: number][] =>
  calendar.told('countdown').map(({ time, body }) => [body.minutesLeft, time]);
const ON_TIME: [number, number][] = [
  [30, RELEASE - 30 * MINUTE],
  [5, RELEASE - 5 * MINUTE],
  [0, RELEASE],
];

async function started(rows = [row()], options = {}): Promise<void> {
  calendar = new Calendar(rows, options);
  await calendar.harness.start();
  await calendar.harness.advance(MINUTE);
}

describe('the countdown', () => {
  it('is told at its minutes, with the time that it was due', async () => {
    await started();
    await calendar.until(RELEASE - 30 * MINUTE - 1);
    expect(countdowns()).toEqual([]);
    await calendar.until(RELEASE - 30 * MINUTE);
    expect(countdowns()).toEqual(ON_TIME.slice(0, 1));
    await calendar.until(RELEASE + HOUR);
    expect(countdowns()).toEqual(ON_TIME);
    expect(calendar.told('countdown')[0]).toEqual({
      key: `ff:USD:core-cpi-m-m:2026-08-12/countdown/30/${RELEASE}`,
      time: RELEASE - 30 * MINUTE,
      revision: 0,
      body: expect.objectContaining({
        event: 'ff:USD:core-cpi-m-m:2026-08-12',
        scheduledAt: RELEASE,
        actual: null,
        impact: 'high',
      }) as object,
    });
  });

  it('is of important events, unless the config says otherwise', async () => {
    await started([row({ impact: 'Medium' }), row({ title: 'Bank Holiday', impact: 'Holiday' })]);
    await calendar.until(RELEASE + HOUR);
    expect(countdowns()).toEqual([]);
    await calendar.harness.stop();
    await started([row({ impact: 'Medium' })], { config: { countdown: { medium: [10], high: [] } } });
    await calendar.until(RELEASE + HOUR);
    expect(countdowns()).toEqual([[10, RELEASE - 10 * MINUTE]]);
  });

  it('that the machine slept through is not told late, and those after it are told on time', async () => {
    await started();
    await calendar.until(RELEASE - 40 * MINUTE);
    await calendar.harness.sleepMachine(20 * MINUTE);
    await calendar.until(RELEASE + MINUTE);
    expect(countdowns()).toEqual(ON_TIME.slice(1));
    expect(calendar.harness.status().counters['missed']).toBe(1);
  });

  it('goes by the wall clock, whether the monotonic one stood still or not', async () => {
    for (const monotonic of [false, true]) {
      await started();
      // It wakes up seconds before the countdown: a timer that was set for an hour would still wait for most of it.
      await calendar.harness.sleepMachine(RELEASE - 30 * MINUTE - 30_000 - calendar.harness.now(), { monotonic });
      await calendar.harness.advance(45_000);
      expect(countdowns()).toEqual(ON_TIME.slice(0, 1));
      await calendar.harness.stop();
    }
  });

  it('is told once where the clock is set back', async () => {
    await started();
    await calendar.until(RELEASE - 29 * MINUTE);
    calendar.harness.stepClock(-5 * MINUTE);
    await calendar.until(RELEASE + MINUTE);
    expect(countdowns()).toEqual(ON_TIME);
  });

  it('begins anew when the event moves', async () => {
    await started();
    await calendar.until(RELEASE - 20 * MINUTE);
    calendar.rows = [row({ at: RELEASE + HOUR })];
    await calendar.until(RELEASE + 2 * HOUR);
    expect(countdowns()).toEqual([
      [30, RELEASE - 30 * MINUTE],
      [30, RELEASE + 30 * MINUTE],
      [5, RELEASE + 55 * MINUTE],
      [0, RELEASE + HOUR],
    ]);
    expect(calendar.told('scheduled').map(({ key, revision }) => [key, revision])).toEqual([
      ['ff:USD:core-cpi-m-m:2026-08-12', 0],
      ['ff:USD:core-cpi-m-m:2026-08-12', 1],
    ]);
  });

  it('ends when the event is withdrawn', async () => {
    await started([row(), row({ title: 'CPI y/y', impact: 'Low' })]);
    await calendar.until(RELEASE - 20 * MINUTE);
    calendar.rows = calendar.rows.slice(1);
    await calendar.until(RELEASE + HOUR);
    // The answer before the release says so.
    expect(countdowns().map(([minutes]) => minutes)).toEqual([30]);
    expect(calendar.told('scheduled').at(-1)?.body).toMatchObject({ title: 'Core CPI m/m', withdrawn: true });
    expect(calendar.told('result').map(({ body }) => body.title)).toEqual(['CPI y/y']);
  });

  it('is told once over a restart', async () => {
    await started();
    await calendar.until(RELEASE - 30 * MINUTE + 10_000);
    await calendar.harness.stop();
    await calendar.harness.start();
    await calendar.until(RELEASE + MINUTE);
    expect(countdowns()).toEqual(ON_TIME);
  });
});

describe('a local time that exists twice, or not at all,', () => {
  it('is the first of the two, or as much later as the clocks are put forward, and is counted', async () => {
    const us = {
      type: 'mapped',
      name: 'us',
      url: 'https://us.example/',
      zone: 'America/New_York',
      currency: 'USD',
      fields: { title: '/t', time: '/d' },
    };
    calendar = new Calendar([], { now: Date.parse('2026-03-01'), config: { providers: [us] } });
    calendar.answer = () => ({
      body: [
        { t: 'never', d: '2026-03-08T02:30:00' },
        { t: 'twice', d: '2026-11-01T01:30:00' },
        { t: 'once', d: '2026-11-01T02:30:00' },
      ],
    });
    await calendar.harness.start();
    await calendar.harness.advance(MINUTE);
    expect(calendar.told('scheduled').map(({ time }) => new Date(time).toISOString().slice(0, 16))).toEqual([
      '2026-03-08T07:30',
      '2026-11-01T05:30',
      '2026-11-01T07:30',
    ]);
    expect(calendar.harness.status().counters['doubtfulTimes']).toBe(2);
  });
});

describe('the weeks in which the clocks change', () => {
  it('have each release at its local hour: New York a fortnight before London', async () => {
    const local = { items: '', fields: { title: '/t', time: '/d', impact: '/i' }, everyMinutes: 1_440 };
    const of = (name: string, zone: string, currency: string) => ({
      type: 'mapped',
      name,
      url: `https://${name}.example/`,
      zone,
      currency,
      ...local,
    });
    const days = ['2026-03-06', '2026-03-13', '2026-03-27', '2026-03-30', '2026-10-23', '2026-10-26', '2026-10-30', '2026-11-02'];
    const entries = (hour: string, title: string) => days.map((day) => ({ t: `${title} ${day}`, d: `${day}T${hour}:00`, i: 3 }));
    calendar = new Calendar([], {
      now: Date.parse('2026-03-01'),
      config: { providers: [of('us', 'America/New_York', 'USD'), of('uk', 'Europe/London', 'GBP')] },
    });
    calendar.answer = (url) => ({ body: url.includes('us.') ? entries('08:30', 'US') : entries('07:00', 'UK') });
    await calendar.harness.start();
    await calendar.harness.advance(MINUTE);
    const hours = (currency: string) =>
      calendar
        .told('scheduled')
        .filter(({ body }) => body.currency === currency)
        .map(({ time }) => new Date(time).toISOString().slice(5, 16));
    expect(hours('USD')).toEqual([
      '03-06T13:30',
      '03-13T12:30',
      '03-27T12:30',
      '03-30T12:30',
      '10-23T12:30',
      '10-26T12:30',
      '10-30T12:30',
      '11-02T13:30',
    ]);
    expect(hours('GBP')).toEqual([
      '03-06T07:00',
      '03-13T07:00',
      '03-27T07:00',
      '03-30T06:00',
      '10-23T06:00',
      '10-26T07:00',
      '10-30T07:00',
      '11-02T07:00',
    ]);
  });
});
