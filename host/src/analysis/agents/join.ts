import type { AgentForecast, ConsensusAnalysis, Contribution, ModelAnswer } from '@tickhub/plugin-sdk/host';
import type { AgentReason } from '../agent-desk.ts';
import { LEAST_BLOCKS } from './calibration.ts';
import type { Standing } from './calibration.ts';
import { mergeProbabilities, mergeValues } from './merging.ts';
import type { Probabilities, Voice } from './merging.ts';
import type { OpenQuestion } from './open-question.ts';

export interface JoinTerms {
  readonly question: OpenQuestion;
  readonly reason: AgentReason;
  readonly standing: (agent: string, version: string, question: string) => Standing;
}

interface Said {
  readonly agent: string;
  readonly forecast: AgentForecast;
  readonly standing: Standing;
  /** What its own record contradicts; empty where nothing. */
  readonly lie: string;
}

/** A claim is a lie where the host's own record is worse by so many standard errors of it. */
const LIE_AT = 3;

/** One merged answer for each local one that an agent spoke to. */
export function joinAnswers(terms: JoinTerms): ConsensusAnalysis[] {
  return terms.question.request.local.flatMap((local) => {
    const said = saidOf(terms, local);
    return local.abstained !== null || said.length === 0 ? [] : [joinOne(terms, local, said)];
  });
}

/** What an agent claims of its own record, where the host's says otherwise. */
export function lieOf(
  claim: { readonly mean: number; readonly count: number } | undefined,
  { loss, lossError, blocks, count }: Standing,
): string {
  if (claim === undefined || blocks < LEAST_BLOCKS || loss - claim.mean <= LIE_AT * lossError) return '';
  return `claims a loss of ${claim.mean.toFixed(3)} over ${claim.count}; it was ${loss.toFixed(3)} over ${count} here`;
}

function saidOf({ question, standing }: JoinTerms, { model }: ModelAnswer): Said[] {
  return [...question.answers.values()].flatMap(({ agent, version, forecasts, claims }) => {
    const forecast = forecasts.find((one) => one.question === model);
    if (forecast === undefined) return [];
    const own = standing(agent, version, model);
    return [
      {
        agent,
        forecast,
        standing: own,
        lie: lieOf(
          claims.find((claim) => claim.question === model),
          own,
        ),
      },
    ];
  });
}

function joinOne(terms: JoinTerms, local: ModelAnswer, said: readonly Said[]): ConsensusAnalysis {
  const { request } = terms.question;
  const merged = merge(local, said);
  const confidence = said.reduce(
    (sum, { agent, forecast }) => sum + (merged.weights.get(agent) ?? 0) * forecast.confidence,
    merged.localWeight * local.confidence,
  );
  const voice = { from: 'local', state: 'used', reason: '', weight: merged.localWeight } as const;
  return {
    kind: 'consensus',
    id: request.id,
    symbol: request.market.symbol,
    at: request.at,
    question: local.model,
    horizonMs: local.horizonMs,
    value: merged.value,
    unit: local.unit,
    probabilities: merged.probabilities,
    quantiles: local.quantiles,
    confidence: Math.min(1, Math.max(0, confidence)),
    contributions: [
      { ...voice, value: local.value, probabilities: local.probabilities, confidence: local.confidence },
      ...[...request.agents].sort().map((agent) =>
        contributionOf(
          terms.question,
          agent,
          said.find((one) => one.agent === agent),
          merged.weights,
        ),
      ),
    ],
    reason: terms.reason,
  };
}

interface MergedAnswer {
  readonly value: number | null;
  readonly probabilities: Probabilities | null;
  readonly localWeight: number;
  readonly weights: ReadonlyMap<string, number>;
}

/** One figure is merged: a value where the local answer has one that is positive, else the probabilities. */
function merge({ value, probabilities }: ModelAnswer, said: readonly Said[]): MergedAnswer {
  if (value !== null && value > 0) {
    const voices = said.flatMap(({ agent, forecast, standing }) =>
      forecast.value === null ? [] : [{ agent, trust: standing.trust, forecast: forecast.value } satisfies Voice<number>],
    );
    const { forecast, ...shares } = mergeValues(value, voices);
    return { value: forecast, probabilities, ...shares };
  }
  if (probabilities === null) return { value, probabilities, localWeight: 1, weights: new Map() };
  const voices = said.flatMap(({ agent, forecast, standing }) =>
    forecast.probabilities === null
      ? []
      : [{ agent, trust: standing.trust, forecast: forecast.probabilities } satisfies Voice<Probabilities>],
  );
  const { forecast, ...shares } = mergeProbabilities(probabilities, voices);
  return { value, probabilities: { ...forecast }, ...shares };
}

function contributionOf(question: OpenQuestion, agent: string, said: Said | undefined, weights: ReadonlyMap<string, number>): Contribution {
  const nothing = { from: agent, weight: 0, value: null, probabilities: null, confidence: null };
  const refused = question.refused.get(agent);
  if (said === undefined && refused !== undefined)
    return { ...nothing, state: 'refused', reason: `${refused.reason}: ${refused.words}`.slice(0, 300) };
  const answer = question.answers.get(agent);
  if (answer === undefined) return { ...nothing, state: 'silent', reason: 'it gave no answer within the deadline' };
  if (said === undefined) return { ...nothing, state: 'abstained', reason: answer.abstained ?? 'it has no forecast of this' };
  const { forecast, standing, lie } = said;
  const { value, probabilities, confidence } = forecast;
  const weight = weights.get(agent) ?? 0;
  const figures = { from: agent, weight, value, probabilities, confidence };
  return {
    ...figures,
    state: weight > 0 ? 'used' : 'unproven',
    reason: [weight > 0 ? '' : whyUnproven(standing), lie].filter((words) => words !== '').join('; '),
  };
}

function whyUnproven({ blocks, gain, gainError, count }: Standing): string {
  if (blocks < LEAST_BLOCKS) return `on probation: ${blocks} of ${LEAST_BLOCKS} horizons scored`;
  return `mixed in, it would have changed the loss by ${(-gain).toFixed(4)} ± ${gainError.toFixed(4)} over ${count}: no proven help`;
}
