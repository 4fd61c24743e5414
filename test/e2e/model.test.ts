import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import { compare } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';
import { until } from '../system/until.ts';

const KILLS = 3;

interface Mean {
  readonly seq: number;
  readonly symbol: string;
  readonly body: { readonly life: string; readonly n: number; readonly mean: number };
}

describe.skipIf('missing' in compiledEa)(`a model${eaTitle}`, () => {
  let recordings: string;

  beforeAll(async () => {
    recordings = await scratchDir('model-recording');
  });
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await Deployment.create('model');
  });
  afterEach(() => deployment.end());
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('gets the ticks, and its analysis reaches the ledger exactly once, over kills -9 of its process', async () => {
    const instruments = [
      await demoRecording('EURUSD', recordings, { limit: 10_000 }),
      await demoRecording('XAUUSD', recordings, { limit: 40_000 }),
    ];
    const lastsMs = 12_000;
    const spanMs = Math.max(...instruments.map(({ firstMsc, lastMsc }) => lastMsc - firstMsc));
    const host = deployment.startHost({ set: [`pluginRoots=["${path.resolve('test/fixtures/models')}"]`] });
    await host.ready();
    await deployment.startTerminal('model', instruments, Date.now(), { speed: spanMs / lastsMs });
    const model = async () => {
      const status = await host.status();
      return { plugin: status.plugins.find(({ id }) => id === 'averages'), records: status.usage.records };
    };
    const lives: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const before = (await model()).records;
      const pid = await until('the model to publish', async () => {
        const { plugin, records } = await model();
        return plugin?.state === 'running' && records > before + 20 && plugin.pid;
      });
      process.kill(pid, 'SIGKILL');
      lives.push(pid);
    }
    const last = (await model()).records;
    await until('the last life to publish', async () => (await model()).records > last + 20);
    const end = await deployment.delivered(50_000);
    expect(end.plugins.find(({ id }) => id === 'averages')).toMatchObject({ state: 'running', restarts: KILLS });
    expect(await host.stop()).toBe(0);
    await deployment.gateway.stop();

    const recorded = await Promise.all(instruments.map(async ({ symbol, file }) => ({ symbol, ticks: await readRecordedTicks(file) })));
    let metered = 0;
    const means = deployment.readLedger((ledger) => {
      expect(recorded.map(({ symbol, ticks }) => compare(symbol, ticks, ledger.ticks({ user: USER, symbol })).difference)).toEqual([
        null,
        null,
      ]);
      // Bars of the terminal are records, too.
      for (const { stream, records } of ledger.records({ user: USER }))
        if (stream !== 'usage' && stream !== 'gap') metered += records.length;
      return [...ledger.records({ user: USER, stream: 'analysis' })].flatMap(({ source, records }) => {
        expect(source).toBe('averages');
        return records as unknown as Mean[];
      });
    });
    // One number each, none missing, none twice; and within each life all that it said, in its order.
    expect(means.map(({ seq }) => seq)).toEqual(means.map((_, i) => i + 1));
    const byLife = Map.groupBy(means, ({ body }) => body.life);
    expect(byLife.size).toBe(KILLS + 1);
    for (const said of byLife.values()) expect(said.map(({ body }) => body.n)).toEqual(said.map((_, i) => i + 1));
    for (const { symbol, body } of means) expect(body.mean).toBeGreaterThan(symbol === 'EURUSD' ? 0.5 : 500);
    // A record of the model's last life may have been published after the status was asked.
    expect(metered).toBeGreaterThanOrEqual(end.usage.records);
    console.log(
      `model: ${means.length} analysis records of ${byLife.size} lives (${KILLS} kills -9), each exactly once; 50000 ticks, 0 lost, 0 doubled`,
    );
  }, 120_000);
});
