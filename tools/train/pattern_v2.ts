import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION, sliceBars } from '@tickhub/plugin-sdk/features';
import { decide } from '../../plugins/models/src/pattern/charts/chart-reading.ts';
import { CHART_CLASSES } from '../../plugins/models/src/pattern/charts/classes.ts';
import { RULE_BARS } from '../../plugins/models/src/pattern/charts/completion.ts';
import { FUTURE_BARS } from '../../plugins/models/src/pattern/charts/expected-moves.ts';
import { FUTURE_WIDTH } from '../../plugins/models/src/pattern/charts/futures.ts';
import { ModelFile } from '../../plugins/models/src/model-file.ts';
import { Network } from '../../plugins/models/src/sessions/network.ts';
import { loadRuntime } from '../../plugins/models/src/sessions/runtime.ts';
import { readBars } from '../data/read-bars.ts';
import { VALIDATE_FROM, VALIDATE_UNTIL } from '../data/split.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';
import { seededRandom } from '../evaluate/metrics/bootstrap.ts';
import { runsOf, scoreBars, scoreEvents } from '../evaluate/pattern-scores.ts';
import { drawFutures, smoothingOfMoves } from './charts/bank.ts';
import { fitDecision, frequencies, moreCautious } from './charts/decision.ts';
import type { Decision } from './charts/decision.ts';
import { LABEL_HORIZON } from './charts/labels.ts';
import { outlooksOf, probabilitiesIn } from './charts/outlooks.ts';
import type { JudgedOutlooks } from './charts/outlooks.ts';
import { writeNpy } from './npy.ts';
import type { Training, TrainingJob } from './training.ts';

/** Each counts upside down as well. More change the mean F1 by less than its standard error, and cost time on every bar. */
const FUTURES = 512;
const SEED = 20_261_126;
const EMBARGO = (RULE_BARS + LABEL_HORIZON) * H1;
/** Bars that the decision is fitted on: labels of neighbours are much the same. */
const STRIDE = 2;
/** How much surer than the best mean F1 by bars wants a call has to be; chosen in 2017. */
const CAUTIONS = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function callsOf(judged: JudgedOutlooks, probabilities: Float64Array, decision: Decision): number[] {
  return judged.truth.map((_, i) => decide(probabilities, decision, i * CHART_CLASSES.length));
}

/** The caution with the best harmonic mean of both F1, by bars and by events. */
function chooseCaution(validate: JudgedOutlooks, probabilities: Float64Array, decision: Decision, { say }: TrainingJob): Decision {
  let best: { readonly score: number; readonly decision: Decision } | null = null;
  for (const caution of CAUTIONS) {
    const cautious = moreCautious(decision, caution);
    const calls = callsOf(validate, probabilities, cautious);
    const [bars, events] = [mean(scoreBars(validate, calls).f1), mean(scoreEvents(validate, calls))];
    say(`2017, caution ${caution}: F1 by bars ${bars.toFixed(4)}, by events ${events.toFixed(4)}`);
    const score = (2 * bars * events) / (bars + events);
    if (best === null || score > best.score) best = { score, decision: cautious };
  }
  if (best === null) throw new Error('no caution was tried');
  return best.decision;
}

/** Events of the validation year by what they are called, and how many of them were followed by a rise. */
function risesAfter(validate: JudgedOutlooks, calls: readonly number[]): Record<string, { n: number; up: number }> {
  const counts = CHART_CLASSES.map(() => ({ n: 0, up: 0 }));
  for (const { from, call } of runsOf(validate, calls)) {
    const count = counts[call];
    if (count === undefined) continue;
    count.n++;
    count.up += validate.rose[from] === true ? 1 : 0;
  }
  return Object.fromEntries(CHART_CLASSES.map((name, k) => [name, counts[k] as { n: number; up: number }] as const).slice(1));
}

function quantiles(values: readonly number[]): { low: number; high: number } {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] as number;
  return { low: at(0.001), high: at(0.999) };
}

export const training: Training = {
  python: ['onnx', 'numpy'],
  prepare({ arrays, data, say }) {
    const markets = SYMBOLS.map(({ symbol }) => {
      const { bars } = readBars(symbol, data);
      const end = bars.time.findIndex((time) => time >= VALIDATE_FROM - EMBARGO);
      return sliceBars(bars, 0, end);
    });
    writeNpy(arrays, 'futures', drawFutures(markets, FUTURES, seededRandom(SEED)), [FUTURES, FUTURE_BARS]);
    writeNpy(arrays, 'smoothing', smoothingOfMoves(), [FUTURE_BARS, FUTURE_WIDTH]);
    writeFileSync(path.join(arrays, 'about.json'), JSON.stringify({ futures: FUTURES }));
    say(`${FUTURES} futures of ${markets.length} markets`);
  },
  async finish(job) {
    const { output, data, say } = job;
    const onnx = readFileSync(path.join(output, 'model.onnx'));
    const file = ModelFile.parse({
      id: 'pattern_v2',
      version: '2.1.0',
      tier: 'pro',
      question: 'which chart pattern is complete now, and which candlesticks end with the last bar',
      horizonMs: 0,
      output: { kind: 'probabilities', classes: [...CHART_CLASSES] },
      bars: { widthMs: H1, need: RULE_BARS, want: RULE_BARS },
      streams: [],
      sha256: createHash('sha256').update(onnx).digest('hex'),
      features: FEATURES_VERSION,
      inputs: [],
      range: { low: [], high: [] },
      constants: {},
    });
    const network = await Network.open({ file, onnx }, await loadRuntime('native', () => undefined));
    const markets = SYMBOLS.map(({ symbol }) => ({ symbol, bars: readBars(symbol, data).bars }));
    const train = await outlooksOf(markets, { from: 0, to: VALIDATE_FROM - EMBARGO, stride: STRIDE }, network);
    say(`${train.truth.length} bars of the training years`);
    const validate = await outlooksOf(markets, { from: VALIDATE_FROM, to: VALIDATE_UNTIL - EMBARGO, stride: 1 }, network);
    say(`${validate.truth.length} bars of 2017`);
    await network.release();
    const prior = frequencies(train.truth);
    const fitted = fitDecision({ probabilities: probabilitiesIn(train, prior), truth: train.truth });
    const probabilities = probabilitiesIn(validate, prior);
    const decision = chooseCaution(validate, probabilities, fitted, job);
    const up24 = risesAfter(validate, callsOf(validate, probabilities, decision));
    const model = { ...file, constants: { prior, ...decision, reach: quantiles(train.reach), up24 } };
    writeFileSync(path.join(output, 'model.json'), `${JSON.stringify(model, null, 2)}\n`);
  },
};
