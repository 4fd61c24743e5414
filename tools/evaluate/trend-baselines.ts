import { featureMatrix } from '@tickhub/plugin-sdk/features';
import type { EvaluationBars } from '../data/read-bars.ts';
import { partOf } from '../data/split.ts';
import { H1 } from '../data/symbols.ts';
import { HALF_WINDOW, stateOf, trendState } from './trend-labels.ts';

const NAMES = ['slope_t_25', 'adx_14', 'di_14', 'macd_12_26'];
const STATES = 3;
/** Of the training bars, every so many are looked at: their labels overlap by 48 of 49 bars. */
const STRIDE = 4;

/** A rule that a trader would follow: one number that says down, range or up against a threshold. */
interface Rule {
  readonly name: string;
  readonly thresholds: readonly number[];
  readonly state: (features: Float64Array, at: number, threshold: number) => 0 | 1 | 2;
}

const RULES: readonly Rule[] = [
  { name: 'trailing slope t (25 bars)', thresholds: steps(1, 14, 0.5), state: (f, at, limit) => stateOf(f[at] as number, limit) },
  {
    name: 'ADX(14) with +DI, -DI',
    thresholds: steps(10, 60, 2.5),
    state: (f, at, limit) => ((f[at + 1] as number) <= limit ? 1 : stateOf((f[at + 2] as number) * 1e6, 1)),
  },
  { name: 'MACD(12, 26) over volatility', thresholds: steps(0.25, 6, 0.25), state: (f, at, limit) => stateOf(f[at + 3] as number, limit) },
];

/** A baseline, fitted on the training years: to each state that its rule may say, the shares of what came. */
export interface Baseline {
  readonly name: string;
  readonly threshold: number | null;
  /** @returns P(down, range, up) as of each of the rows, row after row. */
  probabilities(symbol: EvaluationBars, rows: readonly number[]): Float64Array;
}

/** Climatology and three rules. A rule's threshold is the one that is right most often in the training years. */
export function trendBaselines(symbols: readonly EvaluationBars[]): readonly Baseline[] {
  const matrices = new Map(symbols.map((one) => [one.symbol, featureMatrix(one.bars, NAMES)]));
  const truth: number[] = [];
  const inputs: number[] = [];
  for (const { symbol, bars } of symbols) {
    const matrix = matrices.get(symbol);
    if (matrix === undefined) continue;
    for (let row = matrix.first; row < bars.time.length; row += STRIDE) {
      const end = bars.time[row + HALF_WINDOW];
      const trained = end !== undefined && partOf((bars.time[row] as number) + H1, end + H1) === 'train';
      const state = trained ? trendState(bars, row) : null;
      if (state === null) continue;
      truth.push(state);
      for (let i = 0; i < NAMES.length; i++) inputs.push(matrix.values[row * NAMES.length + i] as number);
    }
  }
  const features = Float64Array.from(inputs);
  const all = shares(
    truth.map(() => 0),
    truth,
  )[0] as readonly number[];
  const climatology: Baseline = {
    name: 'climatology',
    threshold: null,
    probabilities: (_, rows) => Float64Array.from(rows.flatMap(() => all)),
  };
  return [
    climatology,
    ...RULES.map((rule): Baseline => {
      const said = (threshold: number) => truth.map((_, i) => rule.state(features, i * NAMES.length, threshold));
      const threshold = rule.thresholds.reduce((best, one) => (hits(said(one), truth) > hits(said(best), truth) ? one : best));
      const table = shares(said(threshold), truth);
      return {
        name: rule.name,
        threshold,
        probabilities({ symbol }, rows) {
          const values = matrices.get(symbol)?.values ?? new Float64Array();
          return Float64Array.from(rows.flatMap((row) => table[rule.state(values, row * NAMES.length, threshold)] as readonly number[]));
        },
      };
    }),
  ];
}

function hits(said: readonly number[], truth: readonly number[]): number {
  return said.reduce((sum, state, i) => sum + (state === truth[i] ? 1 : 0), 0);
}

/** Shares of the true states after each that was said; one is added to every count. */
function shares(said: readonly number[], truth: readonly number[]): readonly (readonly number[])[] {
  const counts = Array.from({ length: STATES }, () => Array.from({ length: STATES }, () => 1));
  said.forEach((state, i) => {
    const row = counts[state] as number[];
    const is = truth[i] as number;
    row[is] = (row[is] as number) + 1;
  });
  return counts.map((row) => row.map((count) => count / row.reduce((sum, one) => sum + one)));
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by);
}
