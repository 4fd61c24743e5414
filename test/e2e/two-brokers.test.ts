import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEa } from '../counterparts/ea/index.ts';
import type { EaHandle } from '../counterparts/ea/index.ts';
import { Deployment, USER } from '../system/deployment.ts';
import { readLink } from '../system/host-process.ts';
import { compiledEa, demoRecording, eaBinary, eaTitle, scratchDir } from '../system/market.ts';
import type { DemoRecording } from '../system/market.ts';
import { comparePrices } from '../system/oracle.ts';
import { readRecordedTicks } from '../system/recorded-ticks.ts';

/** As many as the free tier passes. */
const SYMBOLS = ['EURUSD', 'GBPUSD', 'USDJPY', 'XAUUSD', 'US30'];
const TICKS = 4_000;
/** Ticks a second of one broker, over all its symbols. */
const RATE = 2_000;

interface Broker {
  readonly name: string;
  readonly server: string;
  readonly login: number;
  readonly suffix: string;
  readonly offsetMinutes: number;
  readonly recording: DemoRecording;
}

/** Two terminals of two brokers, each with the compiled Expert Advisor: two sources of the same symbols. */
describe.skipIf('missing' in compiledEa)(`two brokers at once${eaTitle}`, () => {
  let recordings: string;
  let brokers: [Broker, Broker];
  let deployment: Deployment;
  const terminals = new Set<EaHandle>();

  beforeAll(async () => {
    recordings = await scratchDir('two-brokers-recordings');
    const [first, second] = await Promise.all([0, TICKS].map((skip) => demoRecording('XAUUSD', recordings, { skip, limit: TICKS })));
    brokers = [
      { name: 'north', server: 'North-Live', login: 1, suffix: '.x', offsetMinutes: 120, recording: first as DemoRecording },
      { name: 'south', server: 'South-Demo', login: 2, suffix: 'm', offsetMinutes: -300, recording: second as DemoRecording },
    ];
  });
  beforeEach(async () => {
    deployment = await Deployment.create('two-brokers', { tier: 'free' });
  });
  afterEach(async () => {
    await Promise.all([...terminals].map((terminal) => terminal.kill()));
    terminals.clear();
    await deployment.end();
  });
  afterAll(() => rm(recordings, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

  async function start({ name, server, login, suffix, offsetMinutes, recording }: Broker, marketStart: number): Promise<EaHandle> {
    const { token } = await readLink(deployment.hostDir, USER);
    const terminal = startEa({
      binary: eaBinary(),
      port: deployment.linkPort,
      token,
      eaId: name,
      server,
      login,
      // US30 has its dressing by a mapping; the rest by the pair.
      symbols: SYMBOLS.map((symbol) => ({
        name: symbol === 'US30' ? symbol : `${symbol}${suffix}`,
        digits: recording.digits,
        file: recording.file,
      })),
      brokerOffsetMinutes: offsetMinutes,
      marketStart,
      rate: RATE,
    });
    terminals.add(terminal);
    return terminal;
  }

  it('are two sources of five symbols, which are five for the tier; one is killed, the other never notices; every tick of both arrives once', async () => {
    const host = deployment.startHost();
    await host.ready(60_000);
    const marketStart = Date.now() + 500;
    const [north, south] = brokers;
    const doomed = await start(north, marketStart);
    await start(south, marketStart);
    const taken = (source: string, status: Awaited<ReturnType<typeof host.status>>): number =>
      status.sources.find((it) => it.source === `mt5:${source}`)?.ticks ?? 0;
    await host.statusWhen('both to flow', (status) => taken('north', status) > 2_000 && taken('south', status) > 2_000, 60_000);
    await doomed.kill();
    terminals.delete(doomed);

    const alone = await host.statusWhen(
      'the one to be missed',
      ({ sources }) => sources.find(({ source }) => source === 'mt5:north')?.state === 'disconnected',
    );
    expect(alone.sources.find(({ source }) => source === 'mt5:north')?.detail).toMatch(
      /^the EA has been gone for \d+ s: is the terminal running/,
    );
    expect(alone.sources.find(({ source }) => source === 'mt5:south')?.state).not.toBe('disconnected');
    await host.statusWhen('the other to go on', (status) => taken('south', status) > taken('south', alone) + 1_000, 60_000);

    await start(north, marketStart);
    const end = await deployment.delivered(2 * SYMBOLS.length * TICKS, 120_000);
    expect(end.symbols.map(({ symbol, source, allowed }) => `${source} ${symbol} ${allowed}`).sort()).toEqual(
      ['north', 'south'].flatMap((name) => SYMBOLS.map((symbol) => `mt5:${name} ${symbol} true`)).sort(),
    );
    expect(end.entitlement).toMatchObject({ tier: 'free' });
    expect(await host.stop()).toBe(0);
    await deployment.gateway.stop();

    for (const { name, recording } of brokers) {
      const recorded = await readRecordedTicks(recording.file);
      for (const symbol of SYMBOLS) {
        const ticks = deployment.readLedger((ledger) => [...ledger.ticks({ user: USER, symbol, source: `mt5:${name}` })]);
        expect(comparePrices(`${name} ${symbol}`, recorded, ticks).difference).toBeNull();
      }
    }
    console.log(
      `two brokers: 2 x ${SYMBOLS.length} symbols under a tier of 5, one killed and back; ${2 * SYMBOLS.length * TICKS} ticks, 0 lost, 0 doubled`,
    );
  }, 240_000);
});
