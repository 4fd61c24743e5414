import type { MarketContext, ModelAnswer } from '@tickhub/plugin-sdk';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { readBars } from '../data/read-bars.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { ONE_LOOK_FROM, TEST_FROM, VALIDATE_UNTIL } from '../data/split.ts';
import type { EvaluationContext } from './evaluation.ts';

export const HORIZON_BARS = 24;
const HOUR_MS = 3_600_000;
/** Asked as of the close at midnight UTC, so that the days do not overlap. */
const ASKED_HOUR = 23;

/** Periods of the tables. Up to 2017-01-01 is training; 2017 chose among networks and their epochs. */
export const PERIODS = [
  { name: '2017 (validation)', from: Date.UTC(2017, 0, 5), to: VALIDATE_UNTIL, oneLook: false },
  { name: 'test, 2018-01-15 to 2021-02', from: TEST_FROM, to: Date.UTC(2021, 1, 27), oneLook: false },
  { name: 'one look, 2021-03 to 2022-03', from: ONE_LOOK_FROM, to: Date.UTC(2022, 3, 1), oneLook: true },
] as const;
export type Period = (typeof PERIODS)[number];

export const SPLIT =
  'by date, the same for all symbols: training before 2017, choices on 2017, test 2018-01-15 to 2021-02, one look 2021-03 to 2022-03; the horizon lies between them';

/** One symbol's bars, and the places of its days. */
export interface DailySymbol {
  readonly symbol: string;
  readonly digits: number;
  readonly sha256: string;
  readonly bars: Bars;
  /** Bars that close at midnight UTC, all of them. */
  readonly days: readonly number[];
}

/** A day and what came of it. */
export interface Outcome {
  readonly symbol: string;
  readonly place: number;
  readonly time: number;
  /** Sum of the squared log returns of the next 24 bars. */
  readonly realised: number;
  /** Log return of the next 24 bars, and the lowest and highest log price on the way from its start. */
  readonly move: number;
  readonly lowest: number;
  readonly highest: number;
}

export function dailySymbol(name: string, dir?: string): DailySymbol {
  const { symbol, digits, sha256, bars } = readBars(name, dir);
  const days: number[] = [];
  bars.time.forEach((time, place) => {
    if (Math.floor(time / HOUR_MS) % 24 === ASKED_HOUR) days.push(place);
  });
  return { symbol, digits, sha256, bars, days };
}

export function dailySymbols(dir?: string): DailySymbol[] {
  return SYMBOLS.map(({ symbol }) => dailySymbol(symbol, dir));
}

export function outcomeOf({ symbol, bars }: DailySymbol, place: number): Outcome | null {
  const end = place + HORIZON_BARS;
  if (end >= bars.time.length) return null;
  const log = (price: number): number => Math.log(price / (bars.close[place] as number));
  let realised = 0;
  let [lowest, highest] = [Infinity, -Infinity];
  for (let i = place + 1; i <= end; i++) {
    realised += Math.log((bars.close[i] as number) / (bars.close[i - 1] as number)) ** 2;
    lowest = Math.min(lowest, log(bars.low[i] as number));
    highest = Math.max(highest, log(bars.high[i] as number));
  }
  return { symbol, place, time: bars.time[place] as number, realised, move: log(bars.close[end] as number), lowest, highest };
}

export function inPeriod({ from, to }: Pick<Period, 'from' | 'to'>, { time }: Pick<Outcome, 'time'>): boolean {
  return time >= from && time < to;
}

export function periodsOf(oneLook: boolean): Period[] {
  return PERIODS.filter((period) => oneLook || !period.oneLook);
}

export interface AskedDay {
  readonly outcome: Outcome;
  readonly answers: ReadonlyMap<string, ModelAnswer>;
}

/** Asks the plugin as of each midnight from `from` until `to` whose outcome is known. */
export async function askDaily(
  { bench }: Pick<EvaluationContext, 'bench'>,
  daily: DailySymbol,
  terms: { models: readonly string[]; from: number; to: number; context?: (place: number) => MarketContext },
): Promise<AskedDay[]> {
  const { bars, symbol, digits, days } = daily;
  const asked = new Set(days);
  const out: AskedDay[] = [];
  const first = bars.time.findIndex((time) => time >= terms.from);
  const end = bars.time.findIndex((time) => time >= terms.to);
  if (first < 0) return out;
  const to = Math.min(bars.time.length - HORIZON_BARS, end < 0 ? Infinity : end);
  const context = terms.context === undefined ? {} : { context: terms.context };
  for await (const { place, answers } of bench.replay(
    { symbol, digits, bars },
    { models: terms.models, from: first, to, asked: (at) => asked.has(at), ...context },
  )) {
    const outcome = outcomeOf(daily, place);
    if (outcome !== null) out.push({ outcome, answers: new Map(answers.map((one) => [one.model, one])) });
  }
  return out;
}
