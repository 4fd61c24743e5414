import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEa } from '../counterparts/ea/index.ts';
import type { EaHandle } from '../counterparts/ea/index.ts';
import { Deployment, USER } from '../system/deployment.ts';
import { readLink } from '../system/host-process.ts';
import { compiledEa, demoRecording, eaBinary, eaTitle, scratchDir } from '../system/market.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';
import { until } from '../system/until.ts';

const MINUTE_MS = 60_000;
const OFFSET_MINUTES = 120;

/** What a terminal tells besides ticks, from the compiled Expert Advisor to the backend's ledger. */
describe.skipIf('missing' in compiledEa)(`books, bars, account and positions of a terminal${eaTitle}`, () => {
  let recordings: string;
  let deployment: Deployment;
  let terminal: EaHandle | null = null;

  beforeAll(async () => {
    recordings = await scratchDir('terminal-records-recording');
  });
  beforeEach(async () => {
    deployment = await Deployment.create('terminal-records');
  });
  afterEach(async () => {
    await terminal?.kill();
    await deployment.end();
  });
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('reach the backend, each bar once over kills of the host, and nothing of the account that is not shared', async () => {
    const { file, digits, lastMsc } = await demoRecording('EURUSD', recordings, { limit: 60_000 });
    const accountFile = path.join(recordings, 'account');
    await writeFile(accountFile, '0 100 USD 5000 5000 0 5000 0\n');
    const set = ['plugins.mt5.book.symbols="all"', 'plugins.mt5.bars.days=30', 'plugins.mt5.share=["positions"]'];
    await deployment.startHost({ set }).ready(60_000);
    const { token } = await readLink(deployment.hostDir, USER);
    terminal = startEa({
      binary: eaBinary(),
      port: deployment.linkPort,
      token,
      eaId: 'desk',
      symbols: [{ name: 'EURUSD', digits, file, bookDepth: 5 }],
      accountFile,
      brokerOffsetMinutes: OFFSET_MINUTES,
      marketStart: Date.now(),
      speed: 'full',
    });
    // Ticks first, bars behind them: the kills fall among the bars, and before.
    for (const records of [1, 300]) {
      await deployment.host.statusWhen(`${records} records`, ({ usage }) => usage.records >= records, 60_000);
      deployment.host.kill();
      await deployment.host.exited;
      deployment.startHost({ set });
    }

    const ticks = await readRecordedTicks(file);
    const minutes = new Map<number, { open: number; close: number; ticks: number }>();
    for (let i = 0; i < ticks.count; i++) {
      const [wall, bid] = [ticks.time[i] as number, ticks.bid[i] as number];
      const opens = Math.floor(wall / MINUTE_MS) * MINUTE_MS;
      // The last minute is not over by the broker's clock, which stands near the last tick.
      if (opens + MINUTE_MS > lastMsc) break;
      const bar = minutes.get(opens - OFFSET_MINUTES * MINUTE_MS);
      if (bar === undefined) minutes.set(opens - OFFSET_MINUTES * MINUTE_MS, { open: bid, close: bid, ticks: 1 });
      else Object.assign(bar, { close: bid, ticks: bar.ticks + 1 });
    }
    const told = (stream: string): Record<string, unknown>[] =>
      deployment.readLedger((ledger) => [...ledger.records({ user: USER, stream })].flatMap(({ records }) => records));
    await until('all bars', () => new Set(told('bars').map(({ time }) => time)).size >= minutes.size, 60_000, 200);
    await deployment.delivered(ticks.count);
    expect(await deployment.host.stop()).toBe(0);
    await deployment.gateway.stop();

    const bars = told('bars').filter(({ time }) => minutes.has(time as number));
    expect(bars).toHaveLength(minutes.size);
    for (const { time, body, revision } of bars)
      expect([revision, body]).toMatchObject([undefined, { ...minutes.get(time as number), closed: true }]);
    expect(told('book').length).toBeGreaterThan(0);
    expect(told('positions')[0]?.['body']).toMatchObject({ positions: [] });
    expect(told('account')).toEqual([]);
    console.log(`terminal records: ${bars.length} bars over two kills of the host, each once and as counted from the ticks`);
  }, 240_000);
});
