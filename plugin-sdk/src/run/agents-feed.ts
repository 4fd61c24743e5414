import type { Agents } from '../capabilities/agents.ts';
import type { AgentRequest, AgentsTopic } from '../protocol/agents.ts';
import type { AgentsNews } from '../protocol/control.ts';

/** The `agents` capability: questions from the host, what the backend says to it. */
export class AgentsFeed implements Agents {
  readonly #tell: (news: AgentsNews) => void;
  readonly #listeners: ((request: AgentRequest) => void)[] = [];

  constructor(tell: (news: AgentsNews) => void) {
    this.#tell = tell;
  }

  onAsk(listener: (request: AgentRequest) => void): void {
    this.#listeners.push(listener);
  }

  said(topic: AgentsTopic, payload: unknown): void {
    this.#tell({ type: 'agents-said', topic, payload });
  }

  take(request: AgentRequest): void {
    for (const listener of this.#listeners) listener(request);
  }
}
