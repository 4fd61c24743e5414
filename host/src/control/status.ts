import { PluginKind, RecordStream, SourceHealth, SourceState, Tier } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';

/** No limit is "unlimited", because JSON has no Infinity. */
const Limit = z.union([z.number(), z.literal('unlimited')]);

/** A rate per second, a latency in ms. */
const Measured = z.number().nullable();

export const SymbolStatus = z.object({
  symbol: z.string(),
  source: z.string(),
  allowed: z.boolean(),
  /** Why it is held back. */
  reason: z.string().optional(),
  perSecond: z.number(),
  taken: z.number(),
  heldBack: z.number(),
  duplicate: z.number(),
  outOfOrder: z.number(),
  invalid: z.number(),
  crossed: z.number(),
  stale: z.number(),
  late: z.number(),
  gaps: z.number(),
  /** Since its last tick, milliseconds; null when there was none since the host started. */
  silentMs: z.number().nullable(),
  /** Silent for much longer than it usually is. */
  silent: z.boolean(),
});
export type SymbolStatus = z.infer<typeof SymbolStatus>;

/** One source within a plugin: what it says of itself, and what came of it since the host started. */
export const SourceStatus = z.object({
  source: z.string(),
  plugin: z.string(),
  state: SourceState,
  detail: z.string(),
  since: z.number().nullable(),
  lastDataAt: z.number().nullable(),
  nextAttemptAt: z.number().nullable(),
  ticks: z.number(),
  ticksPerSecond: z.number(),
  /** Records taken, by stream. */
  records: z.partialRecord(RecordStream, z.number()),
  counters: z.record(z.string(), z.number()),
});
export type SourceStatus = z.infer<typeof SourceStatus>;

export const PluginReport = z.object({
  id: z.string(),
  version: z.string(),
  kind: PluginKind.nullable(),
  tier: Tier.nullable(),
  state: z.string(),
  /** Why it is in this state, or what to do about it. */
  reason: z.string(),
  restarts: z.number(),
  pid: z.number().nullable(),
  rssBytes: z.number().nullable(),
  loopLagMs: z.number().nullable(),
  /** What the plugin says of itself. */
  detail: z.string(),
  counters: z.record(z.string(), z.number()),
  /** How each of its sources is: its state by name, and when it is tried again. */
  sources: z.array(SourceHealth),
});
export type PluginReport = z.infer<typeof PluginReport>;

/** One model, and what came of asking it since the host started. */
export const ModelStatus = z.object({
  id: z.string(),
  plugin: z.string(),
  version: z.string(),
  tier: Tier,
  allowed: z.boolean(),
  /** Why it may not answer; empty where it may. */
  reason: z.string(),
  answers: z.number(),
  abstentions: z.number(),
  failures: z.number(),
  lastFailure: z.string().nullable(),
  /** It failed several times in a row and is not asked before, Unix epoch milliseconds. */
  restsUntil: z.number().nullable(),
  /** From its last question to the answer. */
  lastMs: Measured,
});
export type ModelStatus = z.infer<typeof ModelStatus>;

/** The backend's agents, and what came of asking them since the host started. */
export const AgentsStatus = z.object({
  /** Agents that can be asked now. */
  known: z.number(),
  /** Questions put to them, those whose answers were merged, those that left the local answer alone, and those that the tier's rate held back. */
  asked: z.number(),
  merged: z.number(),
  stoodAlone: z.number(),
  rateLimited: z.number(),
  /** What did not count, by whose name it came under (null: the backend itself, or nobody of its roster) and why. */
  refusals: z.array(z.object({ agent: z.string().nullable(), reason: z.string(), count: z.number() })),
});
export type AgentsStatus = z.infer<typeof AgentsStatus>;

/** The market monitor. */
export const AnalysisStatus = z.object({
  models: z.array(ModelStatus),
  /** Symbols that bars are built of. */
  symbols: z.number(),
  /** Times that the models were asked about a symbol's bars, and when they last were, Unix epoch milliseconds. */
  rounds: z.number(),
  lastRoundAt: z.number().nullable(),
  /** Questions that wait, and that found too many waiting. */
  waiting: z.number(),
  dropped: z.number(),
  /** Bars that closed and were not asked about: they are of the past, or their market is quiet. */
  stale: z.number(),
  /** Ticks that came after their bar was closed, and that are dated ahead of the clock. */
  lateTicks: z.number(),
  aheadTicks: z.number(),
  /** Null where there is no backend that has agents. */
  agents: AgentsStatus.nullable(),
});
export type AnalysisStatus = z.infer<typeof AnalysisStatus>;

/** What `tickhub status` shows, and `GET /status` of a running host answers. */
export const HostStatus = z.object({
  host: z.object({
    version: z.string(),
    pid: z.number(),
    tenant: z.string(),
    dataDir: z.string(),
    startedAt: z.string(),
    uptimeSeconds: z.number(),
    readyMs: Measured,
    rssBytes: z.number(),
    /** The last time the clock leapt or the machine slept, in words; null when neither happened since the start. */
    clock: z.object({ at: z.string(), words: z.string() }).nullable(),
  }),
  entitlement: z.object({
    tier: Tier,
    ground: z.string(),
    limits: z.record(z.string(), Limit),
    serviceLevel: z.object({ latencyMs: z.number(), ticksPerSecond: z.number() }),
  }),
  backend: z.object({ address: z.string(), link: z.enum(['up', 'down']), since: z.string(), reason: z.string() }),
  ticks: z.object({
    taken: z.number(),
    takenPerSecond: z.number(),
    ackedPerSecond: z.number(),
    /** From a tick's arrival at its plugin to the backend's acknowledgement, the last ten seconds or so. */
    latencyMs: z.object({ p50: Measured, p99: Measured }),
  }),
  /** News, analysis and so on. */
  records: z.object({ taken: z.number(), duplicate: z.number(), heldBack: z.number(), unwanted: z.number() }),
  spool: z.object({
    state: z.enum(['ok', 'stalled']),
    reason: z.string(),
    frames: z.number(),
    ticks: z.number(),
    bytes: z.number(),
    lastSeq: z.number(),
    durableSeq: z.number(),
    ackedSeq: z.number(),
    /** Ticks lost to a full budget or a damaged file since the host started; each loss is also a gap record in the stream. */
    lostTicks: z.number(),
  }),
  usage: z.object({ ticks: z.number(), records: z.number(), dropped: z.number() }),
  analysis: AnalysisStatus,
  symbols: z.array(SymbolStatus),
  sources: z.array(SourceStatus),
  plugins: z.array(PluginReport),
});
export type HostStatus = z.infer<typeof HostStatus>;

export function limitForJson(limit: number): number | 'unlimited' {
  return Number.isFinite(limit) ? limit : 'unlimited';
}
