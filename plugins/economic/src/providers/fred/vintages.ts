import { z } from '@tickhub/plugin-sdk';
import type { CalendarValue } from '@tickhub/plugin-sdk';
import type { FredSeriesConfig } from '../../config.ts';
import { readFigure } from '../../figures/read-figure.ts';
import { UnreadableAnswer } from '../feed.ts';

const Day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const Row = z.object({ realtime_start: Day, realtime_end: Day, date: Day, value: z.string() });
type Row = z.infer<typeof Row>;
const Answer = z.object({ observations: z.array(Row).max(100_000) });

/** The first release of one observation. */
export interface FirstRelease {
  /** Day on which it was released, `2026-08-20`. */
  readonly day: string;
  readonly actual: CalendarValue;
  /** The figure before, as it was known on that day: revised, where it was. */
  readonly previous: CalendarValue | null;
}

/**
 * First releases out of `fred/series/observations` over a real-time period: each row is a value and the days from which and to which it was the one known.
 * The first value of an observation is what was released; later ones are revisions, and changes are worked out of what was known on that very day.
 * @param since first day of the real-time period: rows that begin on it were known before, so when they were released is not known.
 * @throws {UnreadableAnswer}
 */
export function firstReleases(text: string, since: string, terms: Pick<FredSeriesConfig, 'figure' | 'decimals' | 'scale'>): FirstRelease[] {
  const rows = readRows(text);
  const first = new Map<string, string>();
  for (const { date, realtime_start } of rows) {
    const known = first.get(date);
    if (known === undefined || realtime_start < known) first.set(date, realtime_start);
  }
  const releases: FirstRelease[] = [];
  for (const [date, day] of first) {
    if (day <= since) continue;
    const known = knownOn(rows, day);
    const dates = [...known.keys()].sort();
    const actual = figureOf(known, dates, date, terms);
    const before = dates[dates.indexOf(date) - 1];
    if (actual !== null) releases.push({ day, actual, previous: before === undefined ? null : figureOf(known, dates, before, terms) });
  }
  // A day on which several observations were new: the latest is what was released, the others were made good.
  const byDay = new Map(releases.map((release) => [release.day, release]));
  return [...byDay.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

function readRows(text: string): Row[] {
  try {
    return Answer.parse(JSON.parse(text)).observations.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : 0));
  } catch (error) {
    throw new UnreadableAnswer("it is not FRED's list of observations", error);
  }
}

/** Value by observation, as of a day. A missing value is ".". */
function knownOn(rows: readonly Row[], day: string): Map<string, number> {
  const known = new Map<string, number>();
  for (const { date, value, realtime_start, realtime_end } of rows) {
    if (realtime_start > day || realtime_end < day) continue;
    const number = Number(value);
    if (value.trim() !== '' && value !== '.' && Number.isFinite(number)) known.set(date, number);
  }
  return known;
}

function figureOf(
  known: ReadonlyMap<string, number>,
  dates: readonly string[],
  date: string,
  { figure, decimals, scale }: Pick<FredSeriesConfig, 'figure' | 'decimals' | 'scale'>,
): CalendarValue | null {
  const value = known.get(date);
  if (value === undefined) return null;
  if (figure === 'level') return readFigure(written(value * scale, decimals));
  const before = figure === 'percent-year' ? `${Number(date.slice(0, 4)) - 1}${date.slice(4)}` : dates[dates.indexOf(date) - 1];
  const base = before === undefined ? undefined : known.get(before);
  if (base === undefined) return null;
  if (figure === 'difference') return readFigure(written((value - base) * scale, decimals));
  return base === 0 ? null : readFigure(`${written((value / base - 1) * 100, decimals)}%`);
}

/** Rounded half away from zero, as publishers do; and past the dust that doubles leave (1.005 is a little less). */
function written(value: number, decimals: number): string {
  const size = Number(`${Number(Math.abs(value).toPrecision(13))}e${decimals}`);
  return (Math.sign(value) * Number(`${Math.round(size)}e-${decimals}`)).toFixed(decimals);
}
