/** For tests: a status of a host that runs, with one symbol that flows and one that is held back. */
import type { HostStatus } from '../control/status.ts';

const GOOD = { duplicate: 0, outOfOrder: 0, invalid: 0, crossed: 0, stale: 0, late: 0, gaps: 0, silentMs: 400, silent: false };

export function statusFixture(change: Partial<HostStatus> = {}): HostStatus {
  return {
    host: {
      version: '0.1.0',
      pid: 7,
      tenant: 'local',
      dataDir: '/d',
      startedAt: '',
      uptimeSeconds: 61,
      readyMs: 320,
      rssBytes: 1,
      clock: null,
    },
    entitlement: {
      tier: 'free',
      ground: 'token of u',
      limits: { symbols: 5, agents: 1 },
      serviceLevel: { latencyMs: 100, ticksPerSecond: 10 },
    },
    backend: { address: 'ws://127.0.0.1:1/', link: 'up', since: '', reason: '' },
    ticks: { taken: 1_234_567, takenPerSecond: 15_000, ackedPerSecond: 14_999, latencyMs: { p50: 0.8, p99: 4 } },
    records: { taken: 0, duplicate: 0, heldBack: 0, unwanted: 0 },
    spool: { state: 'ok', reason: '', frames: 2, ticks: 30, bytes: 2_048, lastSeq: 10, durableSeq: 10, ackedSeq: 8, lostTicks: 0 },
    usage: { ticks: 1_234_567, records: 0, dropped: 0 },
    analysis: { models: [], symbols: 0, rounds: 0, lastRoundAt: null, waiting: 0, dropped: 0, stale: 0, lateTicks: 0, aheadTicks: 0 },
    symbols: [
      {
        symbol: 'GBPUSD',
        source: 'mt5:demo',
        allowed: false,
        reason: 'the free tier passes 5 symbols',
        perSecond: 0,
        taken: 0,
        heldBack: 4,
        ...GOOD,
      },
      { symbol: 'EURUSD', source: 'mt5:demo', allowed: true, perSecond: 12, taken: 99, heldBack: 0, ...GOOD, duplicate: 1 },
    ],
    sources: [
      {
        source: 'mt5:demo',
        plugin: 'mt5',
        state: 'ok',
        detail: '',
        since: null,
        lastDataAt: null,
        nextAttemptAt: null,
        ticks: 99,
        ticksPerSecond: 12,
        records: {},
        counters: {},
      },
    ],
    plugins: [
      {
        id: 'mt5',
        version: '0.1.0',
        kind: 'data-source',
        tier: 'free',
        state: 'running',
        reason: '',
        restarts: 0,
        pid: 8,
        rssBytes: 50_000_000,
        loopLagMs: 1,
        detail: '1 terminal',
        counters: {},
        sources: [],
      },
      {
        id: 'gold-club',
        version: '2.0.0',
        kind: 'data-source',
        tier: 'pro',
        state: 'gated',
        reason: 'needs the pro tier; yours is free',
        restarts: 0,
        pid: null,
        rssBytes: null,
        loopLagMs: null,
        detail: '',
        counters: {},
        sources: [],
      },
    ],
    ...change,
  };
}
