import { describe, expect, it, vi } from 'vitest';
import { testMonitor } from '../analysis/analysis.fixture.ts';
import { ConfigSchema } from '../config/schema.ts';
import { HostStatus } from '../control/status.ts';
import { AckBook } from '../delivery/ack-book.ts';
import { EventBus } from '../streams/bus.ts';
import type { TenantEvents } from '../streams/bus.ts';
import { ManualSpool } from '../streams/streams.fixture.ts';
import type { PluginInfo } from '../plugins/plugin-info.ts';
import { attachFeed, openTenant } from './tenants.fixture.ts';
import { tenantStatus } from './tenant-status.ts';
import { TenantWatch } from './tenant-watch.ts';
import type { RunningTenant } from './tenant.ts';

const PLUGIN: PluginInfo = {
  id: 'feed',
  folder: '/f',
  origin: 'user',
  version: null,
  kind: null,
  tier: null,
  state: 'gated',
  detail: 'pro',
  reason: 'needs the pro tier',
  since: 0,
  restarts: 2,
  pid: null,
  rssBytes: null,
  loopLagMs: null,
  status: null,
  refused: [],
  held: 'its new version failed',
  lastCrash: null,
};

async function running() {
  const opened = await openTenant({ config: ConfigSchema.parse({}) });
  const { spool, streams, entitlement, scope } = opened;
  const plugins = { host: { list: (): PluginInfo[] => [PLUGIN] } } as RunningTenant['plugins'];
  const tenant: RunningTenant = {
    id: 't',
    scope,
    spool,
    streams,
    entitlement,
    plugins,
    watch: new TenantWatch(streams.bus, spool),
    book: new AckBook(spool),
    history: {} as RunningTenant['history'],
    analysis: { monitor: testMonitor().monitor } as RunningTenant['analysis'],
  };
  return { ...opened, tenant };
}

describe('tenantStatus', () => {
  it('fits its schema, through JSON, and shows what was taken, held back and doubled, and why', async () => {
    const { tenant, streams, spool } = await running();
    const feed = attachFeed(streams, 'feed', ['A', 'B', 'C', 'D', 'E', 'F']);
    feed.send([
      { symbol: 0, time: 1, ordinal: 0 },
      { symbol: 0, time: 1, ordinal: 0 },
      { symbol: 5, time: 1, ordinal: 0 },
    ]);
    spool.usageRows = [
      { stream: 'ticks', minute: 1, counted: 10, dropped: 3 },
      { stream: 'news', minute: 1, counted: 2, dropped: 0 },
    ];
    spool.loses({ fromSeq: 1, toSeq: 2, ticks: 3, records: 0, reason: 'budget' });
    const status = await tenantStatus(tenant, 'ws://x');
    const parsed = HostStatus.omit({ host: true }).parse(JSON.parse(JSON.stringify(status)));
    expect(parsed).toMatchObject({
      entitlement: { tier: 'free', limits: { symbols: 5 }, serviceLevel: { latencyMs: 100 } },
      backend: { address: 'ws://x', link: 'down', reason: 'not connected yet' },
      ticks: { taken: 1, latencyMs: { p50: null, p99: null } },
      records: { taken: 0, duplicate: 0, heldBack: 0, unwanted: 0 },
      spool: { state: 'ok', frames: 1, ticks: 1, lastSeq: 1, lostTicks: 3 },
      usage: { ticks: 7, records: 2, dropped: 3 },
    });
    expect(parsed.symbols[0]).toMatchObject({ symbol: 'A', source: 'feed', allowed: true, taken: 1, duplicate: 1, heldBack: 0 });
    expect(parsed.symbols[5]).toMatchObject({
      symbol: 'F',
      allowed: false,
      heldBack: 1,
      reason: expect.stringMatching(/free tier passes 5/),
    });
    expect(parsed.plugins).toMatchObject([
      { id: 'feed', version: '-', state: 'gated(pro)', reason: 'needs the pro tier; its new version failed', detail: '', counters: {} },
    ]);
  });

  it('still answers when the spool does not, with the usage that was known last', async () => {
    const { tenant, spool } = await running();
    spool.usageRows = [{ stream: 'ticks', minute: 1, counted: 10, dropped: 0 }];
    await tenantStatus(tenant, 'a');
    spool.usageRows = new Error("the spool's thread died");
    spool.becomes({ state: 'stalled', reason: "the spool's thread died" });
    const status = await tenantStatus(tenant, 'a');
    expect(status.usage.ticks).toBe(10);
    expect(status.spool).toMatchObject({ state: 'stalled', reason: "the spool's thread died" });
  });
});

describe('TenantWatch', () => {
  function watch() {
    const bus = new EventBus<TenantEvents>((error) => {
      throw error;
    });
    const spool = new ManualSpool();
    const tell = (state: 'up' | 'down', isolate: number, reason = '', plugin = 'ws'): void =>
      bus.emit('backend_notification', { plugin, isolate, state, reason });
    return { watch: new TenantWatch(bus, spool), tell, spool };
  }

  it('tells the usage that was known last while the disk hangs, and the new one when it answers again', async () => {
    vi.useFakeTimers();
    try {
      const { watch: seen, spool } = watch();
      const ticks = (counted: number) => [{ stream: 'ticks' as const, minute: 1, counted, dropped: 0 }];
      spool.usageRows = ticks(10);
      expect((await seen.usage()).ticks).toBe(10);
      const answer = Promise.withResolvers<ReturnType<typeof ticks>>();
      spool.usageRows = answer.promise;
      const asked = [seen.usage(), seen.usage()];
      await vi.advanceTimersByTimeAsync(1_000);
      expect((await Promise.all(asked)).map((usage) => usage.ticks)).toEqual([10, 10]);
      answer.resolve(ticks(30));
      expect((await seen.usage()).ticks).toBe(30);
    } finally {
      vi.useRealTimers();
    }
  });

  it('says why the link is down, and nothing once it is up', () => {
    const { watch: seen, tell } = watch();
    expect(seen.link).toMatchObject({ link: 'down', reason: 'not connected yet' });
    tell('down', 1, 'refused');
    expect(seen.link).toMatchObject({ link: 'down', reason: 'refused' });
    tell('up', 1);
    expect(seen.link).toMatchObject({ link: 'up', reason: '' });
  });

  it('calls the link up as long as one of two isolates of a reload has it', () => {
    const { watch: seen, tell } = watch();
    tell('up', 1);
    const { since } = seen.link;
    tell('up', 2);
    tell('down', 1, 'the transport has stopped');
    expect(seen.link).toEqual({ link: 'up', since, reason: '' });
    tell('down', 2, 'gone');
    expect(seen.link).toMatchObject({ link: 'down', reason: 'gone' });
  });
});
