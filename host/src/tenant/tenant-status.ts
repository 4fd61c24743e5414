import type { HostStatus, PluginReport, SymbolStatus } from '../control/status.ts';
import { limitForJson } from '../control/status.ts';
import { TIER_SERVICE_LEVEL } from '../entitlement/limits.ts';
import type { PluginInfo } from '../plugins/plugin-info.ts';
import type { RunningTenant } from './tenant.ts';

/** The tenant's part of the host's status. */
export async function tenantStatus(tenant: RunningTenant, address: string): Promise<Omit<HostStatus, 'host'>> {
  const { spool, streams, entitlement, watch } = tenant;
  const now = entitlement.current;
  const { health, depth } = spool;
  return {
    entitlement: {
      tier: now.tier,
      ground: now.ground,
      limits: Object.fromEntries(Object.entries(now.limits).map(([name, limit]) => [name, limitForJson(limit as number)])),
      serviceLevel: { ...TIER_SERVICE_LEVEL[now.tier] },
    },
    backend: { address, ...watch.link },
    ticks: {
      taken: streams.flow.takenTicks,
      takenPerSecond: streams.directory.all().reduce((sum, entry) => sum + streams.flow.rate(entry.id), 0),
      ackedPerSecond: streams.flow.ackedPerSecond,
      latencyMs: { p50: streams.flow.latency.quantile(0.5), p99: streams.flow.latency.quantile(0.99) },
    },
    records: streams.records.counters,
    spool: {
      state: health.state,
      reason: health.state === 'stalled' ? health.reason : '',
      frames: depth.frames,
      ticks: depth.ticks,
      bytes: depth.bytes,
      lastSeq: spool.lastSeq,
      durableSeq: spool.durableSeq,
      ackedSeq: spool.ackedSeq,
      lostTicks: watch.lostTicks,
    },
    usage: await watch.usage(),
    symbols: symbolsOf(tenant),
    plugins: tenant.plugins.host.list().map(reportOf),
  };
}

function symbolsOf({ streams }: RunningTenant): SymbolStatus[] {
  const { counters } = streams.intake;
  return streams.directory.all().map((entry) => {
    const { allowed, reason } = streams.gate.verdict(entry.name);
    return {
      symbol: entry.name,
      source: streams.directory.sourceName(entry.sourceId) ?? '',
      allowed,
      reason,
      perSecond: streams.flow.rate(entry.id),
      taken: counters.taken[entry.id] ?? 0,
      duplicate: counters.duplicate[entry.id] ?? 0,
      heldBack: counters.heldBack[entry.id] ?? 0,
    };
  });
}

function reportOf(info: PluginInfo): PluginReport {
  return {
    id: info.id,
    version: info.version ?? '-',
    kind: info.kind,
    tier: info.tier,
    state: info.detail === '' ? info.state : `${info.state}(${info.detail})`,
    reason: [info.state === 'running' ? '' : info.reason, info.held ?? ''].filter((text) => text !== '').join('; '),
    restarts: info.restarts,
    pid: info.pid,
    rssBytes: info.rssBytes,
    loopLagMs: info.loopLagMs,
    detail: info.status?.detail ?? '',
    counters: info.status?.counters ?? {},
    sources: info.status?.sources ?? [],
  };
}
