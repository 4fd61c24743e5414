import { featureMatrix } from '@tickhub/plugin-sdk/features';
import type { EvaluationBars } from '../data/read-bars.ts';
import { partOf } from '../data/split.ts';
import type { Part } from '../data/split.ts';
import { H1 } from '../data/symbols.ts';
import { outcomeOf } from './ensemble-outcome.ts';
import type { ModelBench } from './model-bench.ts';

const DAY = 86_400_000;
const HORIZON = 24;
const MODELS = ['volatility_v1', 'trend_v1', 'ensemble_v1'] as const;

/** One bar: variances of 24 bars by forecaster, probabilities, and what came. */
export interface Case {
  readonly day: number;
  readonly realised: number;
  readonly variances: Readonly<Record<'last 24 bars' | 'last 480 bars' | 'network' | 'HAR' | 'mean' | 'ensemble', number>>;
  readonly state: 0 | 1 | 2;
  readonly trend: readonly number[];
  readonly stacked: readonly number[];
  readonly beyond: boolean;
  readonly pBeyond: number;
}

/** Asks all three as of every `stride`th bar of a part, of the first `most` bars where they are given. */
export async function casesOf(
  bench: ModelBench,
  { symbol, digits, bars }: EvaluationBars,
  part: Part,
  stride: number,
  most = Infinity,
): Promise<Case[]> {
  const inPart = (place: number): boolean => {
    const end = bars.time[place + HORIZON];
    return end !== undefined && partOf((bars.time[place] as number) + H1, end + H1) === part;
  };
  const from = bars.time.findIndex((_, place) => inPart(place));
  if (from === -1) return [];
  let to = Math.min(bars.time.length, from + most);
  while (to > from && !inPart(to - 1)) to--;
  const { values } = featureMatrix(bars, ['logrv_24']);
  bench.allow(MODELS);
  const cases: Case[] = [];
  const asked = (place: number): boolean => (place - from) % stride === 0 && inPart(place);
  for await (const { place, answers } of bench.replay({ symbol, digits, bars }, { models: MODELS, from, to, asked })) {
    const [volatility, trend, stack] = MODELS.map((id) => answers.find(({ model }) => model === id));
    const outcome = outcomeOf(bars, place);
    if (!volatility || !trend?.probabilities || !stack || outcome === null || stack.value === null) continue;
    const variance = (sigma: unknown): number => (Number(sigma) / 100) ** 2;
    const { network, har } = volatility.details;
    if (typeof har !== 'number') continue;
    const { down, range, up } = trend.probabilities;
    const { trailingSigma, pDown, pRange, pUp, pBeyondSigma } = stack.details;
    cases.push({
      day: Math.floor((bars.time[place] as number) / DAY),
      realised: outcome.variance,
      variances: {
        'last 24 bars': HORIZON * Math.exp(values[place] as number),
        'last 480 bars': variance(trailingSigma),
        network: variance(network),
        HAR: variance(har),
        mean: Math.sqrt(variance(network) * variance(har)),
        ensemble: variance(stack.value),
      },
      state: outcome.state,
      trend: [down ?? NaN, range ?? NaN, up ?? NaN],
      stacked: [Number(pDown), Number(pRange), Number(pUp)],
      beyond: outcome.farthest > Number(trailingSigma) / 100,
      pBeyond: Number(pBeyondSigma),
    });
  }
  return cases;
}
