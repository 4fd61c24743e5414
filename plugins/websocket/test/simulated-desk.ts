import type { AgentRequest, Agents, AgentsTopic } from '@tickhub/plugin-sdk';

/** Stands in for the host's desk behind the `agents` capability: asks, and keeps what is said. */
export class SimulatedDesk implements Agents {
  readonly heard: { readonly topic: AgentsTopic; readonly payload: unknown }[] = [];
  #onAsk: (request: AgentRequest) => void = () => undefined;

  onAsk(listener: (request: AgentRequest) => void): void {
    this.#onAsk = listener;
  }

  said(topic: AgentsTopic, payload: unknown): void {
    this.heard.push({ topic, payload });
  }

  ask(request: AgentRequest): void {
    this.#onAsk(request);
  }

  of(topic: AgentsTopic): unknown[] {
    return this.heard.flatMap((one) => (one.topic === topic ? [one.payload] : []));
  }
}
