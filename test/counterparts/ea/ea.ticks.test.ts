import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { cursorAt, EaBench, endOfBackfill, gaps, slice, take } from './ea.fixture.ts';
import { Flag, readPing, readTicks, timeMscOf, Type } from './link-codec.ts';
import { TICK_BYTES } from './record.ts';

const opened = await EaBench.open();
const missing = 'missing' in opened ? opened.missing : undefined;

describe.skipIf(missing !== undefined)(
  `ticks from the compiled Expert Advisor${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    if ('missing' in opened) return;
    const bench = opened;
    const eurusd = await bench.record('EURUSD', gaps(20_000));
    afterEach(() => bench.reset());
    afterAll(() => bench.close());

    /** An EA that is welcomed and has announced its symbols. */
    async function connect(options: Partial<Parameters<EaBench['start']>[0]> = {}, welcome = {}) {
      const server = await bench.listen();
      const ea = bench.start({ port: server.port, symbols: [eurusd], ...options });
      const { peer, hello } = await server.welcome(welcome);
      await peer.next(Type.symbol);
      return { server, ea, peer, hello };
    }

    test('the whole history, byte for byte, in frames no larger than agreed, and its end marked once', async () => {
      const { peer } = await connect({}, { maxBatch: 100 });
      peer.sendSub(1);
      const { ticks, frames, nextSeq } = await take(peer, endOfBackfill, 1);
      expect(ticks.equals(eurusd.raw)).toBe(true);
      expect(nextSeq).toBe(eurusd.ticks + 1);
      expect(Math.max(...frames.map((f) => f.count))).toBe(100);
      expect(frames.slice(0, -1).every((f) => f.flags === Flag.backfill)).toBe(true);
      expect(frames.at(-1)?.flags).toBe(Flag.backfill | Flag.backfillEnd);
    });

    test('a cursor in the middle of a millisecond goes on with the very next tick', async () => {
      const { peer } = await connect();
      let seq = 1;
      for (const taken of [1, 2, 3, 9, 10, 11, 996, 997, 998, 9_999, 10_000, 10_001, 10_003, 19_990, 19_999]) {
        peer.sendSub(1, cursorAt(eurusd.raw, taken));
        const { ticks, nextSeq } = await take(peer, endOfBackfill, seq);
        expect(ticks.equals(slice(eurusd.raw, taken)), `after ${taken} ticks`).toBe(true);
        seq = nextSeq; // counted per connection, also over a second SUB
      }
    });

    test('a cursor at the very end brings an empty frame that ends the backfill', async () => {
      const { peer } = await connect();
      peer.sendSub(1, cursorAt(eurusd.raw, eurusd.ticks));
      const frame = readTicks(await peer.next(Type.ticks));
      expect(frame).toMatchObject({ count: 0, firstSeq: 1, flags: Flag.backfill | Flag.backfillEnd });
    });

    test('thousands of ticks in one millisecond, more than one round takes', async () => {
      const burst = await bench.record('BURST', [0, ...Array.from({ length: 9_999 }, (_, i) => (i < 9_500 ? 0 : 5))]);
      const { peer } = await connect({ symbols: [burst] });
      peer.sendSub(1);
      const whole = await take(peer, endOfBackfill, 1);
      expect(whole.ticks.equals(burst.raw)).toBe(true);
      peer.sendSub(1, { msc: timeMscOf(burst.raw, 0), same: 7_001 });
      expect((await take(peer, endOfBackfill)).ticks.equals(slice(burst.raw, 7_001))).toBe(true);
    });

    describe('maxBackfillMs', () => {
      const minutes = 10 * 60_000;

      /** Checks that what came is the end of the recording, from about `minutes` before the server's time on. */
      function expectLastMinutes(ticks: Buffer, startedAt: number): void {
        const n = ticks.length / TICK_BYTES;
        const from = eurusd.ticks - n;
        const end = timeMscOf(eurusd.raw, eurusd.ticks - 1);
        expect(ticks.equals(slice(eurusd.raw, from))).toBe(true);
        expect(n).toBeGreaterThan(100);
        expect(n).toBeLessThan(eurusd.ticks / 2);
        expect(timeMscOf(eurusd.raw, from)).toBeGreaterThanOrEqual(end - minutes - 1000); // TimeTradeServer has whole seconds
        expect(timeMscOf(eurusd.raw, from - 1)).toBeLessThan(end - minutes + (Date.now() - startedAt));
      }

      test('an old cursor starts later, and the first frame, only that, says so', async () => {
        const startedAt = Date.now();
        const { peer } = await connect();
        peer.sendSub(1, cursorAt(eurusd.raw, 5), minutes);
        const { ticks, frames } = await take(peer, endOfBackfill, 1);
        expectLastMinutes(ticks, startedAt);
        expect(frames[0]?.flags).toBe(Flag.backfill | Flag.truncated);
        expect(frames.slice(1).some((f) => (f.flags & Flag.truncated) !== 0)).toBe(false);
      });

      test('without a cursor nothing is truncated', async () => {
        const startedAt = Date.now();
        const { peer } = await connect();
        peer.sendSub(1, { msc: 0, same: 0 }, minutes);
        const { ticks, frames } = await take(peer, endOfBackfill, 1);
        expectLastMinutes(ticks, startedAt);
        expect(frames.some((f) => (f.flags & Flag.truncated) !== 0)).toBe(false);
      });

      test('a young cursor is kept', async () => {
        const { peer } = await connect();
        peer.sendSub(1, cursorAt(eurusd.raw, 19_900), minutes);
        const { ticks, frames } = await take(peer, endOfBackfill, 1);
        expect(ticks.equals(slice(eurusd.raw, 19_900))).toBe(true);
        expect(frames[0]?.flags).not.toBe(Flag.backfill | Flag.truncated);
      });

      test('a cursor at the newest tick is not truncated, however long the market has been closed', async () => {
        const { peer } = await connect({ marketStart: Date.now() - 86_400_000 });
        peer.sendSub(1, cursorAt(eurusd.raw, eurusd.ticks), minutes);
        expect(readTicks(await peer.next(Type.ticks)).flags).toBe(Flag.backfill | Flag.backfillEnd);
      });

      test('0 is live only: an empty backfill, then the new ticks', async () => {
        const startedAt = Date.now();
        const { peer } = await connect({ rate: 1_000, marketStart: startedAt - 2_000 });
        peer.sendSub(1, { msc: 0, same: 0 }, 0);
        const first = readTicks(await peer.next(Type.ticks));
        expect(first).toMatchObject({ count: 0, flags: Flag.backfill | Flag.backfillEnd });
        const live = await take(peer, (_, total) => total >= 200, 1);
        expect(live.frames.every((f) => f.flags === 0)).toBe(true);
        // At 1,000 a second tick k appears k + 1 ms after the start: the first live one is behind the 2 s before the connection.
        expect(timeMscOf(live.ticks, 0)).toBeGreaterThanOrEqual(startedAt);
        const n = live.ticks.length / TICK_BYTES;
        const from = timeMscOf(live.ticks, 0) - (startedAt - 2_000) - 1;
        expect(prices(live.ticks).equals(prices(slice(eurusd.raw, from, from + n)))).toBe(true);
      });
    });

    test('a peer that does not read for a while loses nothing', async () => {
      const big = await bench.record('BIG', gaps(60_000));
      const { peer } = await connect({ symbols: [big], sendBuffer: 16_384 }, { heartbeatMs: 100 });
      peer.pause();
      peer.sendSub(1);
      await delay(700); // long enough for sends to run into their 250 ms; a peer that does not read has nothing to await
      peer.resume();
      expect((await take(peer, endOfBackfill, 1)).ticks.equals(big.raw)).toBe(true);
      expect(readPing(await peer.next(Type.ping)).sendStalls).toBeGreaterThan(0);
    });

    test('symbols take turns: a small one does not wait for the end of a large one', async () => {
      const big = await bench.record('LARGE', gaps(60_000));
      const small = await bench.record('SMALL', gaps(100));
      const { peer } = await connect({ symbols: [big, small] });
      peer.sendSub(1);
      peer.sendSub(2);
      const done: number[] = [];
      const got: Buffer[][] = [[], []];
      while (done.length < 2) {
        const frame = readTicks(await peer.next(Type.ticks));
        got[frame.symIdx - 1]?.push(frame.ticks);
        if (endOfBackfill(frame)) done.push(frame.symIdx);
      }
      expect(done).toEqual([2, 1]);
      expect(Buffer.concat(got[0] ?? []).equals(big.raw)).toBe(true);
      expect(Buffer.concat(got[1] ?? []).equals(small.raw)).toBe(true);
    });

    test('after UNSUB the symbol is silent', async () => {
      const { peer } = await connect({ rate: 2_000 }, { heartbeatMs: 50 });
      peer.sendSub(1);
      await take(peer, (_, total) => total >= 500);
      peer.send(Type.unsub, 1, Buffer.alloc(0));
      peer.send(Type.ping, 0, Buffer.alloc(16, 7));
      expect((await peer.next(Type.pong)).body.equals(Buffer.alloc(16, 7))).toBe(true);
      for (let pings = 0; pings < 4; pings++) expect((await peer.next(Type.ping, Type.ticks)).type).toBe(Type.ping);
    });

    test('a killed terminal comes back into the same market and goes on where the cursor says', async () => {
      const server = await bench.listen();
      const marketStart = Date.now();
      let taken = Buffer.alloc(0);
      for (let life = 0; life < 4; life++) {
        const ea = bench.start({ port: server.port, symbols: [eurusd], marketStart, rate: 20_000 });
        const { peer } = await server.welcome();
        await peer.next(Type.symbol);
        peer.sendSub(1, cursorAt(taken, taken.length / TICK_BYTES));
        const wanted = life === 3 ? eurusd.ticks : (life + 1) * 3_000;
        const had = taken.length / TICK_BYTES;
        const { ticks } = await take(peer, (_, total) => had + total >= wanted, 1);
        taken = Buffer.concat([taken, ticks]);
        await ea.kill();
        await peer.closed;
      }
      expect(prices(taken).equals(prices(eurusd.raw))).toBe(true);
    });

    test('the terminal times out while it synchronises: nothing is skipped, and the failure is counted', async () => {
      const { peer } = await connect({ copyTimeouts: 1 }, { heartbeatMs: 50 });
      peer.sendSub(1);
      expect((await take(peer, endOfBackfill, 1)).ticks.equals(eurusd.raw)).toBe(true);
      expect(readPing(await peer.next(Type.ping)).copyErrors).toBe(1);
    });

    test('the broker is away, and the terminal fetches the missed ticks behind the live ones: none is lost', async () => {
      const { peer } = await connect({ rate: 5_000, outage: { fromMs: 800, forMs: 500, fillMs: 1_500 } }, { heartbeatMs: 50 });
      peer.sendSub(1);
      const { ticks, frames } = await take(peer, (_, total) => total >= eurusd.ticks, 1);
      expect(prices(ticks).equals(prices(eurusd.raw))).toBe(true);
      // What was missed is backfill as after a SUB, and its end is marked: twice, then, with the history at the beginning.
      expect(frames.filter(endOfBackfill)).toHaveLength(2);
      expect(frames.filter(({ flags }) => (flags & Flag.backfill) !== 0).reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(2_500);
    });

    test.each([
      ['the chart symbol by OnTick', 0],
      ['a symbol with depth by OnBookEvent', 1],
    ])('events wake the pump between sweeps: %s', async (_, index) => {
      const pair = [await bench.record('CHART', gaps(5_000)), await bench.record('BOOK', gaps(5_000), 10)];
      const { peer } = await connect({ symbols: pair, rate: 1_000, sweepMs: 10_000, marketStart: Date.now() + 500 });
      peer.sendSub(index + 1, { msc: 0, same: 0 }, 0);
      const { frames } = await take(peer, (__, total) => total >= 500, 1);
      expect(frames.length).toBeGreaterThan(50);
      expect(new Set(frames.map((f) => f.symIdx))).toEqual(new Set([index + 1]));
    });

    test('at a rate, a tick carries the wall time of its appearance, and comes soon after', async () => {
      const { peer } = await connect({ rate: 1_000, burst: { size: 200, everyMs: 500 }, marketStart: Date.now() + 300 });
      peer.sendSub(1, { msc: 0, same: 0 }, 0);
      const lags: number[] = [];
      await take(peer, (frame, total) => {
        for (let i = 0; i < frame.count; i++) lags.push(Date.now() - timeMscOf(frame.ticks, i));
        return total >= 2_000;
      });
      lags.sort((a, b) => a - b);
      expect(lags[0]).toBeGreaterThanOrEqual(0);
      expect(lags[lags.length >> 1]).toBeLessThan(500);
    });
  },
);

/** Bid and ask of every tick: what stays the same when times are mapped onto the wall clock. */
function prices(ticks: Buffer): Buffer {
  const n = ticks.length / TICK_BYTES;
  const out = Buffer.alloc(n * 16);
  for (let i = 0; i < n; i++) ticks.copy(out, i * 16, i * TICK_BYTES + 8, i * TICK_BYTES + 24);
  return out;
}
