import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { Harness, HttpAnswer } from '@tickhub/plugin-sdk/testing';
import type { CalendarBody } from '@tickhub/plugin-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';
import { snapshots } from './snapshots.ts';
import type { ExportedRow, Snapshot } from './snapshots.ts';

const MINUTE = 60_000;
const { list, all } = snapshots();
const [first, last] = [list[0]?.fetched ?? 0, list.at(-1)?.fetched ?? 0];

/** Between these the machine sleeps: a new answer, and the half hour before an important release, are what there is to see. */
function wakings(): number[] {
  const releases = list.flatMap(({ rows }) =>
    rows.filter(({ impact }) => impact === 'High').map(({ date }) => Date.parse(date) - 35 * MINUTE),
  );
  return [...new Set([...list.map(({ fetched }) => fetched), ...releases])].filter((at) => at >= first && at <= last).sort((a, b) => a - b);
}

/** Titles that are there twice in a week, whose changes were read off the answers by eye: events, and revisions of them. */
const TWICE: Readonly<Record<string, { events: number; revisions: number }>> = {
  // 8:15 without a figure and 8:16 "15.0K" become 8:14 "15.0K" and 8:15 "11.0K".
  'USD/ADP Weekly Employment Change': { events: 2, revisions: 2 },
  'USD/FOMC Member Hammack Speaks': { events: 2, revisions: 0 },
  'EUR/ECB President Lagarde Speaks': { events: 2, revisions: 0 },
  'USD/President Trump Speaks': { events: 2, revisions: 0 },
};

/**
 * What is to be published, counted without the plugin's matching: a title that is once in a week is one event, and each answer that shows it otherwise than the one
 * before (or no longer, or again) is one revision.
 */
function expected(): { events: number; revisions: number } {
  const weeks = new Map<number, Snapshot[]>();
  for (const snapshot of list) {
    // Sunday, 0:00 in New York's summer time.
    const week = Math.floor((snapshot.fetched - 4 * 60 * MINUTE + 4 * 86_400_000) / (7 * 86_400_000));
    weeks.set(week, [...(weeks.get(week) ?? []), snapshot]);
  }
  let [events, revisions] = [0, 0];
  for (const answers of weeks.values()) {
    const keyOf = (row: ExportedRow): string => `${row.country}/${row.title}`;
    for (const key of new Set(answers.flatMap(({ rows }) => rows.map(keyOf)))) {
      const versions = answers.map(({ rows }) => rows.filter((row) => keyOf(row) === key));
      if (versions.some(({ length }) => length > 1)) {
        events += TWICE[key]?.events ?? Number.NaN;
        revisions += TWICE[key]?.revisions ?? Number.NaN;
        continue;
      }
      events++;
      let before: string | undefined;
      for (const version of versions) {
        const is = JSON.stringify(version);
        if (before === undefined && version.length === 0) continue;
        if (before !== undefined && is !== before) revisions++;
        before = is;
      }
    }
  }
  // China's Foreign Direct Investment left one week's answers and came back in the next one's: one release, put off.
  return { events: events - 1, revisions: revisions + 1 };
}

describe(`the ${list.length} recorded answers of August 2026${all ? '' : ' (excerpt)'}, through the plugin with a moved clock`, () => {
  const asked: number[] = [];
  const harness: Harness = createHarness(plugin, {
    plugin: { id: 'economic' },
    now: first,
    http: (): HttpAnswer => {
      asked.push(harness.now());
      return { body: list.findLast(({ fetched }) => fetched <= harness.now())?.rows ?? [] };
    },
  });
  type Published = { key: string; time: number; revision: number; body: CalendarBody };
  const published = (kind: CalendarBody['kind']): Published[] =>
    harness.records
      .map(({ key = '', time, revision = 0, body }) => ({ key, time, revision, body: body as CalendarBody }))
      .filter(({ body }) => body.kind === kind);

  beforeAll(async () => {
    await harness.start();
    for (const waking of [...wakings(), last + 40 * MINUTE]) {
      await harness.sleepMachine(Math.max(0, waking - harness.now()));
      await harness.advance(40 * MINUTE);
    }
  }, 120_000);
  afterAll(() => harness.stop());

  it('are each event once, and each change one revision', () => {
    const scheduled = published('scheduled');
    const { events, revisions } = expected();
    expect(new Set(scheduled.map(({ key }) => key)).size).toBe(events);
    expect(scheduled.length).toBe(events + revisions);
    if (all) expect({ events, revisions }).toEqual({ events: 366, revisions: 114 });
  });

  it('keep one id for what is put off from day to day, withdrawn and listed again', () => {
    const story = published('scheduled').filter(({ body }) => body.title === 'Foreign Direct Investment ytd/y');
    expect(new Set(story.map(({ key }) => key))).toEqual(new Set(['ff:CNY:foreign-direct-investment-ytd-y:2026-08-13']));
    expect(
      story.map(({ body, revision }) => [revision, new Date(body.scheduledAt).toISOString().slice(0, 16), body.withdrawn ?? false]),
    ).toEqual([
      [0, '2026-08-13T06:02', false],
      [1, '2026-08-14T06:02', false],
      [2, '2026-08-14T06:02', true],
      [3, '2026-08-17T06:02', false],
      [4, '2026-08-18T06:02', false],
      [5, '2026-08-21T06:02', false],
      [6, '2026-08-21T06:02', true],
      [7, '2026-08-21T09:03', false],
    ]);
  });

  it('tell two releases of one title, a minute apart and both moved, from each other', () => {
    const story = published('scheduled').filter(
      ({ body }) => body.title === 'ADP Weekly Employment Change' && body.scheduledAt > Date.parse('2026-08-09'),
    );
    expect(
      story
        .filter(({ body }) => body.scheduledAt < Date.parse('2026-08-16'))
        .map(({ key, revision, body }) => [
          key.slice(key.indexOf('2026')),
          revision,
          new Date(body.scheduledAt).toISOString().slice(11, 16),
          body.previous?.text,
        ]),
    ).toEqual([
      ['2026-08-11', 0, '12:15', undefined],
      ['2026-08-11:2', 0, '12:16', '15.0K'],
      ['2026-08-11:2', 1, '12:14', '15.0K'],
      ['2026-08-11', 1, '12:15', '11.0K'],
    ]);
  });

  it('count down to each important release, 30 and 5 minutes before it and at its time', () => {
    const releases = new Set<string>();
    for (const { fetched, rows } of list) {
      for (const { country, title, date, impact } of rows) {
        const at = Date.parse(date);
        if (impact === 'High' && at - 30 * MINUTE > fetched + 35 * MINUTE && at < last) releases.add(`${country} ${title} ${at}`);
      }
    }
    const told = new Map<string, number[]>();
    for (const { time, body } of published('countdown')) {
      const key = `${body.currency} ${body.title} ${body.scheduledAt}`;
      told.set(key, [...(told.get(key) ?? []), body.minutesLeft ?? Number.NaN]);
      expect(time).toBe(body.scheduledAt - (body.minutesLeft ?? 0) * MINUTE);
    }
    expect(new Set(told.keys())).toEqual(releases);
    for (const minutes of told.values()) expect(minutes).toEqual([30, 5, 0]);
    expect(releases.size).toBeGreaterThan(0);
  });

  it('have results that say that no actual was seen, since the export has none', () => {
    const results = published('result');
    expect(results.length).toBeGreaterThan(0);
    for (const { body, time } of results) {
      expect(body.actual).toBeNull();
      expect(body.surprise).toBeUndefined();
      expect(time).toBe(body.scheduledAt);
    }
  });

  it('ask the export no oftener than it allows: two requests in five minutes', () => {
    expect(harness.status().sources).toMatchObject([{ source: 'economic:ff', state: 'ok' }]);
    expect(asked.length).toBeGreaterThan(list.length);
    asked.forEach((at, i) => expect(at - (asked[i - 2] ?? -Infinity)).toBeGreaterThan(5 * MINUTE));
  });

  it('give all of it the same ids again after the store was lost, but for what has moved to another day', async () => {
    const rows = list.at(-1)?.rows ?? [];
    const anew = createHarness(plugin, { plugin: { id: 'economic' }, now: last, http: () => ({ body: rows }) });
    await anew.start();
    await anew.advance(MINUTE);
    const known = new Set(published('scheduled').map(({ key }) => key));
    const other = anew.records.filter(({ key = '', body }) => body['kind'] === 'scheduled' && !known.has(key));
    expect(other.map(({ key }) => key)).toEqual(['ff:CNY:foreign-direct-investment-ytd-y:2026-08-21']);
    await anew.stop();
  });
});
