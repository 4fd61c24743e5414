import { sourceStatuses } from '../collector/source-status.ts';
import type { TickActivity } from '../collector/source-status.ts';
import { RefusedBook, symbolQuality } from '../collector/symbol-quality.ts';
import type { HostStatus, PluginReport, SourceStatus, SymbolStatus } from '../control/status.ts';
import { limitForJson } from '../control/status.ts';
import { TIER_SERVICE_LEVEL } from '../entitlement/limits.ts';
import type { PluginInfo } from '../plugins/plugin-info.ts';
import type { TenantStreams } from './tenant-streams.ts';
import type { RunningTenant } from './tenant.ts';

/** The tenant's part of the host's status. */
export async function tenantStatus(tenant: RunningTenant, address: string): Promise<Omit<HostStatus, 'host'>> {
  const { spool, book, streams, entitlement, watch } = tenant;
  const now = entitlement.current;
  const { health, depth } = spool;
  const plugins = tenant.plugins.host.list();
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
      // What only the history waits for is acknowledged all the same.
      ackedSeq: Math.max(spool.ackedSeq, book.deliveredSeq),
      lostTicks: watch.lostTicks,
    },
    usage: await watch.usage(),
    analysis: tenant.analysis.monitor.status,
    symbols: symbolsOf(streams, plugins),
    sources: sourcesOf(streams, plugins),
    plugins: plugins.map(reportOf),
  };
}

function symbolsOf(streams: TenantStreams, plugins: readonly PluginInfo[]): SymbolStatus[] {
  const { counters } = streams.intake;
  const refused = new RefusedBook(plugins);
  return streams.directory.all().map(({ id, name, sourceId }) => {
    const { allowed, reason } = streams.gate.verdict(name);
    const source = streams.directory.sourceName(sourceId) ?? '';
    return {
      symbol: name,
      source,
      allowed,
      reason,
      perSecond: streams.flow.rate(id),
      taken: counters.taken[id] ?? 0,
      heldBack: counters.heldBack[id] ?? 0,
      ...symbolQuality(id, counters, refused.of(source, name), streams.sources.of(source)?.gaps.get(name) ?? 0),
      silentMs: streams.cadence.silentFor(id),
      silent: streams.cadence.isSilent(id),
    };
  });
}

function sourcesOf(streams: TenantStreams, plugins: readonly PluginInfo[]): SourceStatus[] {
  const ticks = new Map<string, TickActivity>();
  for (const { id, sourceId } of streams.directory.all()) {
    const name = streams.directory.sourceName(sourceId);
    if (name === undefined) continue;
    const before = ticks.get(name);
    const silentMs = streams.cadence.silentFor(id);
    ticks.set(name, {
      ticks: (before?.ticks ?? 0) + (streams.intake.counters.taken[id] ?? 0),
      perSecond: (before?.perSecond ?? 0) + streams.flow.rate(id),
      symbols: (before?.symbols ?? 0) + 1,
      silent: (before?.silent ?? 0) + (streams.cadence.isSilent(id) ? 1 : 0),
      silentMs: Math.min(silentMs ?? Infinity, before?.silentMs ?? Infinity),
    });
  }
  for (const [name, activity] of ticks) if (activity.silentMs === Infinity) ticks.set(name, { ...activity, silentMs: null });
  return sourceStatuses({
    plugins,
    ticks,
    records: (source) => streams.sources.of(source),
    recordSources: streams.sources.names,
    now: Date.now(),
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
