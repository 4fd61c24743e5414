/** How each terminal is, in words and states, and what is done about ticks that stay away: over real sockets, with a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import type { SourceHealth } from '@tickhub/plugin-sdk';
import { encodeSymbol } from '../src/link/encode.ts';
import { TicksFlag } from '../src/link/wire.ts';
import type { TradingSession } from '../src/link/frames.ts';
import type { ManualClock } from './doubles.ts';
import { settled, startRig, type Rig } from './rig.ts';
import { ScriptedEa, specOf } from './scripted-ea.ts';

const HOUR_S = 3_600;
const DAY_S = 86_400;
/** Monday 0:05 to Friday 23:55, with a pause each night, by the broker's clock (UTC+2 here). */
const WEEK: readonly TradingSession[] = [1, 2, 3, 4, 5].map((day) => ({ opens: day * DAY_S + 300, closes: day * DAY_S + 86_100 }));

class Desk {
  readonly rig: Rig<ManualClock>;
  readonly ea: ScriptedEa;
  #ping = 1n;
  #seq = new Map<number, number>();

  private constructor(rig: Rig<ManualClock>, ea: ScriptedEa) {
    this.rig = rig;
    this.ea = ea;
  }

  /** An EA in protocol 2 whose symbols are traded in `sessions`, and have been asked for. */
  static async open(rig: Rig<ManualClock>, sessions = WEEK, symbols = ['EURUSD'], eaId = 'demo-1'): Promise<Desk> {
    const timeGmt = Math.floor(rig.clock.now() / 1_000);
    const ea = await ScriptedEa.connected(rig.port, [], { proto: 2, eaId, timeGmt, timeTradeServer: timeGmt + 2 * HOUR_S });
    const desk = new Desk(rig, ea);
    for (const [i, name] of symbols.entries()) ea.write(encodeSymbol(specOf(i + 1, name, { sessions })));
    for (const _ of symbols) await ea.next('sub');
    await desk.pass(0);
    return desk;
  }

  /** Time passes in seconds, each with a PING of the EA. */
  async pass(seconds: number, report: { connected?: boolean } = {}): Promise<void> {
    for (let s = 0; s <= seconds; s++) {
      const timeGmt = Math.floor(this.rig.clock.now() / 1_000);
      this.ea.ping({ timeGmt, timeTradeServer: timeGmt + 2 * HOUR_S, ...report }, this.#ping++);
      await this.ea.next('pong');
      if (s < seconds) this.rig.clock.advance(1_000);
    }
  }

  /** A tick now. */
  async tick(symIdx = 1, flags = 0): Promise<void> {
    const seq = (this.#seq.get(symIdx) ?? 0) + 1;
    this.#seq.set(symIdx, seq);
    this.ea.ticks(symIdx, seq, [{ time: this.rig.clock.now() + 2 * HOUR_S * 1_000 }], flags);
    await this.rig.publish.count(this.rig.publish.ticks.length + 1);
  }

  /** `n` ticks, one each `everyS` seconds. */
  async flow(n: number, everyS: number, symIdx = 1): Promise<void> {
    for (let i = 0; i < n; i++) {
      await this.tick(symIdx);
      await this.pass(everyS);
    }
  }
}

const start = (): Promise<Rig<ManualClock>> => startRig({ config: { bars: { days: 0, hourlyDays: 0 } } });

function healthOf(rig: Rig<ManualClock>, eaId = 'demo-1'): SourceHealth {
  const health = rig.plugin.status?.().sources?.find(({ source }) => source === `mt5:${eaId}`);
  if (health === undefined) throw new Error(`no health of ${eaId}`);
  return health;
}

describe('four different things', () => {
  it('the EA is gone: by its own hand', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(3, 1);
    desk.ea.vanish();
    await settled(rig, () => healthOf(rig).state === 'disconnected');
    const since = rig.clock.now();
    rig.clock.advance(12_000);
    expect(healthOf(rig)).toMatchObject({ state: 'disconnected', since, nextAttemptAt: null, lastDataAt: since - 1_000 });
    expect(healthOf(rig).detail).toContain('the EA has been gone for 12 s, the market is open');
    expect(rig.plugin.status?.().status).toBe('degraded');
  });

  it('the EA is silent: the connection is there, nothing comes', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(3, 1);
    desk.ea.answersPings = false;
    rig.clock.advance(12_000);
    expect(healthOf(rig)).toMatchObject({ state: 'disconnected' });
    expect(healthOf(rig).detail).toContain('the EA has been silent for 12 s, the market is open');
  });

  it('the broker is disconnected: the EA is well', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(3, 1);
    await desk.pass(12, { connected: false });
    expect(healthOf(rig)).toMatchObject({ state: 'unreachable' });
    expect(healthOf(rig).detail).toMatch(/^the broker has been disconnected for 12 s, the market is open: look at/);
    // Nothing is to be asked of a terminal without a broker.
    await desk.pass(120, { connected: false });
    expect(desk.ea.heard.filter(({ type }) => type === 'unsub')).toEqual([]);
  });

  it('the market is closed: all is well, and it says until when', async () => {
    await using rig = await start();
    rig.clock.advance(9.9 * HOUR_S * 1_000); // 23:54 by the broker's clock
    const desk = await Desk.open(rig);
    await desk.flow(59, 1);
    expect(healthOf(rig).state).toBe('ok');
    await desk.pass(90);
    expect(healthOf(rig)).toMatchObject({ state: 'closed', detail: 'the market is closed until 2026-01-05 22:05 UTC' });
    expect(rig.plugin.status?.()).toMatchObject({ status: 'ok', detail: expect.stringContaining('the market is closed') });
    await desk.pass(100);
    expect(desk.ea.heard.filter(({ type }) => type === 'unsub')).toEqual([]);
  });

  it('and over a weekend that begins with the EA gone, it is the EA', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    desk.ea.vanish();
    await settled(rig, () => healthOf(rig).state === 'disconnected');
    rig.clock.advance(5.5 * DAY_S * 1_000);
    expect(healthOf(rig).detail).toMatch(/^the EA has been gone for 132 h, the market is closed: is the terminal running/);
  });
});

describe('ticks that stay away while the market is open', () => {
  it('are told by their usual cadence; the symbol is asked for again from its cursor, then the connection is made anew', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(30, 1);
    await desk.pass(13);
    expect(healthOf(rig).state).toBe('ok');
    await desk.pass(3);
    expect(healthOf(rig).state).toBe('stale');
    expect(healthOf(rig).detail).toMatch(/^no tick for 1\d s, usually one each 1\.0 s, and the market is open/);
    const { sub } = await desk.ea.next('sub');
    expect(sub.cursor).toEqual({ time: rig.publish.ticks.at(-1)?.time, same: 1 });
    expect(rig.log.text).toContain('EURUSD: no tick for 16 s though the market is open; asking for them again');
    const { nextAttemptAt } = healthOf(rig);
    expect((nextAttemptAt ?? 0) - rig.clock.now()).toBeGreaterThan(25_000);
    desk.ea.ticks(1, 100, [], TicksFlag.backfill | TicksFlag.end);
    await desk.pass(26);
    expect(rig.counters['terminals']).toBe(1);
    for (let s = 0; s < 9 && rig.counters['terminals'] === 1; s++) rig.clock.advance(1_000);
    await desk.ea.closed;
    expect(rig.log.text).toContain('asking again did not help; making the connection anew');
  });

  it('from the very beginning are missed after five minutes; a new connection gets the same time, and ticks end the matter', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    desk.ea.ticks(1, 1, [], TicksFlag.backfill | TicksFlag.end);
    await desk.pass(290);
    expect(healthOf(rig)).toMatchObject({ state: 'waiting', detail: 'no tick has come yet' });
    await desk.pass(20);
    expect(healthOf(rig)).toMatchObject({ state: 'stale', detail: expect.stringMatching(/^no tick for 5 min, and the market is open/) });
    await desk.ea.next('sub');
    desk.ea.ticks(1, 100, [], TicksFlag.backfill | TicksFlag.end);
    for (let s = 0; s < 60 && rig.counters['terminals'] === 1; s++) {
      const timeGmt = Math.floor(rig.clock.now() / 1_000);
      desk.ea.ping({ timeGmt, timeTradeServer: timeGmt + 2 * HOUR_S }, 9_000n + BigInt(s));
      await Promise.race([desk.ea.next('pong').catch(() => undefined), desk.ea.closed]);
      rig.clock.advance(1_000);
    }
    await desk.ea.closed;
    const again = await Desk.open(rig);
    again.ea.ticks(1, 1, [], TicksFlag.backfill | TicksFlag.end);
    await again.pass(290);
    expect(rig.log.lines.filter(({ message }) => message.includes('asking for them again'))).toHaveLength(1);
    await again.tick();
    await again.pass(2);
    expect(healthOf(rig).state).toBe('ok');
  }, 60_000);

  it('of a slow symbol are given its own time', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(25, 20);
    await desk.pass(50);
    expect(healthOf(rig).state).toBe('ok');
    await desk.pass(20);
    expect(healthOf(rig)).toMatchObject({ state: 'stale', detail: expect.stringContaining('usually one each 20 s') });
  });

  it('of one symbol among others: the terminal is well, the symbol is named and asked for again', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig, WEEK, ['EURUSD', 'GBPUSD']);
    for (let i = 0; i < 25; i++) {
      await desk.tick(1);
      await desk.tick(2);
      await desk.pass(1);
    }
    await desk.flow(20, 1, 1);
    expect(healthOf(rig)).toMatchObject({ state: 'ok', detail: '2 symbols, live; silent for longer than usual: GBPUSD' });
    expect((await desk.ea.next('sub')).sub.symIdx).toBe(2);
    expect(rig.counters['terminals']).toBe(1);
  });

  it('right after the opening have the time that they always have', async () => {
    await using rig = await start();
    rig.clock.advance(9.9 * HOUR_S * 1_000);
    const desk = await Desk.open(rig);
    await desk.flow(30, 1);
    await desk.pass(700); // past midnight, to half a minute before and then after the opening
    expect(healthOf(rig).state).toBe('stale');
    await using other = await start();
    other.clock.advance(9.9 * HOUR_S * 1_000);
    const early = await Desk.open(other);
    await early.flow(30, 1);
    await early.pass(638);
    expect(healthOf(other).state).toBe('ok');
  });

  it('of symbols whose sessions nobody knows are no fault, but worth a word', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig, []);
    await desk.flow(30, 1);
    await desk.pass(40);
    expect(healthOf(rig).state).toBe('waiting');
    expect(healthOf(rig).detail).toMatch(/^no tick for 4\d s, usually one each 1\.0 s \(market closed\?\)$/);
    expect(desk.ea.heard.filter(({ type }) => type === 'unsub')).toEqual([]);
  });

  it('while the host is congested are the host’s affair', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(30, 1);
    rig.publish.congested = true;
    desk.ea.ping();
    await settled(rig, () => rig.detail.includes('held up'));
    rig.clock.advance(60_000);
    expect(healthOf(rig)).toMatchObject({ state: 'waiting', detail: 'the host cannot take more: it is held up' });
    expect(desk.ea.heard.filter(({ type }) => type === 'unsub')).toEqual([]);
    rig.publish.relieve();
  });
});

describe('two brokers of one symbol', () => {
  it('are two sources with offsets, cursors and health of their own', async () => {
    await using rig = await start();
    const one = await Desk.open(rig, WEEK, ['EURUSD'], 'one');
    const two = await Desk.open(rig, WEEK, ['EURUSD'], 'two');
    await one.tick();
    await two.tick();
    await two.tick();
    one.ea.vanish();
    await settled(rig, () => healthOf(rig, 'one').state === 'disconnected');
    await two.pass(5);
    await two.tick();
    expect(healthOf(rig, 'two').state).toBe('ok');
    expect(rig.detail).toMatch(/^one: the EA has been gone for 5 s/);
    expect(rig.counters).toMatchObject({ 'one.EURUSD.taken': 1, 'two.EURUSD.taken': 3, terminals: 1 });
    expect([...rig.publish.sources.keys()]).toEqual(['mt5:one', 'mt5:two']);
  });
});

describe('the clocks', () => {
  it('a PC whose clock jumps by an hour keeps the offset that long held, and says what is wrong', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig, []);
    await desk.tick();
    await desk.pass(3_700);
    const server = (): number => Math.floor((rig.clock.now() - leapt) / 1_000) + 2 * HOUR_S;
    const leapt = HOUR_S * 1_000;
    rig.clock.leap(leapt);
    for (let i = 0; i < 5; i++) {
      desk.ea.ping({ timeGmt: Math.floor(rig.clock.now() / 1_000), timeTradeServer: server() }, BigInt(10_000 + i));
      await desk.ea.next('pong');
      rig.clock.advance(1_000);
    }
    expect(rig.publish.sources.get('mt5:demo-1')?.utcOffsetMs).toBe(2 * HOUR_S * 1_000);
    expect(rig.log.text).toContain("this PC's clock went ahead by 60 min: it slept, or its clock was set");
    expect(rig.detail).toContain("the offset of the broker's clock stays UTC+2: set this PC's clock right");
    expect(rig.plugin.status?.().status).toBe('degraded');
  }, 60_000);

  it('a PC whose clock is some minutes off is told so, and when it is right again no more', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig, []);
    const ping = async (seq: bigint, off: number): Promise<void> => {
      const timeGmt = Math.floor(rig.clock.now() / 1_000);
      desk.ea.ping({ timeGmt, timeTradeServer: timeGmt + 2 * HOUR_S + off }, seq);
      await desk.ea.next('pong');
    };
    await ping(100n, -420);
    expect(rig.detail).toContain("by the broker's clock this PC's is 7 min ahead: set it right");
    await ping(101n, 0);
    expect(rig.detail).not.toContain('set it right');
  });

  it('a laptop that slept for an hour is no silence of the EA’s, and no storm of timers', async () => {
    await using rig = await start();
    const desk = await Desk.open(rig);
    await desk.flow(30, 1);
    const pings = desk.ea.heard.filter(({ type }) => type === 'ping').length;
    rig.clock.jump(HOUR_S * 1_000);
    await desk.pass(1);
    expect(rig.counters['terminals']).toBe(1);
    expect(desk.ea.heard.filter(({ type }) => type === 'ping').length - pings).toBeLessThan(4);
    desk.ea.ticks(
      1,
      31,
      [{ time: rig.clock.now() + 2 * HOUR_S * 1_000 - 1_800_000 }, { time: rig.clock.now() + 2 * HOUR_S * 1_000 }],
      TicksFlag.backfill | TicksFlag.end,
    );
    await rig.publish.count(32);
    await desk.pass(5);
    expect(healthOf(rig).state).toBe('ok');
    expect(rig.counters).toMatchObject({ ticksGaps: 0, ticksLate: 2 });
  });
});
