import type { Tier } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';

/**
 * What a tier may use. `Infinity` means no limit. The figures are those of the product's plan (DESIGN.md section 5);
 * a token may carry others in its `limits` claim.
 */
export interface Limits {
  /** Distinct canonical symbols that flow. */
  readonly symbols: number;
  /** Days of history kept. */
  readonly historyDays: number;
  /** Connections to the backend. */
  readonly connections: number;
  /** Requests a second to the backend's agents and other request-and-answer services; the stream is not counted. */
  readonly requestsPerSecond: number;
  /** Cache, so also the spool's budget, in MiB. */
  readonly cacheMb: number;
  /** Backend agents that may be asked at once. */
  readonly agents: number;
}

/** What the SLA guarantees a tier; not a cap. */
export interface ServiceLevel {
  readonly latencyMs: number;
  readonly ticksPerSecond: number;
}

export const TIER_LIMITS: Readonly<Record<Tier, Limits>> = {
  free: { symbols: 5, historyDays: 7, connections: 1, requestsPerSecond: 10, cacheMb: 50, agents: 1 },
  pro: { symbols: 50, historyDays: 90, connections: 5, requestsPerSecond: 100, cacheMb: 200, agents: 5 },
  enterprise: {
    symbols: Infinity,
    historyDays: Infinity,
    connections: Infinity,
    requestsPerSecond: Infinity,
    cacheMb: 1_000,
    agents: Infinity,
  },
};

export const TIER_SERVICE_LEVEL: Readonly<Record<Tier, ServiceLevel>> = {
  free: { latencyMs: 100, ticksPerSecond: 10 },
  pro: { latencyMs: 50, ticksPerSecond: 30 },
  enterprise: { latencyMs: 10, ticksPerSecond: 50 },
};

const limit = z.union([z.number().int().nonnegative(), z.literal('unlimited').transform(() => Infinity)]).optional();

/** The optional `limits` claim of a token: whole numbers, or "unlimited". Keys that are not limits are ignored, for newer backends. */
export const LimitsClaim = z.object({
  symbols: limit,
  historyDays: limit,
  connections: limit,
  requestsPerSecond: limit,
  cacheMb: limit,
  agents: limit,
});

/** The limits of a tier, with what a token says otherwise laid over them. */
export function limitsOf(tier: Tier, claim: z.infer<typeof LimitsClaim> = {}): Limits {
  const base = TIER_LIMITS[tier];
  return {
    symbols: claim.symbols ?? base.symbols,
    historyDays: claim.historyDays ?? base.historyDays,
    connections: claim.connections ?? base.connections,
    requestsPerSecond: claim.requestsPerSecond ?? base.requestsPerSecond,
    cacheMb: claim.cacheMb ?? base.cacheMb,
    agents: claim.agents ?? base.agents,
  };
}
