import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Deployment, USER } from '../system/deployment.ts';
import { compiledEa, demoRecording, eaTitle, scratchDir } from '../system/market.ts';
import { comparePrices } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';
import { until } from '../system/until.ts';

const RATE = 15_000;
/** A second of 100,000 ticks, its surplus at one blow, which is harder than spread over the second. */
const BURST = { size: 85_000, everyMs: 4_000 };
const LASTS_MS = 10_000;
const BURSTS = Math.floor(LASTS_MS / BURST.everyMs);
const TICKS = RATE * (LASTS_MS / 1_000) + BURSTS * BURST.size;

/** Row 1 of the reliability plan at a sixth of its time. Latency is printed, not held: `npm run bench` measures it on a quiet machine. */
describe.skipIf('missing' in compiledEa)(`load${eaTitle}`, () => {
  let recordings: string;

  beforeAll(async () => {
    recordings = await scratchDir('load-recording');
  });
  let deployment: Deployment;

  beforeEach(async () => {
    deployment = await Deployment.create('load');
  });
  afterEach(() => deployment.end());
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  it('of 15,000 ticks a second with bursts of 100,000 is held: none lost, none behind after the end, a bounded backlog', async () => {
    const instruments = [
      await demoRecording('EURUSD', recordings, { limit: 50_000 }),
      await demoRecording('XAUUSD', recordings, { limit: TICKS - 50_000 }),
    ];
    const host = deployment.startHost();
    await host.ready();
    await host.statusWhen('the backend to be connected', ({ backend }) => backend.link === 'up');
    const marketStart = Date.now() + 1_000;
    await deployment.startTerminal('load', instruments, marketStart, { rate: RATE, burst: BURST });

    let deepest = 0;
    let rssBytes = 0;
    let latency: { p50: number | null; p99: number | null } = { p50: null, p99: null };
    await until(
      'the market to close',
      async () => {
        const { spool, ticks, host: process } = await host.status();
        deepest = Math.max(deepest, spool.ticks);
        rssBytes = Math.max(rssBytes, process.rssBytes);
        latency = ticks.latencyMs;
        return Date.now() >= marketStart + LASTS_MS;
      },
      LASTS_MS + 60_000,
      50,
    );
    await deployment.delivered(TICKS);
    const behindMs = Date.now() - (marketStart + LASTS_MS);
    const { usage } = await host.status();
    expect(await host.stop()).toBe(0);
    await deployment.gateway.stop();

    const verdicts = await Promise.all(
      instruments.map(async ({ symbol, file }) => {
        const recorded = await readRecordedTicks(file);
        return deployment.readLedger((ledger) => comparePrices(symbol, recorded, ledger.ticks({ user: USER, symbol })));
      }),
    );
    console.log(
      `load held (a sixth of the time): ${TICKS} ticks in ${LASTS_MS / 1_000} s, ${RATE}/s and ${BURSTS} bursts of 100,000/s; 0 lost; bursts included, p50 ${latency.p50?.toFixed(1)} ms, ` +
        `p99 ${latency.p99?.toFixed(1)} ms; all acknowledged ${behindMs} ms after the end; at most ${deepest} ticks in the spool, ${Math.round(rssBytes / 1_048_576)} MB`,
    );
    expect(verdicts.map(({ difference }) => difference)).toEqual([null, null]);
    expect(verdicts.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(TICKS);
    expect(usage).toMatchObject({ ticks: TICKS, dropped: 0 });
    // A burst and two seconds of the rate.
    expect(deepest).toBeLessThan(BURST.size + 2 * RATE);
    expect(behindMs).toBeLessThan(10_000);
  }, 120_000);
});
