import {
  answerBytes,
  answerDigest,
  combineForecasts,
  consensusBytes,
  faultOfForecast,
  isSameCombination,
  isSigned,
} from '@tickhub/plugin-sdk/agents';
import type { KeyObject } from 'node:crypto';
import type { AgentAnswer, AgentConsensus, AgentRequest } from '@tickhub/plugin-sdk/host';
import type { Refused } from './refusals.ts';

/** Why an answer does not count as one of this agent to this request; null where it does. The figures come last: only what is signed says what an agent thinks. */
export function faultOfAnswer(answer: AgentAnswer, request: AgentRequest, key: KeyObject): Refused | null {
  const { agent } = answer;
  if (answer.request !== request.id) return { reason: 'wrong-request', words: `${agent} answered another question` };
  if (answer.user !== request.user) return { reason: 'wrong-user', words: `${agent} answered another user` };
  if (!isSigned(answerBytes(answer), answer.signature, key))
    return { reason: 'bad-signature', words: `${agent} did not sign its answer with the key that is known for it` };
  if (answer.symbol !== request.market.symbol || answer.at !== request.at)
    return { reason: 'wrong-symbol', words: `${agent} answered for another symbol or moment` };
  const seen = new Set<string>();
  for (const forecast of answer.forecasts) {
    const fault = faultOfForecast(forecast);
    if (fault !== null) return { reason: 'bad-figures', words: `${agent}: ${fault}` };
    const { question, horizonMs, unit, value, probabilities } = forecast;
    const local = request.local.find(({ model }) => model === question);
    if (local === undefined || seen.has(question))
      return { reason: 'wrong-question', words: `${agent} forecasts ${question}, which was not asked, or twice` };
    seen.add(question);
    const isOfItsTerms =
      horizonMs === local.horizonMs &&
      (value === null || (unit === local.unit && (local.value === null || local.value <= 0 || value > 0))) &&
      (probabilities === null || local.probabilities === null || isSameKeys(probabilities, local.probabilities));
    if (!isOfItsTerms) return { reason: 'wrong-question', words: `${agent} answers ${question} in another unit, horizon or classes` };
  }
  return null;
}

/**
 * Why a consensus does not count. It must be signed by the backend, be of this request, name the answers that count here and no others, and say what these say together, which
 * is computed again. Null where it counts.
 */
export function faultOfConsensus(
  consensus: AgentConsensus,
  request: AgentRequest,
  answers: ReadonlyMap<string, AgentAnswer>,
  key: KeyObject,
): Refused | null {
  if (!isSigned(consensusBytes(consensus), consensus.signature, key))
    return { reason: 'consensus-bad-signature', words: 'the consensus is not signed by the backend' };
  const { request: id, user, symbol, at } = consensus;
  if (id !== request.id || user !== request.user || symbol !== request.market.symbol || at !== request.at)
    return { reason: 'consensus-wrong-request', words: 'the consensus is of another question' };
  const named = new Set<string>();
  for (const { agent, digest } of consensus.answers) {
    const answer = answers.get(agent);
    if (answer === undefined || named.has(agent) || answerDigest(answer) !== digest)
      return { reason: 'consensus-forged', words: `the consensus counts an answer of ${agent} that did not come, or that was refused` };
    named.add(agent);
  }
  const left = [...answers.keys()].find((agent) => !named.has(agent));
  if (left !== undefined) return { reason: 'consensus-forged', words: `the consensus leaves out ${left}, whose answer came and counts` };
  const combined = combineForecasts([...named].flatMap((agent) => answers.get(agent) ?? []));
  return isSameCombination(combined, consensus.combined)
    ? null
    : { reason: 'consensus-forged', words: 'the consensus does not say what its answers say together' };
}

function isSameKeys(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b);
}
