/**
 * What is asked of the backend's agents, and what they answer: between host, transport and backend. Everything that comes from a backend is signed and bound
 * to one question of one user; `agents/` has the bytes that are signed. The wire is in plugins/websocket/PROTOCOL.md.
 */
import { z } from 'zod';
import { Tier } from '../manifest/tier.ts';
import { ModelAnswer } from './analysis.ts';

const AgentId = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/)
  .max(64);
/** 128 random bits of the host, base64url: names one question, and stands in every answer to it. */
const RequestId = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
/** Ed25519 (RFC 8032), base64url. */
const Signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);
const KeyId = z.string().min(1).max(128);
const UserId = z.string().min(1).max(128);
const Share = z.number().min(0).max(1);
/** Bars of a market state at most, and agents of a roster. */
export const STATE_BARS = 120;
const MOST_AGENTS = 64;
const MOST_QUESTIONS = 64;

/** What agents are told of a market: closed bars and what everybody may know. The user's positions and account are no part of it. */
export const MarketState = z.object({
  symbol: z.string().min(1).max(64),
  digits: z.number().int().min(0).max(15),
  widthMs: z.number().int().positive(),
  /** When each of the last closed bars opened, oldest first, Unix epoch milliseconds UTC, and its close. */
  times: z.array(z.number()).max(STATE_BARS),
  closes: z.array(z.number().positive()).max(STATE_BARS),
  /** Features of the library as of the last bar, by name. */
  features: z.record(z.string().max(64), z.number()),
  context: z.object({
    spread: z.number().nullable(),
    minutesToEvent: z.number().nullable(),
    minutesSinceEvent: z.number().nullable(),
    lastSurprise: z.number().nullable(),
  }),
});
export type MarketState = z.infer<typeof MarketState>;

export const AgentRequest = z.object({
  id: RequestId,
  user: UserId,
  /** For the record: a backend goes by the tier of the token. */
  tier: Tier,
  market: MarketState,
  /** The moment as of which the local answers hold, Unix epoch milliseconds. */
  at: z.number(),
  local: z.array(ModelAnswer).max(MOST_QUESTIONS),
  reason: z.enum(['confidence', 'volatility', 'request']),
  agents: z.array(AgentId).min(1).max(MOST_AGENTS),
  /** Milliseconds from its sending after which no answer counts. */
  deadlineMs: z.number().int().positive().max(60_000),
});
export type AgentRequest = z.infer<typeof AgentRequest>;

/** One forecast in the terms of the local answer to the same question; null where it does not apply. */
export const AgentForecast = z.strictObject({
  /** The model whose question it is: `volatility_v1`. */
  question: z.string().min(1).max(64),
  horizonMs: z.number().min(0),
  value: z.number().nullable(),
  unit: z.string().max(32).nullable(),
  probabilities: z.record(z.string().max(64), Share).nullable(),
  confidence: Share,
});
export type AgentForecast = z.infer<typeof AgentForecast>;

/** What an agent says of its own past. It is compared with what the host has seen, and weighs nothing. */
export const ClaimedRecord = z.strictObject({
  question: z.string().min(1).max(64),
  /** How its loss is counted: `qlike` of values, `log-loss` of probabilities (natural logarithm). */
  loss: z.enum(['qlike', 'log-loss']),
  mean: z.number(),
  count: z.number().int().min(0),
});
export type ClaimedRecord = z.infer<typeof ClaimedRecord>;

export const AgentAnswer = z.strictObject({
  agent: AgentId,
  version: z.string().min(1).max(64),
  request: RequestId,
  user: UserId,
  symbol: z.string().min(1).max(64),
  at: z.number(),
  forecasts: z.array(AgentForecast).max(MOST_QUESTIONS),
  claims: z.array(ClaimedRecord).max(MOST_QUESTIONS),
  /** Why there is no forecast; null where there is one. */
  abstained: z.string().max(300).nullable(),
  /** Of the agent's key in the roster, over {@link answerBytes}. */
  signature: Signature,
});
export type AgentAnswer = z.infer<typeof AgentAnswer>;

/** One question's forecasts taken together, each agent counting the same. */
export const CombinedForecast = z.strictObject({
  question: z.string().min(1).max(64),
  horizonMs: z.number().min(0),
  value: z.number().nullable(),
  unit: z.string().max(32).nullable(),
  probabilities: z.record(z.string().max(64), Share).nullable(),
});
export type CombinedForecast = z.infer<typeof CombinedForecast>;

/** The backend's seal on a set of answers: which they are, and what they say together. */
export const AgentConsensus = z.strictObject({
  request: RequestId,
  user: UserId,
  symbol: z.string().min(1).max(64),
  at: z.number(),
  /** The answers it is made of, by rising agent: the SHA-256 of what was signed, base64url. */
  answers: z.array(z.strictObject({ agent: AgentId, digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/) })).max(MOST_AGENTS),
  combined: z.array(CombinedForecast).max(MOST_QUESTIONS),
  /** Agents that were asked and are not in it, and why. */
  without: z.array(z.strictObject({ agent: AgentId, reason: z.string().max(300) })).max(MOST_AGENTS),
  /** Of the backend's key set. */
  kid: KeyId,
  signature: Signature,
});
export type AgentConsensus = z.infer<typeof AgentConsensus>;

/** Which agents a backend has, and their keys; signed with a key of the backend's key set. */
export const AgentRoster = z.strictObject({
  /** Version of this protocol: 1. */
  protocol: z.literal(1),
  agents: z
    .array(
      z.strictObject({
        id: AgentId,
        version: z.string().min(1).max(64),
        /** One line for a person. */
        about: z.string().max(200),
        /** Public Ed25519 key: the `x` of its JWK (RFC 8037). */
        key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      }),
    )
    .max(MOST_AGENTS),
  kid: KeyId,
  signature: Signature,
});
export type AgentRoster = z.infer<typeof AgentRoster>;

/** A question that was not taken. */
export const AgentRefusal = z.object({
  request: RequestId,
  code: z.enum(['TOO_MANY_AGENTS', 'TOO_MANY_REQUESTS', 'UNKNOWN_AGENT', 'BAD_REQUEST']),
  message: z.string().max(300),
});
export type AgentRefusal = z.infer<typeof AgentRefusal>;

/** What a backend says of agents. */
export const AgentsTopic = z.enum(['roster', 'answer', 'consensus', 'refusal']);
export type AgentsTopic = z.infer<typeof AgentsTopic>;
