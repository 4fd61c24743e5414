/** Order books, account, positions and bars, over real sockets against a scripted EA. */
import { describe, expect, it } from 'vitest';
import { encodeSymbol } from '../src/link/encode.ts';
import { encodeAccount, encodeBars, encodeBook, encodePositions } from '../src/link/rich-frames.ts';
import { TicksFlag } from '../src/link/wire.ts';
import type { BarsFrame, PositionEntry, Rate } from '../src/link/frames.ts';
import { TestGate, TestStore, type ManualClock } from './doubles.ts';
import { settled, startRig, subscribed, type Rig } from './rig.ts';
import { ScriptedEa, specOf } from './scripted-ea.ts';

/** Broker time of the clock's begin, 2026-01-05 12:00 UTC, at UTC+2. */
const WALL = Date.UTC(2026, 0, 5, 14);
const UTC = WALL - 7_200_000;
const RICH = { proto: 2 };
const BACKFILL_END = TicksFlag.backfill | TicksFlag.end;

/** A symbol that is announced in protocol 2, and asked for. */
async function richEa(rig: Rig<ManualClock>, symbols = ['EURUSD']): Promise<ScriptedEa> {
  const ea = await ScriptedEa.connected(rig.port, [], RICH);
  for (const [i, name] of symbols.entries()) ea.write(encodeSymbol(specOf(i + 1, name, { sessions: [], bookDepth: 10 })));
  return ea;
}

const records = (rig: Rig<ManualClock>, stream: string) => rig.publish.records.filter((it) => it.stream === stream).map((it) => it.record);
const bookOf = (bid: number, timeMsc = WALL) => ({
  timeMsc,
  levels: [
    { type: 1, price: bid + 0.0002, volume: 3 },
    { type: 1, price: bid + 0.0001, volume: 2 },
    { type: 3, price: 0, volume: 9 },
    { type: 2, price: bid - 0.0001, volume: 4 },
    { type: 2, price: bid, volume: 1.5 },
  ],
});

describe('order books', () => {
  it('are asked for where the config names the symbol, and are published best prices first, in UTC', async () => {
    await using rig = await startRig({ config: { book: { symbols: ['EURUSD'], levels: 2 } } });
    const ea = await richEa(rig, ['EURUSD', 'GBPUSD']);
    expect((await ea.next('welcome')).welcome).toMatchObject({ proto: 2, bookMs: 200, share: 0 });
    expect([(await ea.next('sub')).sub.wants, (await ea.next('sub')).sub.wants]).toEqual([3, 1]);
    ea.write(encodeBook(1, bookOf(1.1)));
    await settled(rig, () => records(rig, 'book').length === 1);
    expect(records(rig, 'book')[0]).toEqual({
      time: UTC,
      symbol: 'EURUSD',
      source: 'mt5:demo-1',
      body: {
        bids: [
          [1.1, 1.5],
          [1.1 - 0.0001, 4],
        ],
        asks: [
          [1.1 + 0.0001, 2],
          [1.1 + 0.0002, 3],
        ],
      },
    });
  });

  it('are state: of those that come too fast the newest is published, at the configured rate', async () => {
    await using rig = await startRig({ config: { book: { symbols: 'all', perSecond: 5 } } });
    const ea = await richEa(rig);
    await ea.next('sub');
    for (let i = 1; i <= 50; i++) ea.write(encodeBook(1, bookOf(i)));
    ea.ping();
    await ea.next('pong');
    expect(records(rig, 'book')).toHaveLength(1);
    rig.clock.advance(199);
    expect(records(rig, 'book')).toHaveLength(1);
    rig.clock.advance(1);
    expect(records(rig, 'book').map((it) => (it.body['bids'] as number[][])[0]?.[0])).toEqual([1, 50]);
    expect(rig.plugin.status?.().sources?.[0]?.counters).toMatchObject({ booksPublished: 2, booksConflated: 48 });
  });

  it('wait while the host is congested, and are then the newest', async () => {
    await using rig = await startRig({ config: { book: { symbols: 'all' } } });
    const ea = await richEa(rig);
    await ea.next('sub');
    rig.publish.congested = true;
    ea.write(Buffer.concat([encodeBook(1, bookOf(1)), encodeBook(1, bookOf(2))].map((it) => Buffer.from(it))));
    await settled(rig, () => rig.detail.includes('held up'));
    expect(records(rig, 'book')).toEqual([]);
    rig.publish.relieve();
    await settled(rig, () => records(rig, 'book').length === 1);
    expect(records(rig, 'book')[0]?.body['bids']).toMatchObject([
      [2, 1.5],
      [2 - 0.0001, 4],
    ]);
  });

  it('of a symbol that the tier holds back are not published', async () => {
    await using rig = await startRig({ config: { book: { symbols: 'all' } }, gate: new TestGate((symbol) => symbol !== 'GBPUSD') });
    const ea = await richEa(rig, ['EURUSD', 'GBPUSD']);
    await ea.next('sub');
    ea.write(encodeBook(2, bookOf(1)));
    ea.write(encodeBook(1, bookOf(1)));
    await settled(rig, () => records(rig, 'book').length === 1);
    expect(records(rig, 'book')[0]?.symbol).toBe('EURUSD');
    expect(rig.plugin.status?.().sources?.[0]?.counters).toMatchObject({ booksHeldBack: 1 });
  });

  it('nobody asked for, or with a price that is none, go no further', async () => {
    await using rig = await startRig({ config: { book: { symbols: ['EURUSD'] } } });
    const ea = await richEa(rig, ['EURUSD', 'GBPUSD']);
    await ea.next('sub');
    ea.write(encodeBook(2, bookOf(1)));
    ea.write(encodeBook(1, { timeMsc: WALL, levels: [{ type: 1, price: NaN, volume: 1 }] }));
    ea.ping();
    await ea.next('pong');
    expect(records(rig, 'book')).toEqual([]);
    expect(rig.plugin.status?.().sources?.[0]?.counters).toMatchObject({ booksInvalid: 1 });
  });
});

const ACCOUNT = {
  timeMsc: WALL,
  mode: 2,
  leverage: 100,
  balance: 1_000,
  equity: 990,
  margin: 50,
  freeMargin: 940,
  profit: -10,
  currency: 'EUR',
};
const POSITION: PositionEntry = {
  ticket: 9_007_199_254_740_993n,
  side: 'sell',
  volume: 0.1,
  openedMsc: WALL - 60_000,
  openPrice: 1.1,
  currentPrice: 1.2,
  stopLoss: 0,
  takeProfit: 1.05,
  profit: -10,
  swap: -0.5,
  symbol: 'EURUSDm',
};

describe('the account', () => {
  it('is not asked for by default, and what comes unasked goes no further', async () => {
    await using rig = await startRig();
    const ea = await richEa(rig);
    expect((await ea.next('welcome')).welcome.share).toBe(0);
    ea.write(encodeAccount(ACCOUNT));
    ea.write(encodePositions({ timeMsc: WALL, positions: [POSITION], cut: false }));
    ea.ping();
    await ea.next('pong');
    expect(rig.publish.records).toEqual([]);
    expect(rig.plugin.status?.().sources?.[0]?.counters).toMatchObject({ accountUnasked: 2 });
    expect(rig.log.text).not.toMatch(/1000|EURUSDm|9007199254740993/);
  });

  it('and its positions are published where the config shares them: hashed login, canonical symbols, UTC', async () => {
    await using rig = await startRig({ config: { share: ['account', 'positions'] } });
    const ea = await ScriptedEa.connected(rig.port, [], { ...RICH, loginHash: 0xabcn });
    expect((await ea.next('welcome')).welcome.share).toBe(3);
    ea.write(encodeAccount(ACCOUNT));
    ea.write(encodePositions({ timeMsc: WALL, positions: [POSITION], cut: false }));
    await settled(rig, () => rig.publish.records.length === 2);
    const name = { account: '0000000000000abc' };
    const { timeMsc, mode, ...sums } = ACCOUNT;
    expect(records(rig, 'account')).toEqual([
      {
        time: timeMsc - 7_200_000,
        source: 'mt5:demo-1',
        body: { ...name, server: 'Broker-Demo', mode: mode === 2 ? 'real' : '', ...sums },
      },
    ]);
    const { openedMsc, ...rest } = POSITION;
    expect(records(rig, 'positions')).toEqual([
      {
        time: UTC,
        source: 'mt5:demo-1',
        body: {
          ...name,
          positions: [{ ...rest, ticket: '9007199254740993', symbol: 'EURUSD', openedAt: openedMsc - 7_200_000, stopLoss: null }],
        },
      },
    ]);
  });

  it('told again unchanged, after a reconnect, is no new record; one that is shared alone brings no other', async () => {
    await using rig = await startRig({ config: { share: ['positions'] } });
    for (let connection = 0; connection < 2; connection++) {
      const ea = await ScriptedEa.connected(rig.port, [], RICH);
      ea.write(encodeAccount(ACCOUNT));
      ea.write(encodePositions({ timeMsc: WALL + connection, positions: [], cut: false }));
      ea.ping();
      await ea.next('pong');
      ea.vanish();
      await settled(rig, () => rig.detail.includes('has been gone'));
    }
    expect(rig.publish.records.map((it) => it.stream)).toEqual(['positions']);
  });
});

const MINUTE = 60;
const rate = (time: number, over: Partial<Rate> = {}): Rate => ({
  time,
  open: 2,
  high: 4,
  low: 1,
  close: 3,
  ticks: 7,
  spread: 10,
  volume: 0,
  ...over,
});
const barsOf = (id: number, rates: Rate[], over: Partial<BarsFrame> = {}): Uint8Array =>
  encodeBars(1, { id, widthMs: 60_000, rates, more: false, failed: false, ...over });

describe('bars of the terminal', () => {
  const config = { bars: { widths: ['1m'], days: 1.5, hourlyDays: 0 } };

  it('are asked for once the ticks are up to date, a day of minutes at a time, and published once over, in UTC', async () => {
    await using rig = await startRig({ config });
    const ea = await richEa(rig);
    await ea.next('sub');
    ea.ping({ timeTradeServer: WALL / 1_000 + 30 });
    ea.ticks(1, 1, [{ time: WALL - 1_000 }], BACKFILL_END);
    const { symIdx, request } = await ea.next('bars');
    const now = WALL / 1_000;
    expect({ symIdx, ...request }).toMatchObject({
      symIdx: 1,
      widthMs: 60_000,
      from: now - 1.5 * 86_400 + MINUTE,
      to: now - 1.5 * 86_400 + 1_440 * MINUTE,
    });
    ea.write(barsOf(request.id, [rate(request.from)], { more: true }));
    ea.write(barsOf(request.id, [rate(request.from + MINUTE, { spread: 12, volume: 5 }), rate(request.from + 2 * MINUTE, { low: 9 })]));
    const second = (await ea.next('bars')).request;
    expect([second.from, second.to]).toEqual([request.to + MINUTE, now - MINUTE]);
    // The one that is still open is none yet.
    ea.write(barsOf(second.id, [rate(now - MINUTE), rate(now)]));
    await settled(rig, () => records(rig, 'bars').length === 3);
    const time = (request.from + MINUTE) * 1_000 - 7_200_000;
    expect(records(rig, 'bars')[1]).toEqual({
      time,
      symbol: 'EURUSD',
      key: `mt5:demo-1:EURUSD:60000:${time}`,
      source: 'mt5:demo-1',
      body: { widthMs: 60_000, side: 'bid', open: 2, high: 4, low: 1, close: 3, ticks: 7, volume: 5, spread: 12, closed: true },
    });
    expect(rig.plugin.status?.().sources?.[0]?.counters).toMatchObject({ barsPublished: 3, barsInvalid: 2 });
  });

  it('that are durable are not asked for again: a tick after them that is durable says so', async () => {
    const store = new TestStore();
    const now = WALL / 1_000;
    {
      await using rig = await startRig({ config, store });
      const ea = await richEa(rig);
      await ea.next('sub');
      ea.ping({ timeTradeServer: now });
      ea.ticks(1, 1, [{ time: WALL - 1_000 }], BACKFILL_END);
      for (let window = 0; window < 2; window++) {
        const { request } = await ea.next('bars');
        ea.write(barsOf(request.id, [rate(request.to)]));
      }
      await settled(rig, () => records(rig, 'bars').length === 2);
      rig.publish.sources.get('mt5:demo-1')?.commit();
      ea.ticks(1, 2, [{ time: WALL }]);
      await rig.publish.count(2);
      rig.publish.sources.get('mt5:demo-1')?.commit();
    }
    await using rig = await startRig({ config, store });
    const ea = await richEa(rig);
    await ea.next('sub');
    ea.ping({ timeTradeServer: now + 600 });
    ea.ticks(1, 1, [], BACKFILL_END);
    const { request } = await ea.next('bars');
    expect([request.from, request.to]).toEqual([now, now + 9 * MINUTE]);
  });

  it('that are not known to be durable are asked for again after a restart', async () => {
    const store = new TestStore();
    for (let run = 0; run < 2; run++) {
      await using rig = await startRig({ config, store });
      const ea = await richEa(rig);
      await ea.next('sub');
      ea.ping({ timeTradeServer: WALL / 1_000 });
      ea.ticks(1, 1, [{ time: WALL - 1_000 }], BACKFILL_END);
      const { request } = await ea.next('bars');
      expect(request.from).toBe(WALL / 1_000 - 1.5 * 86_400);
      ea.write(barsOf(request.id, [rate(request.from)]));
      await settled(rig, () => records(rig, 'bars').length === 1);
    }
  });

  it('that the terminal is still loading are asked for again later, and given up with a word', async () => {
    await using rig = await startRig({ config });
    const ea = await richEa(rig);
    await ea.next('sub');
    ea.ticks(1, 1, [], BACKFILL_END);
    for (let asked = 1; asked <= 6; asked++) {
      const { request } = await ea.next('bars');
      ea.write(barsOf(request.id, [], { failed: true }));
      ea.ping({}, BigInt(asked));
      await ea.next('pong');
      for (let s = 0; s < 5 * 2 ** (asked - 1); s++) {
        ea.ping({}, 100n);
        await ea.next('pong');
        rig.clock.advance(1_000);
      }
    }
    expect(rig.log.text).toContain('it gives no bars of EURUSD');
    expect(rig.plugin.status?.().sources?.[0]?.counters).toMatchObject({ barsGivenUp: 1 });
  });

  it('are asked for again where no answer comes, which excuses no more silence than a minute', async () => {
    await using rig = await startRig({ config });
    const ea = await richEa(rig);
    await ea.next('sub');
    ea.ticks(1, 1, [], BACKFILL_END);
    const { request } = await ea.next('bars');
    for (let s = 0; s < 65; s++) {
      ea.ping({}, BigInt(s));
      await ea.next('pong');
      rig.clock.advance(1_000);
    }
    expect((await ea.next('bars')).request).toMatchObject({ id: request.id + 1, from: request.from });
  });

  it.each([
    ['by itself, after the minutes', {}, [60_000, 3_600_000], 45],
    ['as far back as the longer of the two says', { widths: ['1h'], days: 60 }, [3_600_000], 60],
  ])('of an hour are asked for %s: models need them', async (_, bars, widths, days) => {
    await using rig = await startRig({ config: { bars } });
    const ea = await richEa(rig);
    await ea.next('sub');
    ea.ping({ timeTradeServer: WALL / 1_000 });
    ea.ticks(1, 1, [{ time: WALL - 1_000 }], BACKFILL_END);
    const asked: { widthMs: number; from: number }[] = [];
    while (new Set(asked.map(({ widthMs }) => widthMs)).size < widths.length) {
      const { request } = await ea.next('bars');
      asked.push(request);
      ea.write(encodeBars(1, { id: request.id, widthMs: request.widthMs, rates: [], more: false, failed: false }));
    }
    expect([...new Set(asked.map(({ widthMs }) => widthMs))]).toEqual(widths);
    const hours = asked.find(({ widthMs }) => widthMs === 3_600_000);
    expect(hours?.from).toBe(Math.ceil((WALL / 1_000 - days * 86_400) / 3_600) * 3_600);
  });

  it('are not asked of an EA of before, nor where the config wants none', async () => {
    await using rig = await startRig({ config });
    const old = await subscribed(rig);
    old.ticks(1, 1, [], BACKFILL_END);
    old.ping();
    await old.next('pong');
    expect(old.heard.some((it) => it.type === 'bars')).toBe(false);
    await using none = await startRig({ config: { bars: { days: 0, hourlyDays: 0 } } });
    const ea = await richEa(none);
    await ea.next('sub');
    ea.ticks(1, 1, [], BACKFILL_END);
    ea.ping();
    await ea.next('pong');
    expect(ea.heard.some((it) => it.type === 'bars')).toBe(false);
  });
});
