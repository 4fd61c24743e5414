import { createPrivateKey } from 'node:crypto';
import type { AgentAnswer, AgentForecast, AgentRequest } from '@tickhub/plugin-sdk';
import { answerBytes, signBytes } from '@tickhub/plugin-sdk/agents';
import type { Agent } from '../../../plugins/websocket/src/gateway/agents/agent.ts';
import { makeKey } from '../../../plugins/websocket/src/gateway/agents/agent-keys.ts';

export type { Agent };

/** How an agent of a test behaves. */
export interface Conduct {
  /** Its figure is this many times the local one. */
  readonly factor?: number | (() => number);
  readonly claims?: AgentAnswer['claims'];
  /** Changes what it would say, before it is signed. */
  readonly before?: (answer: Omit<AgentAnswer, 'signature'>) => Omit<AgentAnswer, 'signature'>;
  /** Changes what it has signed. */
  readonly after?: (answer: AgentAnswer) => AgentAnswer;
  /** Resolves when it is to answer. */
  readonly waits?: () => Promise<void>;
}

/** An agent that says the local figures times a factor, or misbehaves in the way that is given. */
export function conductedAgent(id: string, { factor = 1.1, claims = [], before, after, waits }: Conduct = {}): Agent {
  const { x, d } = makeKey();
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' });
  return {
    id,
    version: '1.0.0',
    about: `an agent of a test: ${id}`,
    key: x,
    async answer(request) {
      await waits?.();
      const plain = plainAnswer(id, request, typeof factor === 'number' ? factor : factor(), claims);
      const answer = before?.(plain) ?? plain;
      const signed = { ...answer, signature: signBytes(answerBytes(answer), key) };
      return after?.(signed) ?? signed;
    },
  };
}

const never = (): Promise<void> => new Promise(() => undefined);

/** One of each kind. The slow one answers when it is let. */
export const badAgents = {
  silent: () => conductedAgent('silent', { waits: never }),
  slow: (until: Promise<void>) => conductedAgent('slow', { waits: () => until }),
  wrong: () => conductedAgent('wrong', { factor: 1_000 }),
  lying: () =>
    conductedAgent('lying', { factor: 4, claims: [{ question: 'volatility_v1', loss: 'qlike', mean: 0.001, count: 1_000_000 }] }),
  badlySigned: () => conductedAgent('badly-signed', { after: (answer) => ({ ...answer, signature: 'A'.repeat(86) }) }),
  senseless: () =>
    conductedAgent('senseless', {
      before: (answer) => ({
        ...answer,
        forecasts: answer.forecasts.map((one) => ({ ...one, value: null, probabilities: { up: 0.9, down: 0.9 } })),
      }),
    }),
  elsewhere: () => conductedAgent('elsewhere', { before: (answer) => ({ ...answer, request: 'B'.repeat(22) }) }),
  throwing: () => conductedAgent('throwing', { waits: () => Promise.reject(new Error('out of order')) }),
} as const;

function plainAnswer(
  id: string,
  { id: request, user, at, market, local }: AgentRequest,
  factor: number,
  claims: AgentAnswer['claims'],
): Omit<AgentAnswer, 'signature'> {
  const forecasts = local.map(({ model, horizonMs, value, unit, probabilities }): AgentForecast => ({
    question: model,
    horizonMs,
    value: value === null ? null : value * factor,
    unit,
    probabilities,
    confidence: 0.5,
  }));
  return { agent: id, version: '1.0.0', request, user, symbol: market.symbol, at, forecasts, claims, abstained: null };
}
