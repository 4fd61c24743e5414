import type { AgentAnswer, AgentConsensus, AgentRequest } from '@tickhub/plugin-sdk/host';
import type { KnownAgent } from './agent-pins.ts';
import { faultOfAnswer } from './answer-check.ts';
import type { Refused } from './refusals.ts';

/** One question while its time runs: the answers that count, and why others do not. */
export class OpenQuestion {
  readonly request: AgentRequest;
  readonly answers = new Map<string, AgentAnswer>();
  /** By agent. */
  readonly refused = new Map<string, Refused>();
  /** Resolves with the backend's last word. */
  readonly ended: Promise<AgentConsensus | Refused>;
  readonly #agents: ReadonlyMap<string, KnownAgent>;
  readonly #end: (word: AgentConsensus | Refused) => void;

  constructor(request: AgentRequest, agents: readonly KnownAgent[]) {
    this.request = request;
    this.#agents = new Map(agents.map((agent) => [agent.id, agent]));
    const { promise, resolve } = Promise.withResolvers<AgentConsensus | Refused>();
    this.ended = promise;
    this.#end = resolve;
  }

  agent(id: string): KnownAgent | undefined {
    return this.#agents.get(id);
  }

  end(word: AgentConsensus | Refused): void {
    this.#end(word);
  }

  /** @returns why the answer does not count; null where it does. An agent's first answer stands, whatever comes under its name later. */
  take(answer: AgentAnswer): Refused | null {
    const { agent: id } = answer;
    const agent = this.#agents.get(id);
    if (agent === undefined) return { reason: 'unasked-agent', words: `${id} was not asked`, agent: id };
    if (this.answers.has(id)) return { reason: 'replayed', words: `${id} answered a second time`, agent: id };
    const fault =
      answer.version === agent.version
        ? faultOfAnswer(answer, this.request, agent.key)
        : ({ reason: 'unknown-key', words: `${id} answers as version ${answer.version}; the roster has ${agent.version}` } as const);
    if (fault === null) {
      this.answers.set(id, answer);
      this.refused.delete(id);
      return null;
    }
    this.refused.set(id, fault);
    return { ...fault, agent: id };
  }
}
