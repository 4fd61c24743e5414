import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readBars } from '../data/read-bars.ts';
import { SPLIT_TEXT } from '../data/split.ts';
import type { Part } from '../data/split.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { folderOf } from './card.ts';
import { casesOf } from './ensemble-answers.ts';
import type { Case } from './ensemble-answers.ts';
import type { CardTable, Evaluation } from './evaluation.ts';
import { count, percent, print, withError } from './figures.ts';
import {
  agreement,
  brierOfEvent,
  calibrationError,
  choiceOf,
  logLossOf,
  pairedDifference,
  pooledMean,
  qlike,
  reliability,
} from './metrics/index.ts';
import type { Classified } from './metrics/index.ts';
import { reliabilityPlot } from './plots/index.ts';

const STRIDE = 4;
const Constants = z.object({ constants: z.object({ climatology: z.number(), penalties: z.record(z.string(), z.number().nullable()) }) });

export const evaluation: Evaluation = {
  async run({ bench, data, oneLook, say }) {
    const { constants } = Constants.parse(JSON.parse(readFileSync(path.join(folderOf('ensemble_v1'), 'model.json'), 'utf8')));
    const symbols = SYMBOLS.map(({ symbol }) => readBars(symbol, data));
    const tables: CardTable[] = [];
    let test: Case[] = [];
    const parts: readonly (readonly [Part, string])[] = [
      ['test', 'test, 2018-01-15 to 2021-02-28'],
      ...(oneLook ? [['one-look', 'one look, 2021-03-01 on'] as const] : []),
    ];
    for (const [part, title] of parts) {
      const cases: Case[] = [];
      for (const symbol of symbols) {
        cases.push(...(await casesOf(bench, symbol, part, STRIDE)));
        say(`${part}, ${symbol.symbol}: ${cases.length} bars`);
      }
      if (part === 'test') test = cases;
      tables.push(volatilityTable(title, cases), stateTable(title, cases), beyondTable(title, cases, constants.climatology));
    }
    const meanOf = (said: readonly number[]): number => stateLosses(test, said).reduce((sum, loss) => sum + loss, 0) / test.length;
    const trendLoss = meanOf(test.flatMap(({ trend }) => [...trend]));
    const stackedLoss = meanOf(test.flatMap(({ stacked }) => [...stacked]));
    const skill = beyondSkill(test, constants.climatology);
    return {
      about:
        'Stacks what volatility_v1 (its network, and its regression of the symbol itself) and trend_v1 said as of the same bar, with range features and the time of day, to three answers: the volatility of the next 24 bars, the state of the trend, and P(beyond one sigma). ' +
        'Beyond one sigma means: a high or low of the next 24 bars is farther from the close, in log price, than the trailing sigma, which is the root of 24 times the mean squared log return of the last 480 bars. It was defined so before the test was looked at. ' +
        'Each answer departs by a ridge regression from what needs no fitting: the geometric mean of network and HAR, the probabilities of trend_v1, climatology. The penalty is the best on quarters of 2017 that were left out; the members were trained before 2017. ' +
        `Chosen: ${Object.entries(constants.penalties)
          .map(([name, penalty]) => `${name} ${penalty ?? 'no departure at all'}`)
          .join(', ')}.`,
      data: symbols.map(({ symbol, sha256 }) => ({ name: `${symbol} H1`, sha256 })),
      split: SPLIT_TEXT,
      tables,
      plots: [
        {
          file: 'reliability.svg',
          svg: reliabilityPlot('ensemble_v1: beyond one sigma, test', [
            {
              label: 'beyond',
              bins: reliability(
                test.map(({ pBeyond }) => pBeyond),
                test.map(({ beyond }) => (beyond ? 1 : 0)),
              ),
            },
          ]),
          caption: 'P(beyond one sigma): said against came, test.',
        },
      ],
      limits: [
        'Its volatility is the equal-weight geometric mean of its members: every departure that was tried was worse on quarters of 2017 that were left out (QLIKE .2267 to .2299 beside .2255), so it is no better than volatility_v1, and no worse.',
        `P(beyond one sigma): the goal was a Brier skill of 15 % over climatology; on the test it is ${percent(skill)}. Dividing by the trailing sigma leaves little to forecast. Other sigmas were tried by hand on 2017 only (left-out quarters, the volatility forecast alone, measured by no command of this repository): 480 bars 2.5 %, 1,000 bars 2.4 %, 6,000 bars 4.2 %, 24,000 bars 6.0 %; with the close after 24 bars in place of the farthest price 0.7, 0.5, 0.8 and 1.8 %. None comes near the goal.`,
        `Its state of the trend is no gain: on the test its log-loss is ${print(stackedLoss, 4)} beside ${print(trendLoss, 4)} of trend_v1 alone, although it did better on quarters of 2017 that were left out. It was left as it was chosen there, for to choose again after the test would be to fit the test. For the state take trend_v1.`,
        'Sentiment has the weight 0: there is no history of headlines aligned with these bars. So has the calendar: the only history of events is of 2022, of which the bars have two months and none before the test. Neither could be fitted or tested, and neither is read.',
        'It was fitted on one year, a quiet one.',
        'The network of volatility_v1 chose its epochs on 2017, so its share of that year is a little better than out of sample; the equal weights do not depend on it.',
      ],
    };
  },

  async small({ bench }) {
    const cases = await casesOf(bench, readBars('USDJPY'), 'test', 6, 1_500);
    const { constants } = Constants.parse(JSON.parse(readFileSync(path.join(folderOf('ensemble_v1'), 'model.json'), 'utf8')));
    return [
      { name: 'QLIKE over that of the equal-weight mean', value: meanLoss(cases, 'ensemble') / meanLoss(cases, 'mean'), to: 1.001 },
      { name: 'Brier skill of P(beyond one sigma)', value: beyondSkill(cases, constants.climatology), from: 0 },
    ];
  },
};

function losses(cases: readonly Case[], who: keyof Case['variances']): number[] {
  return cases.map(({ realised, variances }) => qlike(realised, variances[who]));
}

function meanLoss(cases: readonly Case[], who: keyof Case['variances']): number {
  return losses(cases, who).reduce((sum, loss) => sum + loss, 0) / cases.length;
}

function volatilityTable(title: string, cases: readonly Case[]): CardTable {
  const days = cases.map(({ day }) => day);
  const reference = losses(cases, 'mean');
  const row = (name: string, who: keyof Case['variances']): string[] => [
    name,
    count(cases.length),
    withError(pooledMean(losses(cases, who), days), 4),
    withError(pairedDifference(losses(cases, who), reference, days), 4),
  ];
  return {
    title: `Volatility of 24 bars: ${title}`,
    note: 'QLIKE: lower is better. Every fourth bar; SE by blocks of ten days, all symbols together.',
    columns: ['', 'n', 'QLIKE (SE)', 'minus that of the equal-weight mean (SE)'],
    rows: [
      row('random walk: the last 24 bars', 'last 24 bars'),
      row('the last 480 bars', 'last 480 bars'),
      row('network of volatility_v1', 'network'),
      row('HAR of volatility_v1', 'HAR'),
      row('equal-weight geometric mean', 'mean'),
      row('ensemble_v1', 'ensemble'),
    ],
  };
}

function stateTable(title: string, cases: readonly Case[]): CardTable {
  const days = cases.map(({ day }) => day);
  const truth = cases.map(({ state }) => state);
  const reference = stateLosses(
    cases,
    cases.flatMap(({ trend }) => [...trend]),
  );
  const row = (name: string, said: readonly number[]): string[] => {
    const all: Classified = { probabilities: said, classes: 3, truth };
    const choices = truth.map((_, i) => choiceOf(all, i));
    const { accuracy, macroF1 } = agreement(choices, truth, 3);
    const logs = stateLosses(cases, said);
    return [
      name,
      count(truth.length),
      print(accuracy, 3),
      print(macroF1, 3),
      withError(pooledMean(logs, days), 4),
      withError(pairedDifference(logs, reference, days), 4),
    ];
  };
  return {
    title: `State of the trend: ${title}`,
    columns: ['', 'n', 'accuracy', 'macro-F1', 'log-loss (SE)', 'minus that of trend_v1 (SE)'],
    rows: [
      row(
        'trend_v1',
        cases.flatMap(({ trend }) => [...trend]),
      ),
      row(
        'ensemble_v1',
        cases.flatMap(({ stacked }) => [...stacked]),
      ),
    ],
  };
}

/** Log-loss of each case; `said` has three probabilities of it. */
function stateLosses(cases: readonly Case[], said: readonly number[]): number[] {
  const all: Classified = { probabilities: said, classes: 3, truth: cases.map(({ state }) => state) };
  return cases.map((_, i) => logLossOf(all, i));
}

function beyondTable(title: string, cases: readonly Case[], climatology: number): CardTable {
  const days = cases.map(({ day }) => day);
  const came = cases.map(({ beyond }): number => (beyond ? 1 : 0));
  const row = (name: string, said: readonly number[]): string[] => {
    const errors = said.map((p, i) => (p - (came[i] as number)) ** 2);
    const skill =
      1 -
      brierOfEvent(said, came) /
        brierOfEvent(
          cases.map(() => climatology),
          came,
        );
    return [name, count(said.length), withError(pooledMean(errors, days), 4), percent(skill, 2), print(calibrationError(said, came), 3)];
  };
  return {
    title: `P(beyond one sigma in 24 bars): ${title}`,
    note: `It came in ${percent(came.reduce((sum, one) => sum + one, 0) / came.length)} of the cases; climatology is the share of 2017, ${percent(climatology)}.`,
    columns: ['', 'n', 'Brier (SE)', 'skill over climatology', 'ECE'],
    rows: [
      row(
        'climatology',
        cases.map(() => climatology),
      ),
      row(
        'ensemble_v1',
        cases.map(({ pBeyond }) => pBeyond),
      ),
    ],
  };
}

function beyondSkill(cases: readonly Case[], climatology: number): number {
  const came = cases.map(({ beyond }): number => (beyond ? 1 : 0));
  const said = cases.map(({ pBeyond }) => pBeyond);
  return (
    1 -
    brierOfEvent(said, came) /
      brierOfEvent(
        cases.map(() => climatology),
        came,
      )
  );
}
