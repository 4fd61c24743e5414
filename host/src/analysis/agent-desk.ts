import type { ConsensusAnalysis, MarketContext, ModelAnswer } from '@tickhub/plugin-sdk/host';

/** What the backend's agents are told of a market: closed bars and what everybody may know. The user's positions and account are no part of it. */
export interface MarketState {
  readonly symbol: string;
  /** Decimal digits of a price. */
  readonly digits: number;
  readonly widthMs: number;
  /** When each of the last closed bars opened, oldest first, Unix epoch milliseconds UTC, and its close: at most {@link STATE_BARS}. */
  readonly times: readonly number[];
  readonly closes: readonly number[];
  /** Features of the library as of the last bar, by their names; those that are not ready are left out. */
  readonly features: Readonly<Record<string, number>>;
  readonly context: Pick<MarketContext, 'spread' | 'minutesToEvent' | 'minutesSinceEvent' | 'lastSurprise'>;
}

export const STATE_BARS = 120;

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
  /** Resolves by the deadline, to null where no agent could be asked or none gave an answer that counts: the local answers stand then. It does not reject. */
  coordinate(question: AgentQuestion): Promise<Consensus | null>;
}
