import type { HostStatus, PluginReport, SymbolStatus } from '../control/status.ts';
import { limitForJson } from '../control/status.ts';
import { TIER_SERVICE_LEVEL } from '../entitlement/limits.ts';
import type { PluginInfo } from '../plugins/plugin-info.ts';
import type { RunningTenant } from './tenant.ts';

/** Keeps what a status shows that nobody else remembers: the backend's link, and what a gap has taken. */
export class TenantWatch {
  #link: HostStatus['backend']['link'] = 'down';
  #since = new Date().toISOString();
  #reason = 'not connected yet';
  #lostTicks = 0;

  constructor({ streams, spool }: RunningTenant) {
    streams.bus.on('backend_notification', ({ state, reason }) => {
      if (state !== this.#link) this.#since = new Date().toISOString();
      this.#link = state;
      this.#reason = reason;
    });
    spool.onGap((gap) => (this.#lostTicks += gap.ticks));
  }

  get link(): Omit<HostStatus['backend'], 'address'> {
    return { link: this.#link, since: this.#since, reason: this.#reason };
  }

  get lostTicks(): number {
    return this.#lostTicks;
  }
}

/** The tenant's part of the host's status. */
export async function tenantStatus(tenant: RunningTenant, watch: TenantWatch, address: string): Promise<Omit<HostStatus, 'host'>> {
  const { spool, streams, entitlement } = tenant;
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
    usage: await usageOf(tenant),
    symbols: symbolsOf(tenant),
    plugins: tenant.plugins.host.list().map(reportOf),
  };
}

async function usageOf({ spool }: RunningTenant): Promise<HostStatus['usage']> {
  const usage = { ticks: 0, records: 0, dropped: 0 };
  for (const row of await spool.usage()) {
    usage.dropped += row.dropped;
    if (row.stream === 'ticks') usage.ticks += row.counted - row.dropped;
    else usage.records += row.counted - row.dropped;
  }
  return usage;
}

function symbolsOf({ streams }: RunningTenant): SymbolStatus[] {
  const { counters } = streams.intake;
  return streams.directory.all().map((entry) => {
    const { allowed, reason } = streams.gate.verdict(entry.name);
    return {
      symbol: entry.name,
      source: streams.directory.sourceName(entry.sourceId) ?? '',
      allowed,
      ...(reason === undefined ? {} : { reason }),
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
  };
}
