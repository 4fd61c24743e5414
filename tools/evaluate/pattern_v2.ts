import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { ModelAnswer } from '@tickhub/plugin-sdk';
import { CHART_CLASSES } from '../../plugins/models/src/pattern/charts/classes.ts';
import { RULE_BARS } from '../../plugins/models/src/pattern/charts/completion.ts';
import { FUTURE_BARS } from '../../plugins/models/src/pattern/charts/expected-moves.ts';
import { RADIUS } from '../../plugins/models/src/pattern/charts/extrema.ts';
import { readBars } from '../data/read-bars.ts';
import type { EvaluationBars } from '../data/read-bars.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { ONE_LOOK_FROM, TEST_FROM, VALIDATE_FROM, VALIDATE_UNTIL } from '../data/split.ts';
import { LABEL_HORIZON, labelsSoFar, labelsWithHindsight } from '../train/charts/labels.ts';
import type { ChartLabels } from '../train/charts/labels.ts';
import type { Evaluated, Evaluation, EvaluationContext } from './evaluation.ts';
import { count } from './figures.ts';
import { logLoss, reliability } from './metrics/index.ts';
import { PATTERN_LIMITS } from './pattern-limits.ts';
import { scoreBars, scoreDifference, scoreEvents } from './pattern-scores.ts';
import { afterTable, anyPattern, mean, probabilityTable, scoreTable } from './pattern-tables.ts';
import type { Called } from './pattern-tables.ts';
import { reliabilityPlot } from './plots/index.ts';

const ID = 'pattern_v2';
const AHEAD = 24;
/** Bars before the first that is asked about: so that labels and rules have all that they look back. */
const BEFORE = 1_000;
const VALIDATE = [VALIDATE_FROM, VALIDATE_UNTIL] as const;
const TEST = [TEST_FROM, ONE_LOOK_FROM] as const;
const ONE_LOOK = [ONE_LOOK_FROM, Infinity] as const;
const LAGS = [1, 2, 3, 4];

type Period = readonly [from: number, to: number];

const classOf = (labels: ChartLabels, at: number): number => CHART_CLASSES.indexOf(labels[at]?.name ?? 'none');

/** Places of a symbol's bars in a period whose labels and next 24 bars lie in it as well. */
function places({ bars }: EvaluationBars, [from, to]: Period): { first: number; end: number } {
  const within = bars.time.findIndex((time) => time >= from);
  const past = bars.time.findIndex((time) => time >= to);
  const end = (past < 0 ? bars.time.length : past) - Math.max(AHEAD, LABEL_HORIZON);
  return within < 0 || end <= within ? { first: 0, end: 0 } : { first: Math.max(within, RULE_BARS), end };
}

/** The lag after which the causal rules believe a turning point: the best mean F1 of 2017. */
function chooseLag(data: string | undefined): number {
  const scores = LAGS.map((lag) => {
    const calls: number[] = [];
    const bars: { classes: number; time: number[]; symbol: string[]; truth: number[] } = {
      classes: CHART_CLASSES.length,
      time: [],
      symbol: [],
      truth: [],
    };
    for (const { symbol } of SYMBOLS) {
      const of = readBars(symbol, data);
      const { first, end } = places(of, VALIDATE);
      const begin = Math.max(0, first - BEFORE);
      const excerpt = sliceBars(of.bars, begin, end + LABEL_HORIZON);
      const [truth, rules] = [labelsWithHindsight(excerpt), labelsSoFar(excerpt, lag)];
      for (let at = first; at < end; at++) {
        calls.push(classOf(rules, at - begin));
        bars.truth.push(classOf(truth, at - begin));
        bars.time.push(of.bars.time[at] as number);
        bars.symbol.push(symbol);
      }
    }
    const { f1 } = scoreBars(bars, calls);
    return f1.reduce((sum, value) => sum + value, 0);
  });
  return LAGS[scores.indexOf(Math.max(...scores))] as number;
}

/** Asks the plugin at every bar of a period, and calls the same bars by the rules. */
async function call(
  { bench, data, say }: EvaluationContext,
  period: Period,
  lag: number,
  symbols = SYMBOLS.map(({ symbol }) => symbol),
): Promise<Called> {
  const model: number[] = [];
  const rules: number[] = [];
  const truth: number[] = [];
  const time: number[] = [];
  const symbol: string[] = [];
  const said: number[] = [];
  const rose: boolean[] = [];
  const misses = { start: [] as number[], end: [] as number[] };
  bench.allow([ID]);
  for (const name of symbols) {
    const of = readBars(name, data);
    const { first, end } = places(of, period);
    if (end === 0) continue;
    const begin = Math.max(0, first - BEFORE);
    const excerpt = sliceBars(of.bars, begin, end + LABEL_HORIZON);
    const [hindsight, causal] = [labelsWithHindsight(excerpt), labelsSoFar(excerpt, lag)];
    for await (const { place, answers } of bench.replay(of, { models: [ID], from: first, to: end })) {
      const answer = answers.find(({ model: id }) => id === ID);
      if (answer === undefined || answer.probabilities === null)
        throw new Error(`${ID} gives no probabilities of ${name}: ${answer?.abstained ?? 'no answer'}`);
      const { probabilities } = answer;
      const pattern = hindsight[place - begin] ?? null;
      model.push(CHART_CLASSES.indexOf(answer.details['pattern'] as (typeof CHART_CLASSES)[number]));
      rules.push(classOf(causal, place - begin));
      truth.push(classOf(hindsight, place - begin));
      time.push(of.bars.time[place] as number);
      symbol.push(name);
      said.push(...CHART_CLASSES.map((one) => probabilities[one] as number));
      rose.push((of.bars.close[place + AHEAD] as number) > (of.bars.close[place] as number));
      if (pattern !== null && model.at(-1) === truth.at(-1))
        noteMisses(misses, answer, excerpt.time[pattern.start] as number, excerpt.time[pattern.end] as number);
    }
    say(`${name}: ${count(end - first)} bars`);
  }
  return { classes: CHART_CLASSES.length, model, rules, truth, time, symbol, probabilities: Float64Array.from(said), rose, misses };
}

function noteMisses(misses: Called['misses'], { details }: ModelAnswer, start: number, end: number): void {
  misses.start.push(Math.abs((details['start'] as number) - start) / 3_600_000);
  misses.end.push(Math.abs((details['end'] as number) - end) / 3_600_000);
}

export const evaluation: Evaluation = {
  async run(context): Promise<Evaluated> {
    const lag = chooseLag(context.data);
    context.say(`the causal rules believe a turning point after ${lag} bars`);
    const test = await call(context, TEST, lag);
    const last = context.oneLook ? await call(context, ONE_LOOK, lag) : null;
    const { said, came } = anyPattern(test);
    const sources = SYMBOLS.map(({ symbol }) => readBars(symbol, context.data));
    return {
      about: `Candlesticks: TA-Lib's 61 patterns by exact rules on prices in whole points. Chart patterns: sampled futures. The label of a bar is made with hindsight: turning points of a Gaussian kernel (4 bars) over log closes, rules after Lo, Mamaysky and Wang (2000) with tolerances as shares of the height; a pattern counts from the bar after its last turning point to the sixth, though the kernel sees ${RADIUS} more bars to each side. Which label a bar will have is open only as far as the next ${FUTURE_BARS} closes are. The model continues the last ${RULE_BARS} closes with 1,024 futures, finds in each the label that hindsight would give, and P(class) is the share of futures with it. The futures are what came after bars of the training years, drawn at random, each move over the expected one, and each upside down as well; the expected moves are those of the last ${RULE_BARS} bars with their daily round. The class that it names is the one that adds most to the mean F1 (a gain and a cost for each class, fitted on the training years), a little more cautious for the sake of events (chosen in 2017). The baseline is the same rules run causally: the kernel one-sided at the end, a turning point believed ${lag} bars after it (the best of 1 to 4 in 2017).`,
      data: sources.map(({ symbol, sha256 }) => ({ name: `${symbol} H1`, sha256 })),
      split:
        'by calendar for all symbols: training before 2017 (the futures; gains and costs of the decision), validation 2017 (its caution, the lag of the rules), test 2018-01-15 to 2021-02-28, every bar; one look at 2021-03-01 to 2022-03. Training and validation end 205 hours before the next year. The test ends 24 bars before the one look, so that no outcome is in both; the pasts of the first bars after that reach back into it, and nothing is fitted to it',
      tables: [
        scoreTable(test, 'Chart patterns, test'),
        probabilityTable(test, 'Probabilities, test'),
        afterTable(test, 'What came after a pattern, test'),
        ...(last === null
          ? []
          : [scoreTable(last, 'Chart patterns, the one look'), afterTable(last, 'What came after a pattern, the one look')]),
      ],
      plots: [
        {
          file: 'reliability.svg',
          svg: reliabilityPlot('pattern_v2: any chart pattern, test', [{ label: 'pattern_v2', bins: reliability(said, came) }]),
          caption: 'How often there was a chart pattern, by how probable the model called one.',
        },
      ],
      limits: PATTERN_LIMITS,
    };
  },
  async small(context) {
    const from = Date.UTC(2019, 0, 2);
    const called = await call(context, [from, from + 60 * 86_400_000], 1, ['GBPUSD']);
    const cases = { probabilities: called.probabilities, classes: called.classes, truth: called.truth };
    return [
      { name: 'log-loss of the chart pattern', value: logLoss(cases), to: 0.2 },
      { name: 'macro F1 above that of the causal rules', value: scoreDifference(called, called.model, called.rules).mean, from: 0.05 },
      { name: 'macro F1 by events', value: mean(scoreEvents(called, called.model)), from: 0.35 },
    ];
  },
};
