import { PluginKind, SourceHealth, Tier } from '@tickhub/plugin-sdk/host';
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
  duplicate: z.number(),
  heldBack: z.number(),
});
export type SymbolStatus = z.infer<typeof SymbolStatus>;

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
  records: z.object({ taken: z.number(), duplicate: z.number(), heldBack: z.number() }),
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
  symbols: z.array(SymbolStatus),
  plugins: z.array(PluginReport),
});
export type HostStatus = z.infer<typeof HostStatus>;

export function limitForJson(limit: number): number | 'unlimited' {
  return Number.isFinite(limit) ? limit : 'unlimited';
}
