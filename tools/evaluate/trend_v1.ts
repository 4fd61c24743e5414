import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readBars } from '../data/read-bars.ts';
import { SPLIT_TEXT } from '../data/split.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { folderOf } from './card.ts';
import type { CardTable, Evaluation } from './evaluation.ts';
import { count, print, withError } from './figures.ts';
import { agreement, brier, calibrationError, choiceOf, logLossOf, pooledMean, reliability, topLabel } from './metrics/index.ts';
import type { Classified } from './metrics/index.ts';
import { reliabilityPlot } from './plots/index.ts';
import { trendAnswers } from './trend-answers.ts';
import type { TrendAnswers } from './trend-answers.ts';
import { trendBaselines } from './trend-baselines.ts';
import type { Baseline } from './trend-baselines.ts';

const CLASSES = ['down', 'range', 'up'] as const;
/** Neighbours share 48 of the 49 bars of their label. */
const STRIDE = 4;
const COLUMNS = ['', 'n', 'accuracy (SE)', 'macro-F1', 'log-loss (SE)', 'Brier', 'ECE'];

const Scores = z.object({
  n: z.number(),
  accuracy: z.number(),
  macroF1: z.number(),
  logLoss: z.number(),
  brier: z.number(),
  ece: z.number(),
});
/** What tools/train/trend_boosting.py measured. */
const Boosting = z.object({ model: z.string(), test: Scores, lastYear: Scores });

export const evaluation: Evaluation = {
  async run({ bench, data, oneLook, say }) {
    const symbols = SYMBOLS.map(({ symbol }) => readBars(symbol, data));
    const baselines = trendBaselines(symbols);
    const boosting = Boosting.parse(JSON.parse(readFileSync(path.join(folderOf('trend_v1'), 'boosting.json'), 'utf8')));
    const tables: CardTable[] = [];
    const parts = [
      { part: 'test', title: 'test, 2018-01-15 to 2021-02-28', boosted: boosting.test },
      ...(oneLook ? [{ part: 'one-look', title: 'one look, 2021-03-01 on', boosted: boosting.lastYear } as const] : []),
    ] as const;
    let test: TrendAnswers[] = [];
    for (const { part, title, boosted } of parts) {
      const answers: TrendAnswers[] = [];
      for (const symbol of symbols) answers.push(await trendAnswers(bench, symbol, part, STRIDE));
      say(`${part}: ${answers.reduce((sum, { truth }) => sum + truth.length, 0)} bars`);
      if (part === 'test') test = answers;
      const { n, accuracy, macroF1, logLoss, brier: score, ece } = boosted;
      const some = answers.filter(({ truth }) => truth.length > 0);
      const abstained = answers.reduce((sum, one) => sum + one.abstained, 0);
      tables.push(
        {
          title: `State of the trend: ${title}`,
          note: `Every fourth bar. SE: bootstrap by blocks of ten days, all symbols together. It abstained on ${count(abstained)} bars, which no row has but the boosting's. The rules' thresholds are those that are right most often in the training years (${baselines
            .filter(({ threshold }) => threshold !== null)
            .map(({ name, threshold }) => `${name}: ${threshold}`)
            .join(
              '; ',
            )}), their probabilities the shares of what then came. Gradient boosting: ${boosting.model}, by \`tools/train/trend_boosting.py\`, on the same inputs.`,
          columns: COLUMNS,
          rows: [
            ...baselines.map((baseline) => row(baseline.name, some, baseline)),
            ['gradient boosting', count(n), print(accuracy, 3), print(macroF1, 3), print(logLoss, 3), print(score, 3), print(ece, 3)],
            row('trend_v1', some),
            ...some.map((one) => row(`trend_v1, ${one.symbol.symbol}`, [one])),
          ],
        },
        directionTable(title, some),
      );
    }
    const all = classified(test);
    const series = CLASSES.map((label, k) => ({
      label,
      bins: reliability(
        all.truthOf.map((_, i) => all.cases.probabilities[i * 3 + k] as number),
        all.truthOf.map((state) => (state === k ? 1 : 0)),
      ),
    }));
    return {
      about:
        'Says whether the market is in a downtrend, a range or an uptrend now. The truth is known a day later: the t-statistic of the slope of log price over the 49 H1 bars around the bar, of which 24 are still to come; between -6 and 6 is a range. ' +
        'A network of 53 inputs (the path of the last 24 bars, longer momenta, slopes, volatility ratios, time) that gives the mirrored answer for the mirrored market; three seeds averaged. It learned from the label that came and, with four times the weight, from what might have come: the same past continued by 96 futures of other training bars of the same hour of the week, mirrored at random. Temperature and a bias of the range were fitted on 2017. ' +
        'A second head says P(up) in 24 bars, with log odds shrunk to a twentieth. It has no edge, and the detail `direction` says so.',
      data: symbols.map(({ symbol, sha256 }) => ({ name: `${symbol} H1`, sha256 })),
      split: SPLIT_TEXT,
      tables,
      plots: [
        { file: 'reliability.svg', svg: reliabilityPlot('trend_v1: state, test', series), caption: 'Said against came, by state, test.' },
      ],
      limits: [
        'The state is about now, not a forecast of the price: half of what makes the label lies ahead, and no part of it can be traded on before it is over.',
        'The futures that it learned from have no direction of their own. Should a market trend for longer than by chance, it is too cautious.',
        'Weights are chosen on 2017 alone. Tried by hand there, and measured by no command of this repository: without the futures the log-loss was .786 to .787; with hard labels and no mirror symmetry .788 and rising from epoch to epoch; without 14 of the 24 momenta .784.',
        'EURUSD is of another source (OANDA by LEAN, bid) and ends in 2018.',
      ],
    };
  },

  async small({ bench }) {
    const symbols = ['GBPUSD', 'XAUUSD'].map((symbol) => readBars(symbol));
    const answers: TrendAnswers[] = [];
    for (const symbol of symbols) answers.push(await trendAnswers(bench, symbol, 'test', 12, 6_000));
    const { cases, days } = classified(answers);
    const losses = cases.truth.length === 0 ? NaN : pooledMean(perCase(cases, logLossOf), days).mean;
    const up = answers.flatMap((one) => one.up);
    return [
      { name: 'log-loss of the nowcast', value: losses, to: 0.8 },
      // Outside of these is no miracle but a leak, or a head that claims more than it knows.
      { name: 'Brier score of the direction', value: mean(up.map(({ p, rose }) => (p - (rose ? 1 : 0)) ** 2)), from: 0.2495, to: 0.2505 },
    ];
  },
};

function classified(answers: readonly TrendAnswers[], baseline?: Baseline): { cases: Classified; truthOf: number[]; days: number[] } {
  const truthOf = answers.flatMap(({ truth }) => [...truth]);
  const probabilities = answers.flatMap((one) =>
    baseline === undefined ? [...one.said] : [...baseline.probabilities(one.symbol, one.places)],
  );
  return { cases: { probabilities, classes: CLASSES.length, truth: truthOf }, truthOf, days: answers.flatMap(({ days }) => [...days]) };
}

function perCase(cases: Classified, of: (cases: Classified, i: number) => number): Float64Array {
  return Float64Array.from({ length: cases.truth.length }, (_, i) => of(cases, i));
}

function row(name: string, answers: readonly TrendAnswers[], baseline?: Baseline): string[] {
  const { cases, truthOf, days } = classified(answers, baseline);
  const choices = perCase(cases, choiceOf);
  const { said, came } = topLabel(cases);
  return [
    name,
    count(truthOf.length),
    withError(
      pooledMean(
        choices.map((choice, i) => (choice === truthOf[i] ? 1 : 0)),
        days,
      ),
      3,
    ),
    print(agreement(choices, truthOf, CLASSES.length).macroF1, 3),
    withError(pooledMean(perCase(cases, logLossOf), days), 3),
    print(brier(cases), 3),
    print(calibrationError(said, came), 3),
  ];
}

function directionTable(title: string, answers: readonly TrendAnswers[]): CardTable {
  const up = answers.flatMap((one) => [...one.up]);
  const days = up.map(({ day }) => day);
  const hits = up.map(({ p, rose }) => (p > 0.5 === rose ? 1 : 0));
  const errors = up.map(({ p, rose }) => (p - (rose ? 1 : 0)) ** 2);
  return {
    title: `Direction of the next 24 bars: ${title}`,
    note: 'A coin has the Brier score 0.25. CI fails outside of 0.2495 to 0.2505.',
    columns: ['', 'n', 'right side of one half (SE)', 'Brier (SE)', 'said, least to most'],
    rows: [
      ['coin', count(up.length), '0.5000', '0.25000', '0.500 to 0.500'],
      [
        'trend_v1: P(up)',
        count(up.length),
        withError(pooledMean(hits, days), 4),
        withError(pooledMean(errors, days), 5),
        `${print(
          up.reduce((least, { p }) => Math.min(least, p), 1),
          3,
        )} to ${print(
          up.reduce((most, { p }) => Math.max(most, p), 0),
          3,
        )}`,
      ],
    ],
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
