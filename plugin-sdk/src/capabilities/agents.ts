import type { AgentRequest, AgentsTopic } from '../protocol/agents.ts';

/**
 * Between the host and the backend's agents. The transport carries: it sends each question on its link, and says what comes back as it came; the host
 * holds all of it against its schemas, signatures and limits.
 */
export interface Agents {
  /** A question to send now; where the link is down it is dropped, since its time runs. */
  onAsk(listener: (request: AgentRequest) => void): void;
  /** What the backend said. A `roster` of null when the link to it is down: nothing is asked until the next one. */
  said(topic: AgentsTopic, payload: unknown): void;
}
