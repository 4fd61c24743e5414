/**
 * `node scripts/run.mjs tools/evaluate/risk-choice.ts --data DIR`: what may make risk_v2 follow a drift in how far its forecasts are off, compared on bars before 2018
 * alone (no later bar is read into a model). Prints tables and writes nothing: risk_v2's card says what came of it.
 *
 * The candidates and the rule were written down before the first run. A candidate takes the place of the windows that weigh the same where, with the shipped sigma and
 * with the HAR's alone (the network was trained on most of these years, the HAR never saw a day that it forecasts):
 *
 * 1. FZ0 over all tails is not higher by more than one standard error;
 * 2. Kupiec and Christoffersen reject no more symbol-tails than now, or than the 5 % that chance rejects;
 * 3. drift: Kupiec's mean statistic by symbol, year and tail is lower, and the worst two years of a tail (all symbols) are not further from what was said.
 *
 * Of several the one with the lowest statistic of 3, summed over both sigmas.
 */
import { parseArgs } from 'node:util';
import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { BarSeries } from '../../plugins/models/src/bar-series.ts';
import { readModel } from '../../plugins/models/src/model-file.ts';
import { Network } from '../../plugins/models/src/sessions/network.ts';
import { loadRuntime } from '../../plugins/models/src/sessions/runtime.ts';
import { makeVolatility, SymbolVolatility } from '../../plugins/models/src/volatility/volatility.ts';
import { readOriginal } from '../data/originals.ts';
import { fromPoints } from '../data/points.ts';
import { readBars } from '../data/read-bars.ts';
import { VALIDATE_UNTIL } from '../data/split.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';
import { count, print, withError } from './figures.ts';
import { christoffersenIndependence, fisslerZiegel, kupiec, pairedDifference } from './metrics/index.ts';
import { CANDIDATES, PastWindows } from './risk-candidates.ts';
import { LEVELS, SIDES } from './risk-tails.ts';

const DAY_MS = 86_400_000;
const YEAR_DAYS = 365.25;
/** OANDA's gold goes back to 2006; the repository does not carry it. */
const OANDA_GOLD = { symbol: 'XAUUSD.oanda', digits: 3, original: 'bars-h1/lean/XAUUSD.oanda.h1.csv.zst', source: 'lean' } as const;
const SIGMAS = ['shipped', 'HAR alone'] as const;

interface Row {
  readonly symbol: string;
  readonly day: number;
  readonly tail: string;
  readonly level: number;
  readonly breach: 0 | 1;
  readonly loss: number;
}

/** By sigma and candidate. */
type Rows = Map<string, Row[]>;

function symbolsBefore2018(data: string | undefined): { symbol: string; digits: number; bars: Bars }[] {
  const own = SYMBOLS.map(({ symbol }) => readBars(symbol, data));
  const gold = data === undefined ? [] : [{ ...OANDA_GOLD, bars: fromPoints(readOriginal(data, OANDA_GOLD), OANDA_GOLD.digits) }];
  return [...own, ...gold].map(({ symbol, digits, bars }) => {
    const end = bars.time.findIndex((time) => time >= VALIDATE_UNTIL);
    return { symbol, digits, bars: sliceBars(bars, 0, end) };
  });
}

function askAll(symbol: string, bars: Bars, sigma: Float64Array, kind: string, into: Rows): void {
  const past = new PastWindows(bars, sigma);
  for (let place = 0; place + 24 < bars.time.length; place++) {
    const time = bars.time[place] as number;
    if (Math.floor(time / H1) % 24 !== 23) continue;
    const said = CANDIDATES.map((candidate) => past.tails(candidate, place));
    if (said.some((one) => one === null)) continue;
    const move = Math.log((bars.close[place + 24] as number) / (bars.close[place] as number));
    CANDIDATES.forEach((candidate, c) => {
      const key = `${kind}|${candidate.name}`;
      const rows = into.get(key) ?? [];
      into.set(key, rows);
      let at = 0;
      for (const level of LEVELS) {
        for (const side of SIDES) {
          const { valueAtRisk, expectedShortfall } = said[c]?.[at++] ?? { valueAtRisk: NaN, expectedShortfall: NaN };
          const result = side === 'long' ? move : -move;
          rows.push({
            symbol,
            day: Math.floor(time / DAY_MS),
            tail: `${100 * level} % ${side}`,
            level,
            breach: result < valueAtRisk ? 1 : 0,
            loss: fisslerZiegel(result, valueAtRisk, expectedShortfall, level),
          });
        }
      }
    });
  }
}

function groups(rows: readonly Row[], key: (row: Row) => string): Row[][] {
  const out = new Map<string, Row[]>();
  for (const row of rows) {
    const one = out.get(key(row)) ?? [];
    out.set(key(row), one);
    one.push(row);
  }
  return [...out.values()];
}

const breaches = (rows: readonly Row[]): number => rows.reduce((sum, { breach }) => sum + breach, 0);
const levelOf = (rows: readonly Row[]): number => rows[0]?.level ?? NaN;
const ratio = (rows: readonly Row[]): number => breaches(rows) / (rows.length * levelOf(rows));

/** Breaches over what was said, in the two years of a tail in which they are furthest apart; windows begin each 30 days. */
function worstTwoYears(rows: readonly Row[]): number {
  let worst = 1;
  for (const part of groups(rows, ({ tail }) => tail)) {
    const days = part.map(({ day }) => day);
    const last = Math.max(...days) - 2 * YEAR_DAYS;
    for (let from = Math.min(...days); from <= last; from += 30) {
      const found = ratio(part.filter(({ day }) => day >= from && day < from + 2 * YEAR_DAYS));
      if (Math.abs(Math.log(found)) > Math.abs(Math.log(worst))) worst = found;
    }
  }
  return worst;
}

function summary(kind: string, name: string, rows: readonly Row[], now: readonly Row[]): string {
  const tails = groups(rows, ({ symbol, tail }) => `${symbol}|${tail}`);
  const years = groups(rows, ({ symbol, tail, day }) => `${symbol}|${tail}|${new Date(day * DAY_MS).getUTCFullYear()}`).filter(
    (part) => part.length >= 200,
  );
  const statistic = years.reduce((sum, part) => sum + kupiec(breaches(part), part.length, levelOf(part)).statistic, 0) / years.length;
  const against = pairedDifference(
    rows.map(({ loss }) => loss),
    now.map(({ loss }) => loss),
    rows.map(({ day }) => day),
  );
  const refused = (p: (part: Row[]) => number): string => `${tails.filter((part) => p(part) < 0.05).length}/${tails.length}`;
  const byLevel = groups(rows, ({ level }) => String(level)).map((part) => print(ratio(part), 3));
  return `| ${[
    `${kind}, ${name}`,
    count(rows.length / 6),
    byLevel.join(' '),
    refused((part) => kupiec(breaches(part), part.length, levelOf(part)).p),
    refused((part) => christoffersenIndependence(part.map(({ breach }) => breach)).p),
    rows === now ? '' : withError(against, 4),
    `${print(statistic, 3)} (${years.length})`,
    print(worstTwoYears(rows), 2),
  ].join(' | ')} |`;
}

const { values } = parseArgs({ options: { data: { type: 'string' } } });
const stored = await readModel('volatility_v1');
const network = await Network.open(stored, await loadRuntime('native', console.warn));
const model = makeVolatility(stored.file, network);
const rows: Rows = new Map();
for (const { symbol, digits, bars } of symbolsBefore2018(values.data)) {
  const volatility = model.symbol(new BarSeries(symbol, digits, H1), new Map());
  if (!(volatility instanceof SymbolVolatility)) throw new Error('not the volatility model');
  const forecasts = await volatility.past(bars, bars.time.length);
  for (const kind of SIGMAS) {
    const sigma = Float64Array.from(forecasts, (one) => Math.sqrt(24 * ((kind === 'shipped' ? one?.variance : one?.har) ?? NaN)));
    askAll(symbol, bars, sigma, kind, rows);
  }
  console.error(`${symbol} ${new Date(bars.time[0] ?? NaN).toISOString()} ${bars.time.length} bars`);
}
network.release();
console.log(
  '| sigma, candidate | days | breaches over said, 1 2.5 5 % | Kupiec rejects | Christoffersen | FZ0 to now | Kupiec by year | worst 2 years |',
);
console.log('|---|--:|--:|--:|--:|--:|--:|--:|');
for (const kind of SIGMAS) {
  const now = rows.get(`${kind}|${CANDIDATES[0]?.name ?? ''}`) ?? [];
  for (const { name } of CANDIDATES) console.log(summary(kind, name, rows.get(`${kind}|${name}`) ?? [], now));
}
