import type { AgentAnswer, AgentForecast, AgentRequest } from '@tickhub/plugin-sdk';
import { answerBytes, signBytes } from '@tickhub/plugin-sdk/agents';
import type { AgentKey } from './agent-keys.ts';
import type { ToldRecords } from './told-records.ts';

/** What makes an agent's forecasts. It sees the question, and what the user's host has delivered of calendar and social posts. */
export interface Forecaster {
  readonly id: string;
  readonly version: string;
  /** One line for a person. */
  readonly about: string;
  /** The questions it can answer; none of them is an abstention, in words. */
  forecast(request: AgentRequest, told: ToldRecords): readonly AgentForecast[] | string;
}

/** One agent as the gateway asks it. */
export interface Agent {
  readonly id: string;
  readonly version: string;
  readonly about: string;
  /** Public Ed25519 key, the `x` of its JWK. */
  readonly key: string;
  answer(request: AgentRequest, told: ToldRecords): Promise<AgentAnswer>;
}

/** A forecaster with a key. It claims no record of its own: it has none that anybody could check. */
export function signedAgent({ id, version, about, ...forecaster }: Forecaster, key: AgentKey): Agent {
  return {
    id,
    version,
    about,
    key: key.x,
    async answer(request, told) {
      const said = forecaster.forecast(request, told);
      const [forecasts, abstained] = typeof said === 'string' ? [[], said] : [[...said], null];
      const { symbol } = request.market;
      const answer = {
        agent: id,
        version,
        request: request.id,
        user: request.user,
        symbol,
        at: request.at,
        forecasts,
        claims: [],
        abstained,
      };
      return { ...answer, signature: signBytes(answerBytes(answer), key.privateKey) };
    },
  };
}
