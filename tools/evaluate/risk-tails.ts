import { inPeriod } from './daily-forecasts.ts';
import type { AskedDay, DailySymbol, Outcome, Period } from './daily-forecasts.ts';
import type { CardTable } from './evaluation.ts';
import { count, percent, print, withError } from './figures.ts';
import { christoffersenIndependence, fisslerZiegel, kupiec, pairedDifference, pooledMean } from './metrics/index.ts';
import type { TailForecast } from './risk-baselines.ts';
import { RISK_BASELINES, tailBaselines } from './risk-baselines.ts';

export const LEVELS = [0.01, 0.025, 0.05] as const;
export const SIDES = ['long', 'short'] as const;
const METHODS = [...RISK_BASELINES, 'risk_v2'] as const;
const DAY_MS = 86_400_000;

/** One tail of one day by one method. */
export interface TailRow extends Outcome, TailForecast {
  readonly level: number;
  readonly side: (typeof SIDES)[number];
  readonly method: string;
  /** The return as the holder sees it. */
  readonly result: number;
  readonly loss: number;
}

/** Of each day, level and side: what the model answered, and the baselines beside it. */
export function tailRows(daily: DailySymbol, asked: readonly AskedDay[]): TailRow[] {
  return LEVELS.flatMap((level) =>
    SIDES.flatMap((side) => {
      const baselines = tailBaselines(daily, level, side);
      const sign = side === 'long' ? 1 : -1;
      return asked.flatMap(({ outcome, answers }) => {
        const answer = answers.get('risk_v2');
        const said = answer?.quantiles?.find((one) => one.level === (side === 'long' ? level : 1 - level))?.value;
        const shortfall = answer?.details[`shortfall_${side}_${level * 100}`];
        if (said === undefined || typeof shortfall !== 'number') return [];
        const own: TailForecast = { valueAtRisk: (sign * said) / 100, expectedShortfall: shortfall / 100 };
        return METHODS.flatMap((method) => {
          const forecast = method === 'risk_v2' ? own : baselines[method].get(outcome.place);
          if (forecast === undefined) return [];
          const result = sign * outcome.move;
          const { valueAtRisk, expectedShortfall } = forecast;
          return [
            {
              ...outcome,
              level,
              side,
              method,
              result,
              valueAtRisk,
              expectedShortfall,
              loss: fisslerZiegel(result, valueAtRisk, expectedShortfall, level),
            },
          ];
        });
      });
    }),
  );
}

export const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
export const daysOf = (rows: readonly Outcome[]): number[] => rows.map(({ time }) => Math.floor(time / DAY_MS));

/** Tests symbol by symbol at 5 %, and all symbols' breaches at once. */
export function testsOf(
  rows: readonly TailRow[],
  level: number,
): { rate: number; pooled: number; kupiec: string[]; christoffersen: string[]; symbols: number } {
  const symbols = [...new Set(rows.map(({ symbol }) => symbol))];
  const breached = (part: readonly TailRow[]): number[] => part.map(({ result, valueAtRisk }) => (result < valueAtRisk ? 1 : 0));
  const of = (symbol: string): number[] => breached(rows.filter((row) => row.symbol === symbol));
  const total = (hits: readonly number[]): number => hits.reduce((sum, one) => sum + one, 0);
  return {
    rate: mean(breached(rows)),
    pooled: kupiec(total(breached(rows)), rows.length, level).p,
    kupiec: symbols.filter((symbol) => kupiec(total(of(symbol)), of(symbol).length, level).p < 0.05),
    christoffersen: symbols.filter((symbol) => christoffersenIndependence(of(symbol)).p < 0.05),
    symbols: symbols.length,
  };
}

/** Mean loss of the days beyond the value at risk over the mean of the shortfalls that were said for them. */
function shortfallRatio(rows: readonly TailRow[]): number {
  const beyond = rows.filter(({ result, valueAtRisk }) => result < valueAtRisk);
  return mean(beyond.map(({ result }) => result)) / mean(beyond.map(({ expectedShortfall }) => expectedShortfall));
}

export function tailTable(all: readonly TailRow[], period: Period): CardTable {
  const rows: string[][] = [];
  for (const level of LEVELS) {
    for (const side of SIDES) {
      const of = (method: string): TailRow[] =>
        all.filter((row) => row.level === level && row.side === side && row.method === method && inPeriod(period, row));
      const base = of('FHS on EWMA');
      for (const method of METHODS) {
        const part = of(method);
        const { rate, pooled, kupiec: refused, christoffersen: clustered, symbols } = testsOf(part, level);
        const against = pairedDifference(
          part.map(({ loss }) => loss),
          base.map(({ loss }) => loss),
          daysOf(part),
        );
        rows.push([
          `${percent(level)} ${side}, ${method}`,
          count(part.length),
          `${percent(rate, 2)}`,
          `${symbols - refused.length}/${symbols}`,
          print(pooled, 3),
          `${symbols - clustered.length}/${symbols}`,
          print(mean(part.map(({ loss }) => loss)), 3),
          method === 'FHS on EWMA' ? '' : withError(against, 3),
          print(shortfallRatio(part), 3),
        ]);
      }
    }
  }
  return {
    title: `Value at risk and expected shortfall of 24 bars, daily, ${period.name}`,
    note: "Breaches as a share of days; Kupiec and Christoffersen (independence): symbols that are not rejected at 5 % each (of eight right ones one is rejected in a third of the rows); Kupiec's p over all symbols, which takes days on which they break together for several; FZ0 is Fissler and Ziegel's loss, lower is better, and its difference to FHS on EWMA with a standard error by blocks of 10 days; the last column is the mean loss beyond the value at risk over the shortfall that was said.",
    columns: ['tail, method', 'n', 'breaches', 'Kupiec', 'p, all', 'Christoffersen', 'FZ0', 'to FHS on EWMA', 'loss over ES'],
    rows,
  };
}

export function refusedTable(all: readonly TailRow[], period: Period): CardTable {
  return {
    title: `Symbols that fail, risk_v2, ${period.name}`,
    columns: ['tail', 'Kupiec', 'Christoffersen'],
    rows: LEVELS.flatMap((level) =>
      SIDES.map((side) => {
        const part = all.filter((row) => row.level === level && row.side === side && row.method === 'risk_v2' && inPeriod(period, row));
        const found = testsOf(part, level);
        return [`${percent(level)} ${side}`, found.kupiec.join(' ') || 'none', found.christoffersen.join(' ') || 'none'];
      }),
    ),
  };
}

/** Whether too many breaches are of one year or of all: the pooled share of each, with its standard error by blocks of days. */
export function yearTable(all: readonly TailRow[], periods: readonly Period[]): CardTable {
  const own = all.filter(({ method }) => method === 'risk_v2');
  const tails = LEVELS.flatMap((level) => SIDES.map((side) => ({ level, side })));
  const rows = periods.flatMap((period) => {
    const part = own.filter((row) => inPeriod(period, row));
    const years = [...new Set(part.map(yearOf))].sort((a, b) => a - b);
    return years.map((year) => {
      const ofYear = part.filter((row) => yearOf(row) === year);
      const cells = tails.map(({ level, side }) => {
        const tail = ofYear.filter((row) => row.level === level && row.side === side);
        const found = pooledMean(
          tail.map(({ result, valueAtRisk }) => (result < valueAtRisk ? 100 : 0)),
          daysOf(tail),
        );
        return withError(found, 1);
      });
      return [`${period.name.split(',')[0] ?? period.name}, ${year}`, count(ofYear.length / tails.length), ...cells];
    });
  });
  return {
    title: 'Breaches by year, risk_v2, all symbols',
    note: 'Percent of days, with standard errors by blocks of 10 days. Looked at after the model was made, to find why breaches are too many; nothing was chosen by it.',
    columns: ['period and year', 'n', ...tails.map(({ level, side }) => `${percent(level)} ${side}`)],
    rows,
  };
}

function yearOf({ time }: Outcome): number {
  return new Date(time).getUTCFullYear();
}
