/** Recorded files through the plugin as the host starts it: the replay plays a terminal, and the ticks come out of the same decoder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TickFlag } from '@tickhub/plugin-sdk';
import { Config } from '../src/config.ts';
import { ManualClock, RealClock, TestGate, TestPublish, TestStore, type TestTick } from './doubles.ts';
import { settled, startRig, type Rig } from './rig.ts';

const T = 1_398_902_400_000;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'tickhub-replay-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

/** `n` ticks, three to a millisecond, `stepMs` apart. */
function rows(n: number, options: { from?: number; stepMs?: number; same?: number } = {}): string {
  const { from = T, stepMs = 1, same = 3 } = options;
  const lines = Array.from(
    { length: n },
    (_, i) => `${from + Math.floor(i / same) * stepMs},${(1 + i / 1e5).toFixed(5)},${(1.1 + i / 1e5).toFixed(5)}`,
  );
  return `time_msc,bid,ask\n${lines.join('\n')}\n`;
}

async function file(name: string, text: string): Promise<string> {
  const bytes = Buffer.from(text);
  const at = path.join(folder, name);
  await writeFile(at, name.endsWith('.zst') ? zstdCompressSync(bytes) : name.endsWith('.gz') ? gzipSync(bytes) : bytes);
  return at;
}

async function replay(files: unknown[], config: object = {}, options: object = {}): Promise<Rig<RealClock>> {
  return startRig<RealClock>({
    config: { mode: 'replay', files, speed: 'full', startAt: 'recorded', ...config },
    clock: new RealClock(),
    ...options,
  });
}

const identity = ({ symbol, time, ordinal }: TestTick): string => `${symbol} ${time} ${ordinal}`;

describe('at full speed', () => {
  it.each(['a.csv', 'a.csv.gz', 'a.csv.zst'])('%s comes out whole, in order, with ordinals, and none of it late', async (name) => {
    const at = await file(name, rows(10_000));
    await using rig = await replay([{ path: at, symbol: 'EURUSD.x', digits: 5 }]);
    const ticks = await rig.publish.count(10_000);
    expect(ticks.map((it) => [it.time, it.ordinal])).toEqual(Array.from({ length: 10_000 }, (_, i) => [T + Math.floor(i / 3), i % 3]));
    expect(ticks[1]).toMatchObject({ symbol: 'EURUSD', bid: 1.00001, ask: 1.10001 });
    expect(ticks.some((it) => (it.flags & TickFlag.late) !== 0)).toBe(false);
    expect(rig.publish.sources.get('mt5:replay')?.symbols.get('EURUSD')?.options.rawName).toBe('EURUSD.x');
    await settled(rig, () => rig.counters['finished'] === 1);
    expect(rig.detail).toBe('replay of 1 file, finished; 1 terminal (replay), 1 symbol, live');
    expect(rig.counters).toMatchObject({ ticksTaken: 10_000, ticksGaps: 0, ticksDuplicates: 0, ticksOutOfOrder: 0 });
  });

  it('several files come out in time order over their symbols', async () => {
    const a = await file('order-a.csv', rows(3_000, { stepMs: 7 }));
    const b = await file('order-b.csv', rows(3_000, { from: T + 500, stepMs: 3, same: 1 }));
    await using rig = await replay([
      { path: a, symbol: 'EURUSD' },
      { path: b, symbol: 'XAUUSD', digits: 3 },
    ]);
    const ticks = await rig.publish.count(6_000);
    for (let i = 1; i < ticks.length; i++) expect(ticks[i]?.time).toBeGreaterThanOrEqual(ticks[i - 1]?.time ?? 0);
  });

  it('several files of one symbol come one after the other; what lies before the end of the one before is told', async () => {
    const a = await file('day-1.csv', rows(300));
    const b = await file('day-2.csv', rows(300, { from: T + 90 }));
    await using rig = await replay([
      { path: a, symbol: 'EURUSD' },
      { path: b, symbol: 'EURUSD' },
    ]);
    await settled(rig, () => rig.counters['finished'] === 1);
    expect(rig.publish.ticks).toHaveLength(573);
    expect(rig.log.text).toContain('27 ticks lie before the end of the file before it');
  });

  it('flags say what changed', async () => {
    const at = await file('flags.csv', 'time_msc,bid,ask\n5,1,2\n6,1,3\n7,0.5,3\n8,0.5,3\n9,1,2\n');
    await using rig = await replay([{ path: at, symbol: 'EURUSD' }]);
    expect((await rig.publish.count(5)).map((it) => it.flags)).toEqual([6, 4, 2, 6, 6]);
  });

  it('last and volume come through', async () => {
    const at = await file('last.csv', 'time_msc,bid,ask,last,volume\n5,1,2,1.5,0.25\n');
    await using rig = await replay([{ path: at, symbol: 'IBM', digits: 2 }]);
    expect(await rig.publish.count(1)).toMatchObject([{ last: 1.5, volume: 0.25 }]);
  });
});

describe('after a restart', () => {
  it('goes on from the cursor, in the middle of a millisecond, without a loss or a double', async () => {
    const at = await file('resume.csv.zst', rows(5_000));
    const other = await file('resume-b.csv', rows(2_000, { stepMs: 2 }));
    const files = [
      { path: at, symbol: 'EURUSD' },
      { path: other, symbol: 'XAUUSD' },
    ];
    const whole: string[] = [];
    {
      await using rig = await replay(files);
      await rig.publish.count(7_000);
      whole.push(...rig.publish.ticks.map(identity));
    }
    const pieces: TestTick[] = [];
    const cursors = new Map<string, { time: number; same: number }>();
    for (const upTo of [1, 1_000, 3_333, 7_000]) {
      const publish = new TestPublish(new TestGate());
      for (const [key, cursor] of cursors) publish.cursors.set(key, cursor);
      publish.congestAt = upTo - pieces.length;
      await using rig = await replay(files, {}, { publish });
      await publish.count(Math.min(7_000, upTo) - pieces.length);
      await rig.stop();
      pieces.push(...publish.ticks);
      for (const [name, symbol] of rig.publish.sources.get('mt5:replay')?.symbols ?? []) cursors.set(`mt5:replay/${name}`, symbol.cursor);
      expect(rig.counters['ticksDuplicates']).toBe(0);
    }
    expect(pieces.length).toBe(7_000);
    expect(new Set(pieces.map(identity)).size).toBe(7_000);
    for (const symbol of ['EURUSD', 'XAUUSD']) {
      const of = (all: string[]): string[] => all.filter((it) => it.startsWith(symbol));
      expect(of(pieces.map(identity))).toEqual(of(whole));
    }
  });

  it('in a loop goes on in the loop it was in', async () => {
    const at = await file('loop.csv', rows(90));
    const publish = new TestPublish(new TestGate());
    publish.cursors.set('mt5:replay/EURUSD', { time: T + 2 * 1_029 + 5, same: 2 });
    publish.congestAt = 100;
    await using rig = await replay([{ path: at, symbol: 'EURUSD' }], { loop: true }, { publish });
    const ticks = await rig.publish.count(100);
    expect(ticks[0]).toMatchObject({ time: T + 2 * 1_029 + 5, ordinal: 2 });
    expect(ticks[1]).toMatchObject({ time: T + 2 * 1_029 + 6, ordinal: 0 });
    expect(ticks[90 - 17]).toMatchObject({ time: T + 3 * 1_029, ordinal: 0 });
  });
});

describe('paced', () => {
  it('stamped as of now, ticks come when they are due, with the times between them', async () => {
    const at = await file('paced.csv', rows(100, { stepMs: 10, same: 1 }));
    const clock = new ManualClock();
    const began = clock.now();
    await using rig = await startRig({
      config: { mode: 'replay', files: [{ path: at, symbol: 'EURUSD' }], speed: 1, startAt: 'now' },
      clock,
    });
    await settled(rig, () => rig.publish.ticks.length === 1);
    for (const ms of [95, 300, 800]) {
      const due = Math.min(100, Math.floor((clock.now() + ms - began) / 10) + 1);
      for (let i = 0; i < ms; i += 5) {
        clock.advance(5);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await settled(rig, () => rig.publish.ticks.length >= due);
      expect(rig.publish.ticks.length).toBe(due);
    }
    expect(rig.publish.ticks.map((it) => it.time - began)).toEqual(Array.from({ length: 100 }, (_, i) => i * 10));
  });

  it('stamped as of now, a restart finds the same ticks under the same times; the time between is backfill', async () => {
    const at = await file('restart.csv', rows(1_000, { stepMs: 10, same: 2 }));
    const config = { mode: 'replay', files: [{ path: at, symbol: 'EURUSD' }], speed: 2, startAt: 'now' };
    const store = new TestStore();
    const clock = new ManualClock();
    const began = clock.now();
    const cursors = new Map<string, { time: number; same: number }>();
    {
      await using rig = await startRig({ config, clock, store });
      await settled(rig, () => rig.publish.ticks.length === 2);
      cursors.set('mt5:replay/EURUSD', { time: began, same: 1 });
    }
    clock.advance(1_000);
    const publish = new TestPublish(new TestGate());
    for (const [key, cursor] of cursors) publish.cursors.set(key, cursor);
    await using rig = await startRig({ config, clock, store, publish });
    // 1 s at double speed: 200 steps of 10 ms, two ticks each, one of them taken before.
    await settled(rig, () => publish.ticks.length === 401);
    expect(publish.ticks[0]).toMatchObject({ time: began, ordinal: 1 });
    expect(publish.ticks[1]).toMatchObject({ time: began + 5, ordinal: 0 });
    expect(publish.ticks.every((it) => (it.flags & TickFlag.late) !== 0)).toBe(true);
    expect(rig.counters['ticksDuplicates']).toBe(0);
  });

  it('recorded times at 100x take a hundredth of the time', async () => {
    const at = await file('fast.csv', rows(300, { stepMs: 100, same: 1 }));
    const clock = new ManualClock();
    await using rig = await startRig({
      config: { mode: 'replay', files: [{ path: at, symbol: 'EURUSD' }], speed: 100, startAt: 'recorded' },
      clock,
    });
    await settled(rig, () => rig.publish.ticks.length >= 1);
    for (let i = 0; i < 100; i++) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settled(rig, () => rig.publish.ticks.length >= 101);
    expect(rig.publish.ticks.length).toBeLessThan(110);
    expect(rig.publish.ticks[50]?.time).toBe(T + 5_000);
  });
});

describe('the host’s limits', () => {
  it('a congested host holds the replay up', async () => {
    const at = await file('congested.csv', rows(20_000));
    const publish = new TestPublish(new TestGate());
    publish.congestAt = 100;
    await using rig = await replay([{ path: at, symbol: 'EURUSD' }], {}, { publish });
    await settled(rig, () => publish.congested);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(publish.ticks.length).toBeLessThan(1_000);
    publish.relieve();
    await publish.count(20_000);
  });

  it('a symbol held back is not read; opened later, it joins from where the market is', async () => {
    const a = await file('gate-a.csv', rows(9_000));
    const b = await file('gate-b.csv', rows(9_000));
    const publish = new TestPublish(new TestGate((symbol) => symbol === 'EURUSD'));
    publish.congestAt = 3_000;
    await using rig = await replay(
      [
        { path: a, symbol: 'EURUSD' },
        { path: b, symbol: 'XAUUSD' },
      ],
      { maxBackfillMs: 0 },
      { publish },
    );
    await settled(rig, () => publish.congested);
    expect(publish.ticks.every((it) => it.symbol === 'EURUSD')).toBe(true);
    rig.gate.set('XAUUSD', true);
    publish.relieve();
    await settled(rig, () => rig.counters['finished'] === 1);
    const gold = publish.ticks.filter((it) => it.symbol === 'XAUUSD');
    expect(gold.length).toBeGreaterThan(5_000);
    expect(gold.length).toBeLessThan(6_100);
    expect(gold.at(-1)).toMatchObject({ time: T + 2_999, ordinal: 2 });
  });
});

describe('bad files', () => {
  it('a missing one is named; the others are played', async () => {
    const at = await file('good.csv', rows(30));
    await using rig = await replay([
      { path: path.join(folder, 'missing.csv'), symbol: 'XAUUSD' },
      { path: at, symbol: 'EURUSD' },
    ]);
    await rig.publish.count(30);
    expect(rig.detail).toContain('missing.csv: there is no such file');
    expect(rig.plugin.status?.().status).toBe('degraded');
  });

  it('when none can be read, the start fails with the file’s name', async () => {
    await expect(replay([{ path: path.join(folder, 'missing.csv'), symbol: 'XAUUSD' }])).rejects.toMatchObject({
      code: 'DATA_FILE',
      message: expect.stringContaining('missing.csv'),
    });
    const empty = await file('empty.csv', 'time_msc,bid,ask\n');
    await expect(replay([{ path: empty, symbol: 'XAUUSD' }])).rejects.toThrow(/empty.csv: there is no tick/);
  });

  it('bad lines are named, skipped and counted', async () => {
    const at = await file('lines.csv', `${rows(30)}what\n${T + 1_000},1.1,1.2\n${T},1,2\n`);
    await using rig = await replay([{ path: at, symbol: 'EURUSD' }]);
    await rig.publish.count(31);
    await settled(rig, () => rig.counters['finished'] === 1);
    expect(rig.log.text).toContain(`${at}, line 32: time_msc is not a number; the line is skipped`);
    expect(rig.log.text).toContain('line 34: time goes back');
    expect(rig.counters['badLines']).toBe(2);
  });

  it('one that is damaged half-way is played up to there, and named', async () => {
    const at = path.join(folder, 'damaged.csv.gz');
    const packed = gzipSync(rows(50_000));
    await writeFile(at, packed.subarray(0, packed.length / 2));
    await using rig = await replay([{ path: at, symbol: 'EURUSD' }]);
    await settled(rig, () => rig.counters['finished'] === 1);
    expect(rig.publish.ticks.length).toBeGreaterThan(1_000);
    expect(rig.publish.ticks.length).toBeLessThan(50_000);
    expect(rig.detail).toContain('damaged.csv.gz: it is damaged');
  });

  it.each([
    [{ mode: 'replay' }, /at least one file/],
    [{ mode: 'replay', files: [{ path: 'a', symbol: 'A' }], speed: 'full' }, /startAt/],
    [{ mode: 'replay', files: [{ path: 'a', symbol: 'A' }], speed: 0 }, /speed/],
    [{ token: 'the-token-itself-in-the-config' }, /reference/],
    [{ utcOffset: 'Europe/Athen' }, /IANA/],
    [{ port: 70_000 }, /65535/],
    [{ prot: 1 }, /prot/],
  ])('a config of %j is refused with the reason', (config, why) => {
    expect(() => Config.parse(config)).toThrow(why);
  });
});

it('plays a tick export of MetaTrader 5: the broker’s times with their own offsets, and its flags', async () => {
  const at = await file(
    'EURUSD_202603270000_202603302359.csv',
    '<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\r\n2026.03.27\t23:59:59.900\t1.10001\t1.10011\t\t\t6\r\n2026.03.30\t00:00:00.100\t1.10002\t\t\t\t2\r\n2026.03.30\t00:00:00.100\t\t1.10012\t\t\t4\r\n',
  );
  await using rig = await replay([{ path: at, symbol: 'EURUSD' }], { utcOffset: 'EET-EU' });
  const ticks = await rig.publish.count(3);
  expect(
    ticks.map(({ time, ordinal, bid, ask, flags, utcOffsetMs }) => [
      new Date(time).toISOString(),
      ordinal,
      bid,
      ask,
      flags & 6,
      utcOffsetMs / 3_600_000,
    ]),
  ).toEqual([
    ['2026-03-27T23:59:59.900Z', 0, 1.10001, 1.10011, 6, 2],
    ['2026-03-30T00:00:00.100Z', 0, 1.10002, 1.10011, 2, 3],
    ['2026-03-30T00:00:00.100Z', 1, 1.10002, 1.10012, 4, 3],
  ]);
});

it('plays the demo that ships with the plugin', async () => {
  await using rig = await replay([
    { path: 'demo/EURUSD.csv.zst', symbol: 'EURUSD', digits: 5 },
    { path: 'demo/XAUUSD.csv.zst', symbol: 'XAUUSD', digits: 3 },
  ]);
  await settled(rig, () => rig.counters['finished'] === 1);
  expect(rig.counters).toMatchObject({ 'replay.EURUSD.taken': 73_520, 'replay.XAUUSD.taken': 394_759, badLines: 0 });
  const ordinals = rig.publish.ticks.filter((it) => it.ordinal > 0).length;
  expect(ordinals).toBeGreaterThan(10_000);
});
