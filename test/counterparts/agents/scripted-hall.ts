import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { AgentAnswer, AgentConsensus, AgentRefusal, AgentRequest } from '@tickhub/plugin-sdk';
import { consensusBytes, signBytes } from '@tickhub/plugin-sdk/agents';
import type { Agent } from '../../../plugins/websocket/src/gateway/agents/agent.ts';
import { AgentHall } from '../../../plugins/websocket/src/gateway/agents/agent-hall.ts';
import { AskAllowance } from '../../../plugins/websocket/src/gateway/agents/ask-allowance.ts';

export type Message =
  | { readonly topic: 'answer'; readonly payload: AgentAnswer }
  | { readonly topic: 'consensus'; readonly payload: AgentConsensus }
  | { readonly topic: 'refusal'; readonly payload: AgentRefusal };

/** The gateway's hall of agents in this process, and a hand on its key: it can be made to say what it should not. */
export class ScriptedHall {
  readonly hall: AgentHall;
  readonly jwks: { readonly keys: readonly object[] };
  readonly #key: KeyObject;

  constructor(agents: readonly Agent[]) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    this.hall = new AgentHall(agents, 'k1', privateKey);
    this.jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'EdDSA', use: 'sig' }] };
  }

  /** Asks as the connection of `user` and tier would. */
  ask(
    request: AgentRequest,
    say: (message: Message) => void,
    tier: 'free' | 'pro' | 'enterprise' = 'enterprise',
    user = request.user,
  ): void {
    this.hall.ask(request, {
      user,
      allowance: new AskAllowance(tier, {}),
      answer: (payload) => say({ topic: 'answer', payload }),
      consensus: (payload) => say({ topic: 'consensus', payload }),
      refuse: (payload) => say({ topic: 'refusal', payload }),
    });
  }

  /** A consensus with something changed, signed anew: the backend itself forges. */
  forge(consensus: AgentConsensus, over: Partial<AgentConsensus>): AgentConsensus {
    const forged = { ...consensus, ...over };
    return { ...forged, signature: signBytes(consensusBytes(forged), this.#key) };
  }
}
