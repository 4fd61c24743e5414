import { describe, expect, it } from 'vitest';
import type { HostStatus } from '../control/status.ts';
import { bytes, duration, grouped, table } from './numbers.ts';
import { statusText } from './status-text.ts';

function status(change: Partial<HostStatus> = {}): HostStatus {
  return {
    host: { version: '0.1.0', pid: 7, tenant: 'local', dataDir: '/d', startedAt: '', uptimeSeconds: 61, readyMs: 320, rssBytes: 1 },
    entitlement: {
      tier: 'free',
      ground: 'token of u',
      limits: { symbols: 5, agents: 1 },
      serviceLevel: { latencyMs: 100, ticksPerSecond: 10 },
    },
    backend: { address: 'ws://127.0.0.1:1/', link: 'up', since: '', reason: '' },
    ticks: { taken: 1_234_567, takenPerSecond: 15_000, ackedPerSecond: 14_999, latencyMs: { p50: 0.8, p99: 4 } },
    records: { taken: 0, duplicate: 0, heldBack: 0 },
    spool: { state: 'ok', reason: '', frames: 2, ticks: 30, bytes: 2_048, lastSeq: 10, durableSeq: 10, ackedSeq: 8, lostTicks: 0 },
    usage: { ticks: 1_234_567, records: 0, dropped: 0 },
    symbols: [
      {
        symbol: 'GBPUSD',
        source: 'mt5:demo',
        allowed: false,
        reason: 'the free tier passes 5 symbols',
        perSecond: 0,
        taken: 0,
        duplicate: 0,
        heldBack: 4,
      },
      { symbol: 'EURUSD', source: 'mt5:demo', allowed: true, perSecond: 12, taken: 99, duplicate: 1, heldBack: 0 },
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
      },
    ],
    ...change,
  };
}

const text = (change?: Partial<HostStatus>): string => statusText(status(change)).join('\n');

describe('statusText', () => {
  it('says which symbols are held back, and why, behind those that flow', () => {
    const lines = statusText(status());
    const eurusd = lines.findIndex((line) => line.startsWith('EURUSD'));
    const gbpusd = lines.findIndex((line) => line.startsWith('GBPUSD'));
    expect(eurusd).toBeLessThan(gbpusd);
    expect(lines[gbpusd]).toMatch(/held back .*the free tier passes 5 symbols/);
  });

  it('says why a plugin does not run', () => {
    expect(text()).toMatch(/gold-club .*gated .*needs the pro tier; yours is free/);
  });

  it('holds the latency against the tier', () => {
    expect(text()).toContain("p99 4.00 ms from arrival to acknowledgement, within the tier's 100 ms");
    expect(text({ ticks: { ...status().ticks, latencyMs: { p50: 90, p99: 120 } } })).toContain('OVER');
    expect(text({ ticks: { ...status().ticks, latencyMs: { p50: null, p99: null } } })).toContain('nothing acknowledged yet');
  });

  it('does not hide a stalled spool, lost ticks or a link that is down', () => {
    const shown = text({
      spool: { ...status().spool, state: 'stalled', reason: 'the disk is full', lostTicks: 3 },
      backend: { address: 'wss://b', link: 'down', since: '', reason: 'refused' },
    });
    expect(shown).toContain('SPOOL STALLED: the disk is full');
    expect(shown).toContain('LOST: 3 ticks');
    expect(shown).toContain('NOT CONNECTED: wss://b (refused)');
  });

  it('counts the symbols it has no room for', () => {
    const one = status().symbols[1] as HostStatus['symbols'][number];
    expect(text({ symbols: Array.from({ length: 33 }, (_, i) => ({ ...one, symbol: `S${i}` })) })).toContain('and 13 more');
  });
});

describe('numbers', () => {
  it.each([
    [grouped(1234567.4), '1,234,567'],
    [duration(null), '-'],
    [duration(0.421), '0.42 ms'],
    [duration(12.4), '12 ms'],
    [duration(3_400), '3.4 s'],
    [duration(600_000), '10 min'],
    [bytes(512), '512 B'],
    [bytes(1_536), '1.5 KiB'],
    [bytes(null), '-'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });

  it('lines columns up, numbers to the right', () => {
    expect(
      table(
        ['a', 'n'],
        [
          ['x', '1'],
          ['long', '200'],
        ],
      ),
    ).toEqual(['a       n', 'x       1', 'long  200']);
  });
});
