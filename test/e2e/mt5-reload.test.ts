import { rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../host/src/config/load.ts';
import { startHost } from '../../host/src/host.ts';
import type { RunningHost } from '../../host/src/host.ts';
import type { ReloadEvent } from '../../host/src/plugins/reload.ts';
import { hostPaths } from '../../host/src/host-options.ts';
import { createLog } from '../../host/src/telemetry/log.ts';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import { comparePrices } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';
import { until } from '../system/until.ts';

const RATE = 15_000;
/** At its CI size; the variable is for its whole. */
const RELOADS = Number(process.env['TICKHUB_TEST_RELOADS'] ?? 10);

/**
 * Row 13 of the reliability plan for the source whose port only one may have. There is no command that reloads a bundled plugin, so the host runs in this process; its
 * isolates, the gateway and the Expert Advisor are processes as ever.
 */
describe.skipIf('missing' in compiledEa)(`the mt5 plugin, reloaded under load${eaTitle}`, () => {
  let recordings: string;

  beforeAll(async () => {
    recordings = await scratchDir('mt5-reload-recording');
  });
  let deployment: Deployment;
  let host: RunningHost | null = null;

  beforeEach(async () => {
    deployment = await Deployment.create('mt5-reload');
  });
  afterEach(async () => {
    await host?.stop();
    await deployment.end();
  });
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it(
    `${RELOADS} times at 15,000 ticks a second: 0 lost, 0 doubled`,
    async () => {
      const config = await loadConfig({
        dataDir: deployment.hostDir,
        file: { path: `${deployment.hostDir}/config.json`, named: false },
        env: {},
        set: [...deployment.settings, 'disabled=["news","economic","social","models"]'],
      });
      const log = createLog('warn', new Writable({ write: (_chunk, _encoding, done) => done() }));
      host = await startHost({
        config,
        paths: hostPaths(deployment.hostDir, config, []),
        env: process.env,
        log,
        onStopRequest: () => undefined,
      });
      const { tenant } = host;
      const { plugins, streams, spool } = tenant;
      const arrivals: number[] = [];
      streams.bus.on('market_data_received', () => void arrivals.push(performance.now()));
      const instrument = await demoRecording('XAUUSD', recordings, { repeat: 4 });
      const terminal = await deployment.startTerminal('reload', [instrument], Date.now() + 500, { rate: RATE });
      const quiet = await until('full flow', () => streams.flow.takenTicks > RATE && performance.now());

      const events: ReloadEvent[] = [];
      plugins.host.onReload((event) => void events.push(event));
      const gaps: number[] = [];
      for (let n = 1; n <= RELOADS; n++) {
        const from = performance.now();
        await plugins.host.reload('mt5');
        await until(`reload ${n}`, () => events.length === n);
        const seen = arrivals.length;
        await until('ticks of the new one', () => arrivals.length > seen + 20);
        gaps.push(longest(arrivals, from));
      }
      expect(events.map(({ plugin, outcome }) => `${plugin} ${outcome}`)).toEqual(Array.from({ length: RELOADS }, () => 'mt5 switched'));
      // The market is open for longer than the reloads take; what there was until here has to be whole.
      await terminal.stop();
      await until('all to be acknowledged', () => spool.ackedSeq === spool.lastSeq, 60_000);
      expect(plugins.host.list().filter(({ restarts }) => restarts > 0)).toEqual([]);
      expect(await host.stop()).toEqual([]);
      await deployment.gateway.stop();
      const ticks = streams.flow.takenTicks;
      const recorded = { ...(await readRecordedTicks(instrument.file)), count: ticks };
      const { delivered, difference } = deployment.readLedger((ledger) => comparePrices('XAUUSD', recorded, ledger.ticks({ user: USER })));
      expect(difference).toBeNull();
      expect(delivered).toBe(ticks);
      gaps.sort((a, b) => a - b);
      console.log(
        `mt5 reloaded under load: ${RELOADS} reloads at ${RATE}/s, ${ticks} ticks, 0 lost, 0 doubled; longest silence around each: median ${Math.round(gaps[gaps.length >> 1] ?? 0)} ms, ` +
          `p99 ${Math.round(gaps.at(-1) ?? 0)} ms (without reload ${Math.round(
            longest(
              arrivals.filter((at) => at < quiet),
              quiet - 500,
            ),
          )} ms); a reload takes ${Math.round(Math.max(...events.map(({ ms }) => ms)))} ms at most`,
      );
    },
    RELOADS * 24_000,
  );
});

/** The longest pause between arrivals since `from`, ms. */
function longest(arrivals: readonly number[], from: number): number {
  let pause = 0;
  for (let i = arrivals.findIndex((at) => at >= from); i > 0 && i < arrivals.length; i++) {
    pause = Math.max(pause, (arrivals[i] as number) - (arrivals[i - 1] as number));
  }
  return pause;
}
