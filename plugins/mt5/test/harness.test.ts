/** The plugin's own default export, in the SDK's harness: the same code around it as in an isolate. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TickFlag } from '@tickhub/plugin-sdk';
import { createHarness, type Harness } from '@tickhub/plugin-sdk/testing';
import plugin from '../src/index.ts';
import { TicksFlag } from '../src/link/wire.ts';
import { ScriptedEa } from './scripted-ea.ts';

const T = 1_767_621_600_000;
const ALLOWED = ['EURUSD', 'XAUUSD'].map((symbol) => ({ symbol, allowed: true }));
let dataDir = '';

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-mt5-harness-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

async function started(options: Parameters<typeof createHarness>[1] = {}): Promise<Harness> {
  const { config, ...rest } = options;
  const harness = createHarness(plugin, {
    plugin: { id: 'mt5', version: '0.1.0' },
    clock: 'real',
    config: { port: 0, ...config },
    dataDir,
    verdicts: ALLOWED,
    ...rest,
  });
  await harness.start();
  return harness;
}

async function dial(symbols: readonly string[]): Promise<ScriptedEa> {
  const { port } = JSON.parse(await readFile(path.join(dataDir, 'link.json'), 'utf8')) as { port: number };
  const token = (await readFile(path.join(dataDir, 'tickhub.token'), 'utf8')).trim();
  const timeGmt = Math.floor(Date.now() / 1_000);
  return ScriptedEa.connected(port, symbols, { token, timeGmt, timeTradeServer: timeGmt + 7_200 });
}

async function until(harness: Harness, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 20_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(condition(), JSON.stringify(harness.logs)).toBe(true);
}

it('takes ticks from HELLO to a durable ACK', async () => {
  const harness = await started();
  const ea = await dial(['EURUSD.x']);
  await ea.next('sub');
  ea.ticks(1, 1, [{ time: T }, { time: T }], TicksFlag.backfill);
  ea.ticks(1, 3, [{ time: T, bid: 1.3 }]);
  await until(harness, () => harness.ticks.length === 3);
  expect(harness.symbols).toMatchObject([{ name: 'EURUSD', rawName: 'EURUSD.x', digits: 5 }]);
  expect(harness.ticks).toMatchObject([
    { source: 'mt5:demo-1', symbol: 'EURUSD', time: T, ordinal: 0, utcOffsetMs: 7_200_000, flags: 6 | TickFlag.late },
    { ordinal: 1 },
    { ordinal: 2, flags: 6 | TickFlag.crossed },
  ]);
  harness.makeDurable();
  expect((await ea.next('ack')).entries).toEqual([{ symIdx: 1, cursor: { time: T, same: 3 } }]);
  expect(harness.status()).toMatchObject({ status: 'ok', detail: '1 terminal (demo-1), 1 symbol, live' });
  await harness.stop();
  await ea.closed;
  expect(harness.failure).toBeNull();
});

it('goes on from the cursor after a reload, with no tick lost or doubled', async () => {
  const harness = await started();
  const ea = await dial(['EURUSD']);
  await ea.next('sub');
  ea.ticks(1, 1, [{ time: T }, { time: T + 1 }, { time: T + 1 }]);
  await until(harness, () => harness.ticks.length === 3);
  await harness.stop();
  expect((await ea.next('bye')).notice.code).toBe(11);
  await harness.start();
  const again = await dial(['EURUSD']);
  expect((await again.next('sub')).sub.cursor).toEqual({ time: T + 1, same: 2 });
  again.ticks(1, 1, [{ time: T + 1 }, { time: T + 2 }]);
  await until(harness, () => harness.ticks.length === 5);
  expect(harness.ticks.map(({ time, ordinal }) => [time - T, ordinal])).toEqual([
    [0, 0],
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 0],
  ]);
  await harness.stop();
});

it('is let in and shut out by the gate while it runs', async () => {
  const harness = await started({ verdicts: [] });
  const ea = await dial(['EURUSD', 'GBPUSD']);
  await until(harness, () => harness.symbols.length === 2);
  harness.setVerdicts([
    { symbol: 'EURUSD', allowed: true },
    { symbol: 'GBPUSD', allowed: false, reason: 'tier free allows 1 symbol' },
  ]);
  expect((await ea.next('sub')).sub.symIdx).toBe(1);
  await until(harness, () => harness.logs.some((it) => it.message === 'held back: GBPUSD (tier free allows 1 symbol)'));
  expect(harness.status().detail).toContain('held back: GBPUSD (tier free allows 1 symbol)');
  harness.setVerdicts([
    { symbol: 'EURUSD', allowed: false, reason: 'tier free allows 1 symbol' },
    { symbol: 'GBPUSD', allowed: true },
  ]);
  expect((await ea.next('unsub')).symIdx).toBe(1);
  expect((await ea.next('sub')).sub.symIdx).toBe(2);
  await harness.stop();
});

it('reads no more while the host is congested', async () => {
  const harness = await started();
  const ea = await dial(['EURUSD']);
  await ea.next('sub');
  harness.congested = true;
  ea.ticks(1, 1, [{ time: T }]);
  await until(harness, () => harness.status().detail.includes('held up'));
  ea.ticks(1, 2, [{ time: T + 1 }]);
  harness.congested = false;
  await until(harness, () => harness.ticks.length === 2);
  await harness.stop();
});

it('replays the demo, and goes on after a restart', async () => {
  const config = {
    mode: 'replay',
    speed: 'full',
    startAt: 'recorded',
    files: [
      { path: 'demo/EURUSD.csv.zst', symbol: 'EURUSD' },
      { path: 'demo/XAUUSD.csv.zst', symbol: 'XAUUSD', digits: 3 },
    ],
  };
  const harness = await started({ config });
  await until(harness, () => harness.ticks.length > 50_000);
  await harness.stop();
  const before = harness.ticks.length;
  expect(before).toBeLessThan(400_000);
  await harness.start();
  await until(harness, () => harness.status().counters['finished'] === 1);
  expect(harness.ticks).toHaveLength(73_520 + 394_759);
  expect(new Set(harness.ticks.map((it) => `${it.symbol} ${it.time} ${it.ordinal}`)).size).toBe(73_520 + 394_759);
  expect(harness.status().counters['ticksDuplicates']).toBe(0);
  await harness.stop();
});
