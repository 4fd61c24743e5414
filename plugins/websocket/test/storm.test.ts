/** Row 4 of the reliability tests, for the gateway: killed (-9) again and again while frames flow, its ledger is what was sent, exactly once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { openLedger } from '../src/gateway/ledger.ts';
import { GatewayProcess, freePort, runGateway } from './gateway-process.ts';
import { RunningLink } from './running-link.ts';
import { SimulatedSpool } from './simulated-spool.ts';
import { until } from './until.ts';

const KILLS = 30;
const SEED = Number(process.env['TICKHUB_TEST_SEED'] ?? 20_261_123);

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const dir = mkdtempSync(path.join(tmpdir(), 'tickhub-storm-'));
let gateway: GatewayProcess | null = null;
let running: RunningLink | null = null;
afterEach(async () => {
  await running?.stop();
  await gateway?.kill();
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});

describe('a gateway that is killed', () => {
  it(`${KILLS} times while frames flow has taken each tick exactly once, seed ${SEED}`, async () => {
    const random = randomFrom(SEED);
    const port = await freePort();
    const serve = (): Promise<GatewayProcess> => GatewayProcess.start(['serve', '--port', String(port), '--data', dir]);
    const { stdout: token } = await runGateway(['issue', '--user', 'trader', '--tier', 'pro', '--data', dir]);
    const spool = new SimulatedSpool({ window: 100 });
    running = new RunningLink({ spool, url: `ws://127.0.0.1:${port}/ws/client/trader`, token: token.trim() });
    const feeder = setInterval(() => {
      for (let i = 0; i < 3 && spool.lastSeq - spool.ackedSeq < 1_000; i++) spool.appendTicks(1 + Math.floor(random() * 30));
    }, 1);
    const back: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const serving = (gateway = await serve());
      const started = performance.now();
      const resumed = spool.resumes.length;
      await until(
        () => `connection ${kill}: ${serving.stderr}`,
        () => spool.resumes.length > resumed,
      );
      back.push(performance.now() - started);
      await sleep(random() * 100);
      await serving.kill();
    }
    clearInterval(feeder);
    gateway = await serve();
    await spool.settled();
    expect(spool.resumes).toEqual(spool.resumes.toSorted((a, b) => a - b));

    const ledger = openLedger(dir);
    for (const symbol of ['EURUSD', 'XAUUSD', 'USDJPY']) {
      // One by one: a deep comparison of a hundred thousand objects takes longer than the storm.
      const sent = spool.ticks.filter((tick) => tick.symbol === symbol);
      let at = 0;
      for (const { time, ordinal, bid, ask } of ledger.ticks({ user: 'trader', symbol })) {
        const tick = sent[at++];
        const same = tick?.time === time && tick.ordinal === ordinal && tick.bid === bid && tick.ask === ask;
        if (!same) expect({ symbol, time, ordinal, bid, ask }).toEqual(tick);
      }
      expect(at).toBe(sent.length);
    }
    expect(ledger.usage()).toMatchObject([
      { ticks: spool.ticks.length, frames: spool.lastSeq, cursorDuplicates: 0, conflicts: 0, lostFrames: 0, holeFrames: 0 },
    ]);
    expect(ledger.counts().reduce((sum, { ticks }) => sum + ticks, 0)).toBe(spool.ticks.length);
    ledger.close();
    const median = back.toSorted((a, b) => a - b)[KILLS / 2] as number;
    process.stdout.write(
      `storm: ${KILLS} kills, ${spool.ticks.length} ticks, 0 lost, 0 doubled, back after ${Math.round(median)} ms (median), seed ${SEED}\n`,
    );
  }, 180_000);
});
