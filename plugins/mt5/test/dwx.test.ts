/** The plugin's public door in front of a DWX Connect server EA: real files, written as the EA writes them. */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TickFlag, type SourceHealth } from '@tickhub/plugin-sdk';
import { createHarness, type Harness } from '@tickhub/plugin-sdk/testing';
import plugin from '../src/index.ts';
import { DwxServer } from '../../../test/counterparts/dwx/dwx-server.ts';

const ALLOWED = ['EURUSD', 'GBPUSD', 'XAUUSD', 'USDJPY'].map((symbol) => ({ symbol, allowed: true }));
const QUOTES = { 'EURUSD.x': { bid: 1.1, ask: 1.1001 }, 'GBPUSD.x': { bid: 1.3, ask: 1.3002 }, 'XAUUSD.x': { bid: 2_400, ask: 2_400.3 } };

let files = '';
let server: DwxServer;
let harness: Harness;

beforeEach(async () => {
  files = await mkdtemp(path.join(os.tmpdir(), 'tickhub-dwx-'));
  server = new DwxServer(files, { symbols: QUOTES });
});
afterEach(async () => {
  await harness.stop();
  await server.kill();
  await rm(files, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

async function start(dwx: Record<string, unknown> = {}, options: Parameters<typeof createHarness>[1] = {}): Promise<void> {
  const { config, ...rest } = options;
  harness = createHarness(plugin, {
    plugin: { id: 'mt5', version: '0.1.0' },
    clock: 'real',
    config: { mode: 'bridges', dwx: [{ name: 'main', folder: files, ...dwx }], ...config },
    verdicts: ALLOWED,
    ...rest,
  });
  await harness.start();
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 9_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition(), `${what}\n${JSON.stringify(harness.status(), null, 1)}\n${JSON.stringify(harness.logs)}`).toBe(true);
}

function source(): SourceHealth {
  const found = harness.status().sources?.find((it) => it.source === 'mt5:dwx-main');
  if (found === undefined) throw new Error('no such source');
  return found;
}

/** Another program's client has subscribed the EA already. */
async function subscribedByOthers(...names: string[]): Promise<void> {
  await server.attach();
  await server.ask(`<:1|SUBSCRIBE_SYMBOLS|${names.join(',')}:>`);
}

describe('prices', () => {
  it('become ticks as they change, with the time they were seen, and marked as samples', async () => {
    await subscribedByOthers('EURUSD.x', 'GBPUSD.x');
    await start();
    await until('live', () => source().state === 'ok');
    expect(harness.ticks).toEqual([]);
    const before = Date.now();
    server.quote('EURUSD.x', 1.1002, 1.1003);
    await until('the tick', () => harness.ticks.length === 1);
    server.quote('EURUSD.x', 1.1002, 1.1004);
    await until('the second', () => harness.ticks.length === 2);
    expect(harness.ticks).toMatchObject([
      {
        source: 'mt5:dwx-main',
        symbol: 'EURUSD',
        bid: 1.1002,
        ask: 1.1003,
        utcOffsetMs: 0,
        flags: TickFlag.bid | TickFlag.ask | TickFlag.sampled,
      },
      { bid: 1.1002, ask: 1.1004, flags: TickFlag.ask | TickFlag.sampled },
    ]);
    for (const { time } of harness.ticks) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
    expect(harness.symbols).toMatchObject([
      { name: 'EURUSD', rawName: 'EURUSD.x' },
      { name: 'GBPUSD', rawName: 'GBPUSD.x' },
    ]);
    expect(source()).toMatchObject({ state: 'ok', counters: { taken: 2, commands: 0 } });
    expect(harness.status().status).toBe('ok');
  });

  it('are never made of half a file', async () => {
    await subscribedByOthers('EURUSD.x', 'GBPUSD.x', 'XAUUSD.x');
    server.tornMs = 6;
    await start({ intervalMs: 5 });
    await until('live', () => source().state === 'ok');
    const sent = new Set<string>();
    for (let i = 1; i <= 40; i++) {
      // Bid, ask and all symbols rise together: a mixture of two states would show.
      for (const [name, { bid, ask }] of Object.entries(QUOTES)) {
        server.quote(name, bid + i / 1_000, ask + i / 1_000);
        sent.add(`${name.slice(0, 6)} ${(bid + i / 1_000).toFixed(5)} ${(ask + i / 1_000).toFixed(5)}`);
      }
      const writes = server.marketWrites;
      await until('a write', () => server.marketWrites > writes);
    }
    await until('the last', () => harness.ticks.some(({ bid }) => bid.toFixed(5) === '1.14000'));
    expect(source().counters['torn'] ?? 0).toBeGreaterThan(0);
    for (const { symbol, bid, ask } of harness.ticks) expect(sent).toContain(`${symbol} ${bid.toFixed(5)} ${ask.toFixed(5)}`);
    expect(harness.failure).toBeNull();
  });

  it('wait for the tier', async () => {
    await subscribedByOthers('EURUSD.x', 'GBPUSD.x');
    await start(
      {},
      {
        verdicts: [
          { symbol: 'EURUSD', allowed: true },
          { symbol: 'GBPUSD', allowed: false, reason: 'tier free allows 1 symbol' },
        ],
      },
    );
    await until('live', () => source().state === 'ok');
    server.quote('GBPUSD.x', 1.4, 1.4001);
    server.quote('EURUSD.x', 1.2, 1.2001);
    await until('a tick', () => harness.ticks.length === 1);
    expect(harness.ticks[0]?.symbol).toBe('EURUSD');
    expect(source().detail).toContain('1 of 2 symbols');
    expect(harness.status().detail).toContain('held back: GBPUSD');
    harness.setVerdicts([{ symbol: 'GBPUSD', allowed: true }]);
    await harness.settle();
    server.quote('GBPUSD.x', 1.5, 1.5001);
    await until('the other', () => harness.ticks.length === 2);
  });
});

describe('symbols', () => {
  it('are asked for one at a time, with those of others kept, and refused ones named', async () => {
    await subscribedByOthers('GBPUSD.x');
    await start({ symbols: ['EURUSD', 'XAUUSD.x', 'NOSUCH'] }, { config: { mapping: { suffixes: ['.x'] } } });
    await until('all that there are', () => harness.symbols.length === 2 && source().detail.includes('NOSUCH'));
    expect(harness.symbols.map(({ name }) => name).sort()).toEqual(['EURUSD', 'XAUUSD']);
    expect([...server.subscribed].sort()).toEqual(['EURUSD.x', 'GBPUSD.x', 'XAUUSD.x']);
    expect(source().detail).toContain('the broker has no NOSUCH');
    // No hole was left in the EA's list.
    expect(server.errors.filter((it) => it.startsWith('GET_BID_ASK'))).toEqual([]);
    for (const { verb } of server.commands) expect(verb).toBe('SUBSCRIBE_SYMBOLS');
    server.quote('EURUSD.x', 1.2, 1.2001);
    server.quote('GBPUSD.x', 1.5, 1.5001);
    await until('the tick', () => harness.ticks.length > 0);
    expect(harness.ticks.map(({ symbol }) => symbol)).toEqual(['EURUSD']);
  });

  it('are asked for again when the EA was taken off and put back', async () => {
    await server.attach();
    await start({ symbols: ['EURUSD.x'] });
    await until('live', () => source().state === 'ok');
    await server.detach();
    await until('gone', () => source().state === 'disconnected');
    await server.attach();
    await until('live again', () => source().state === 'ok');
    expect(server.subscribed).toEqual(['EURUSD.x']);
  });
});

describe('what is wrong, in words', () => {
  it('no folder, no DWX in it, no EA, no symbols', async () => {
    const inner = path.join(files, 'Files');
    await start({ folder: inner });
    await until('no folder', () => source().state === 'unreachable');
    expect(source().detail).toContain(`there is no folder ${inner}: in the terminal choose File > Open Data Folder`);
    expect(source().nextAttemptAt).not.toBeNull();
    await writeFile(path.join(files, 'x'), '');
    const other = new DwxServer(inner, { symbols: QUOTES });
    await other.attach();
    await until('no symbols', () => source().state === 'off');
    expect(source().detail).toContain('nobody has subscribed it to a symbol');
    await other.detach();
    await until('no EA', () => source().state === 'disconnected');
    expect(source().detail).toContain('the EA DWX_Server_MT5 does not run');
    expect(harness.status().status).toBe('degraded');
    await rm(path.join(inner, 'DWX'), { recursive: true });
    await until('no DWX', () => source().detail.includes('has no folder DWX'));
  });

  it('a terminal that was killed, and what nobody saw meanwhile is told as a gap', async () => {
    await subscribedByOthers('EURUSD.x');
    await start();
    await until('live', () => source().state === 'ok');
    server.quote('EURUSD.x', 1.2, 1.2001);
    await until('a tick', () => harness.ticks.length === 1);
    await server.kill();
    const killed = Date.now();
    await until('stale', () => source().state === 'stale');
    expect(source().detail).toContain('do not change');
    await subscribedByOthers('EURUSD.x');
    server.quote('EURUSD.x', 1.3, 1.3001);
    await until('live again', () => source().state === 'ok' && harness.records.some(({ stream }) => stream === 'gap'));
    // Nobody knows when it changed: it is where the next tick starts from.
    expect(harness.ticks).toHaveLength(1);
    const gap = harness.records.find(({ stream }) => stream === 'gap');
    expect(gap).toMatchObject({ symbol: 'EURUSD', body: { source: 'mt5:dwx-main', reason: 'bridge-away', filled: false } });
    const { from, to } = (gap?.body ?? {}) as { from?: number; to?: number };
    expect(from).toBeLessThan(killed + 1_000);
    expect(to).toBeGreaterThan(killed);
    server.quote('EURUSD.x', 1.4, 1.4001);
    await until('a tick', () => harness.ticks.length === 2);
  }, 30_000);

  it('prices that are no numbers', async () => {
    await subscribedByOthers('EURUSD.x', 'GBPUSD.x');
    await start();
    await until('live', () => source().state === 'ok');
    server.quote('GBPUSD.x', NaN, Infinity);
    await until('malformed', () => source().state === 'malformed');
    expect(source().detail).toContain('DWX_Market_Data.txt cannot be understood');
    server.quote('GBPUSD.x', 1.3, 1.3001);
    await until('live again', () => source().state === 'ok');
    expect(harness.failure).toBeNull();
  });
});

it('goes on behind its newest tick after a restart', async () => {
  await subscribedByOthers('EURUSD.x');
  await start();
  await until('live', () => source().state === 'ok');
  server.quote('EURUSD.x', 1.2, 1.2001);
  await until('a tick', () => harness.ticks.length === 1);
  await harness.stop();
  await harness.start();
  await until('live', () => source().state === 'ok');
  server.quote('EURUSD.x', 1.3, 1.3001);
  await until('a tick', () => harness.ticks.length === 2);
  const [first, second] = harness.ticks;
  expect(second?.time ?? 0).toBeGreaterThanOrEqual(first?.time ?? Infinity);
  expect(source().counters['duplicates']).toBeUndefined();
});

it('takes bars of the days before, in UTC, where the config says so', async () => {
  const minute = 60;
  const now = Math.floor(Date.now() / 60_000) * minute;
  const wall = now + 2 * 3_600;
  // The newest is not over.
  const bars = [4, 3, 2, 1, 0].map((ago) => ({ time: wall - ago * minute, open: 1.1, high: 1.3, low: 1.05, close: 1.2, ticks: 10 + ago }));
  server = new DwxServer(files, { symbols: QUOTES, bars: { 'EURUSD.x_M1': bars } });
  server.tornMs = 4;
  await subscribedByOthers('EURUSD.x');
  await start({ bars: true }, { config: { utcOffset: 120, bars: { days: 1, widths: ['1m', '2m'], hourlyDays: 0 } } });
  await until('live', () => source().state === 'ok');
  server.quote('EURUSD.x', 1.2, 1.2001);
  await until('the bars', () => harness.records.length >= 4);
  expect(harness.records.slice(0, 4)).toMatchObject(
    [4, 3, 2, 1].map((ago) => ({
      stream: 'bars',
      symbol: 'EURUSD',
      time: (now - ago * minute) * 1_000,
      body: { widthMs: 60_000, side: 'bid', open: 1.1, high: 1.3, low: 1.05, close: 1.2, ticks: 10 + ago, closed: true },
    })),
  );
  expect(server.commands.filter(({ verb }) => verb === 'GET_HISTORIC_DATA').length).toBeGreaterThan(0);
  await expect(access(path.join(files, 'DWX', 'DWX_Historic_Data.txt'))).rejects.toThrow('ENOENT');
});

it('runs beside the native link', async () => {
  await subscribedByOthers('EURUSD.x');
  await start({}, { config: { mode: 'link', port: 0 } });
  await until('live', () => source().state === 'ok');
  expect(harness.status().detail).toContain('no terminal connected');
  expect(harness.status().detail).toContain('1 bridge (dwx-main)');
});

it.each([
  [{ mode: 'bridges' }, 'mode "bridges" needs at least one source'],
  [{ dwx: [{ name: 'a', folder: 'Files' }] }, "must be the whole path of the terminal's MQL5/Files"],
  [{ dwx: [{ name: 'a', folder: '/x', bars: true }] }, 'set utcOffset to minutes or a zone'],
  [{ dwx: [{ name: 'A b', folder: '/x' }] }, 'small letters'],
  [
    {
      dwx: [
        { name: 'a', folder: '/x' },
        { name: 'a', folder: '/y' },
      ],
    },
    '"a" is there twice',
  ],
])('refuses the config %j', async (config, message) => {
  await start();
  const other = createHarness(plugin, { plugin: { id: 'mt5' }, config });
  await expect(other.start()).rejects.toThrow(message);
});
