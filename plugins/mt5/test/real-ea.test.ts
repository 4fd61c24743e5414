/** The Expert Advisor itself, compiled from plugins/mt5/mql5, against the plugin: what it was given comes out once each, in order, through kills of either. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { TickFlag } from '@tickhub/plugin-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileEa, recordTicks, startEa, type EaHandle, type EaSymbol } from '../../../test/counterparts/ea/index.ts';
import { RealClock, TestGate, TestPublish, type TestTick } from './doubles.ts';
import { settled, startRig, type Rig } from './rig.ts';
import { TOKEN } from './scripted-ea.ts';

const DEMO = path.join(import.meta.dirname, '../demo');
const TICKS = 40_000;
/** Ticks a second, over both symbols. */
const RATE = 40_000;
const compiled = await compileEa();
const missing = 'missing' in compiled ? compiled.missing : null;

describe.skipIf(missing !== null)(`the compiled Expert Advisor${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let folder = '';
  let symbols: EaSymbol[] = [];
  const running = new Set<EaHandle>();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'tickhub-real-ea-'));
    symbols = await Promise.all(
      (['EURUSD', 'XAUUSD'] as const).map(async (name) => {
        const file = path.join(folder, name);
        const digits = name === 'EURUSD' ? 5 : 3;
        await recordTicks(path.join(DEMO, `${name}.csv.zst`), file, { symbolDigits: digits, limit: TICKS, brokerOffsetMinutes: 180 });
        return { name: `${name}.x`, file, digits };
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([...running].map((ea) => ea.kill()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });

  /** All ticks are history at once, or appear at {@link RATE} from `marketStart` on. */
  function ea(rig: Rig<RealClock>, market: { speed: 'full' } | { rate: number; marketStart: number }): EaHandle {
    const { path: binary } = compiled as { path: string };
    const handle = startEa({
      binary,
      port: rig.port,
      token: TOKEN,
      eaId: 'desk',
      symbols,
      brokerOffsetMinutes: 180,
      marketStart: Date.now(),
      ...market,
    });
    running.add(handle);
    void handle.exited.then(() => running.delete(handle));
    return handle;
  }

  const start = (publish: TestPublish, port = 0): Promise<Rig<RealClock>> =>
    startRig<RealClock>({ clock: new RealClock(), publish, config: { maxBackfillMs: 'all', port } });

  function expectWhole(ticks: readonly TestTick[]): void {
    for (const symbol of ['EURUSD', 'XAUUSD']) {
      const of = ticks.filter((it) => it.symbol === symbol);
      expect(of).toHaveLength(TICKS);
      expect(new Set(of.map((it) => `${it.time}/${it.ordinal}`)).size).toBe(TICKS);
      for (let i = 1; i < of.length; i++) {
        const [a, b] = [of[i - 1], of[i]];
        const next =
          a?.time === b?.time ? (b?.ordinal ?? 0) === (a?.ordinal ?? 0) + 1 : (b?.time ?? 0) > (a?.time ?? 0) && b?.ordinal === 0;
        if (!next) expect.fail(`tick ${i} of ${symbol} does not follow: ${JSON.stringify([a, b])}`);
      }
    }
  }

  it('sends all its ticks, mapped, with the broker’s offset, through ten kills of it', async () => {
    const publish = new TestPublish(new TestGate());
    await using rig = await start(publish);
    const market = { rate: RATE, marketStart: Date.now() };
    for (let kill = 1; kill <= 10; kill++) {
      const handle = ea(rig, market);
      await publish.count(kill * 6_500 + ((kill * 7_919) % 3_000));
      await handle.kill();
    }
    const last = ea(rig, market);
    await publish.count(2 * TICKS);
    expectWhole(publish.ticks);
    expect(publish.sources.get('mt5:desk')?.utcOffsetMs).toBe(180 * 60_000);
    expect(rig.counters).toMatchObject({ ticksTaken: 2 * TICKS, ticksGaps: 0, ticksOutOfOrder: 0, ticksInvalid: 0 });
    // On a busy machine some are killed before they have connected.
    expect(rig.log.lines.filter((it) => it.message.includes('is connected')).length).toBeGreaterThan(2);
    const acked = new Promise((resolve) => {
      last.events.once('acked', resolve);
    });
    publish.sources.get('mt5:desk')?.commit();
    await acked;
    await last.stop();
  });

  it('sends all its ticks through ten reloads of the plugin', async () => {
    const ticks: TestTick[] = [];
    const cursors = new Map<string, { time: number; same: number }>();
    let handle: EaHandle | null = null;
    let port = 0;
    for (let reload = 1; reload <= 11; reload++) {
      const publish = new TestPublish(new TestGate());
      for (const [key, cursor] of cursors) publish.cursors.set(key, cursor);
      // Before the start: the EA may be back before it is over.
      if (reload <= 10) publish.congestAt = 4_001;
      await using rig = await start(publish, port);
      port = rig.port;
      handle ??= ea(rig, { speed: 'full' });
      await publish.count(reload <= 10 ? 4_001 : 2 * TICKS - ticks.length);
      await rig.stop();
      ticks.push(...publish.ticks);
      for (const [name, symbol] of publish.sources.get('mt5:desk')?.symbols ?? []) cursors.set(`mt5:desk/${name}`, symbol.cursor);
    }
    expectWhole(ticks);
    await handle?.stop();
  });

  it('is held up by a congested host, and loses nothing', async () => {
    const publish = new TestPublish(new TestGate());
    publish.congestAt = 1_000;
    await using rig = await start(publish);
    const handle = ea(rig, { speed: 'full' });
    await publish.count(1_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(publish.ticks.length).toBeLessThan(5_000);
    publish.relieve();
    await publish.count(2 * TICKS);
    expectWhole(publish.ticks);
    await handle.stop();
  });

  it('that sleeps with its PC for longer than a link is silent is missed, and brings what it missed as backfill', async () => {
    const publish = new TestPublish(new TestGate());
    await using rig = await start(publish);
    const handle = ea(rig, { rate: 8_000, marketStart: Date.now() });
    await publish.count(4_000);
    if (handle.pid === undefined) throw new Error('the Expert Advisor did not start');
    process.kill(handle.pid, 'SIGSTOP');
    await settled(rig, () => rig.counters['terminals'] === 0, 15_000);
    expect(rig.plugin.status?.().sources?.[0]).toMatchObject({
      state: 'disconnected',
      detail: expect.stringMatching(/^the EA has been silent for \d+ s/),
    });
    const asleep = publish.ticks.length;
    process.kill(handle.pid, 'SIGCONT');
    await publish.count(2 * TICKS);
    expectWhole(publish.ticks);
    expect((publish.ticks[asleep + 1_000]?.flags ?? 0) & TickFlag.late).toBe(TickFlag.late);
    expect(rig.counters).toMatchObject({ ticksGaps: 0, ticksOutOfOrder: 0 });
    await handle.stop();
  }, 60_000);

  it('sends ticks, books, bars, account and positions over the pipe, and comes back over it after a kill of either', async () => {
    const accountFile = path.join(folder, 'account');
    await writeFile(accountFile, '2 500 EUR 1000 990.5 50 940.5 -9.5\n17 1 EURUSD.x 0.1 1399248000123 1.3 1.31 0 1.2 -9.5 -0.25\n');
    const publish = new TestPublish(new TestGate());
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-pipe-'));
    const config = {
      maxBackfillMs: 'all',
      pipe: 'desk',
      book: { symbols: 'all' },
      share: ['account', 'positions'],
      bars: { widths: ['1m', '1h'], days: 20, hourlyDays: 0 },
    };
    const { path: binary } = compiled as { path: string };
    const dial = (): EaHandle => {
      const handle = startEa({
        binary,
        port: 1,
        pipe: { name: 'desk', dir: dataDir },
        token: TOKEN,
        eaId: 'desk',
        symbols: symbols.map((it) => ({ ...it, bookDepth: 5 })),
        brokerOffsetMinutes: 180,
        marketStart: Date.now(),
        speed: 'full',
        accountFile,
      });
      running.add(handle);
      void handle.exited.then(() => running.delete(handle));
      return handle;
    };
    try {
      await using rig = await startRig<RealClock>({ clock: new RealClock(), publish, config, dataDir });
      const handle = dial();
      await publish.count(2 * TICKS);
      expectWhole(publish.ticks);
      const of = (stream: string) => publish.records.filter((it) => it.stream === stream).map((it) => it.record);
      const hasHours = (name: string): boolean => of('bars').some(({ symbol, body }) => symbol === name && body['widthMs'] === 3_600_000);
      await settled(rig, () => hasHours('EURUSD') && hasHours('XAUUSD'));
      await settled(rig, () => of('book').length >= 2 && of('account').length === 1 && of('positions').length === 1);
      // Bars are those of the ticks, in UTC.
      const minute = of('bars').find(({ symbol, body }) => symbol === 'EURUSD' && body['widthMs'] === 60_000);
      const within = publish.ticks.filter(
        (it) => it.symbol === 'EURUSD' && Math.floor((it.time - 10_800_000) / 60_000) * 60_000 === minute?.time,
      );
      expect(minute?.body).toMatchObject({ open: within[0]?.bid, close: within.at(-1)?.bid, ticks: within.length });
      expect(of('positions')[0]?.body).toMatchObject({ positions: [{ ticket: '17', side: 'sell', symbol: 'EURUSD' }] });
      expect(of('account')[0]?.body).toMatchObject({ balance: 1_000, currency: 'EUR', mode: 'real' });
      await handle.kill();
      dial();
      await settled(
        rig,
        () => rig.counters['terminals'] === 1 && rig.log.lines.filter((it) => it.message.includes('is connected')).length === 2,
      );
      await rig.stop();
      // As a kill of the plugin leaves it: the socket is there, and nobody listens.
      await using again = await startRig<RealClock>({ clock: new RealClock(), publish: new TestPublish(new TestGate()), config, dataDir });
      await settled(again, () => again.counters['terminals'] === 1);
    } finally {
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    }
  });
});
