import type { AgentsStatus } from '../control/status.ts';
import type { ConsensusAnalysis, MarketState, ModelAnswer } from '@tickhub/plugin-sdk/host';

/** Why agents are asked: no local model is sure, volatility jumped, or the user wants it. */
export type AgentReason = 'confidence' | 'volatility' | 'request';

export interface AgentQuestion {
  readonly symbol: string;
  /** The moment as of which the local answers hold, Unix epoch milliseconds. */
  readonly at: number;
  readonly market: MarketState;
  /** All answers of the local models, abstentions among them. */
  readonly local: readonly ModelAnswer[];
  readonly reason: AgentReason;
  /** How long the monitor waits, milliseconds from the call; what comes later counts for nothing. */
  readonly deadlineMs: number;
}

/** What the local models and the agents say together: one merged answer for each question that agents answered. */
export interface Consensus {
  readonly merged: readonly ConsensusAnalysis[];
  /** Agents that were asked, and the tier's most (Infinity for all): for a person. */
  readonly asked: number;
  readonly allowed: number;
}

/** The backend's agents, as the monitor asks them. */
export interface AgentDesk {
  /** What came of asking since the host started, and what was refused of whom. */
  readonly status: AgentsStatus;
  /** Resolves by the deadline, to null where no agent could be asked or none gave an answer that counts: the local answers stand then. It does not reject. */
  coordinate(question: AgentQuestion): Promise<Consensus | null>;
}
