import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { EaBench, endOfBackfill, FIRST_MSC, gaps, take } from './ea.fixture.ts';
import { readAccount, readBars, readBook, readPing, readPositions, readSymbol, Type, type BarsFrame } from './link-codec.ts';
import type { LinkPeer } from './link-server.ts';

const opened = await EaBench.open();
const missing = 'missing' in opened ? opened.missing : undefined;
const WANT_TICKS_AND_BOOK = 3;

describe.skipIf(missing !== undefined)(
  `books, bars, account and positions from the compiled Expert Advisor${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    if ('missing' in opened) return;
    const bench = opened;
    const eurusd = await bench.record('EURUSD', gaps(20_000), 5);
    afterEach(() => bench.reset());
    afterAll(() => bench.close());

    async function connect(options: Partial<Parameters<EaBench['start']>[0]> = {}, welcome = {}, variant: 'expert' | 'service' = 'expert') {
      const server = await bench.listen();
      const ea = bench.start({ port: server.port, symbols: [eurusd], ...options }, variant);
      const { peer } = await server.welcome(welcome);
      return { server, ea, peer };
    }

    describe.each(['expert', 'service'] as const)('order books of the %s', (variant) => {
      test('come where they are asked for, whole, no more often than agreed, and only when they changed', async () => {
        const { peer } = await connect({ rate: 500, marketStart: Date.now() + 200 }, { bookMs: 100 }, variant);
        await peer.next(Type.symbol);
        peer.sendSub(1, { msc: 0, same: 0 }, 0, WANT_TICKS_AND_BOOK);
        const books = [];
        const from = performance.now();
        while (books.length < 5) books.push(readBook(await peer.next(Type.book)));
        expect(performance.now() - from).toBeGreaterThan(4 * 90);
        for (const { symIdx, levels, timeMsc } of books) {
          expect(symIdx).toBe(1);
          expect(levels.map(([type]) => type)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
          expect(Math.abs(timeMsc - Date.now())).toBeLessThan(60_000);
        }
        expect(new Set(books.map((it) => JSON.stringify(it.levels))).size).toBe(5);
      });
    });

    test('a book that does not change is told once; without being asked for, never', async () => {
      const { peer } = await connect({}, { bookMs: 10, heartbeatMs: 50 });
      await peer.next(Type.symbol);
      peer.sendSub(1, { msc: 0, same: 0 }, 0, WANT_TICKS_AND_BOOK);
      await peer.next(Type.book);
      for (let i = 0; i < 5; i++) expect((await peer.next(Type.book, Type.ping)).type).toBe(Type.ping);
      peer.sendSub(1);
      await take(peer, endOfBackfill);
      for (let i = 0; i < 5; i++) expect((await peer.next(Type.book, Type.ping)).type).toBe(Type.ping);
    });

    test('a peer that does not read gets one new book afterwards, not those of the meantime', async () => {
      const { peer } = await connect({ rate: 2_000, sendBuffer: 16_384 }, { bookMs: 10 });
      await peer.next(Type.symbol);
      peer.sendSub(1, { msc: 0, same: 0 }, 0, WANT_TICKS_AND_BOOK);
      await peer.next(Type.book);
      peer.pause();
      for (let pings = 0; pings < 3; pings++) await new Promise((resolve) => setTimeout(resolve, 300));
      peer.resume();
      let books = 0;
      await take(peer, (frame, total) => total >= 2_500 || frame.count === 0);
      for (let i = 0; i < 30; i++) books += (await peer.next(Type.book, Type.ticks)).type === Type.book ? 1 : 0;
      expect(books).toBeLessThanOrEqual(30);
      expect(books).toBeGreaterThan(0);
    });

    test('trading sessions go with the symbol, those that touch as one', async () => {
      const day = 86_400;
      const sessions = [
        [0, 79_200, 0],
        [1, 0, day],
        [2, 300, 86_100],
      ] as const;
      const { peer } = await connect({ symbols: [{ ...eurusd, sessions }] });
      expect(readSymbol(await peer.next(Type.symbol)).sessions).toEqual([
        [79_200, 2 * day],
        [2 * day + 300, 2 * day + 86_100],
      ]);
    });

    async function bars(peer: LinkPeer): Promise<BarsFrame & { frames: number }> {
      const got: BarsFrame[] = [];
      do got.push(readBars(await peer.next(Type.bars)));
      while (got.at(-1)?.more === true);
      const last = got.at(-1) as BarsFrame;
      return { ...last, bars: got.flatMap((it) => it.bars), frames: got.length };
    }

    test.each([
      ['1m', 60],
      ['5m', 300],
      ['1h', 3_600],
      ['1d', 86_400],
    ])('bars of %s are those of the range, as an independent count has them', async (_, width) => {
      const { peer } = await connect();
      await peer.next(Type.symbol);
      const from = Math.floor(FIRST_MSC / 1_000 / width) * width;
      const to = from + 2_000 * width;
      peer.sendGetBars(1, 7, width * 1_000, from, to);
      const answer = await bars(peer);
      expect(answer).toMatchObject({ id: 7, widthMs: width * 1_000, failed: false });
      const expected = new Map<number, { open: number; high: number; low: number; close: number; ticks: number }>();
      for (let i = 0; i < eurusd.ticks; i++) {
        const bid = eurusd.raw.readDoubleLE(i * 60 + 8);
        const opens = Math.floor(Number(eurusd.raw.readBigInt64LE(i * 60 + 40)) / 1_000 / width) * width;
        const bar = expected.get(opens);
        if (opens > to) break;
        if (bar === undefined) expected.set(opens, { open: bid, high: bid, low: bid, close: bid, ticks: 1 });
        else Object.assign(bar, { high: Math.max(bar.high, bid), low: Math.min(bar.low, bid), close: bid, ticks: bar.ticks + 1 });
      }
      expect(answer.bars.map(({ time, open, high, low, close, ticks }) => [time, { open, high, low, close, ticks }])).toEqual([
        ...expected,
      ]);
    });

    test('requests are answered in order; what cannot be answered says so, and is not the end', async () => {
      const { peer } = await connect({ ratesTimeouts: 1 });
      await peer.next(Type.symbol);
      const from = Math.floor(FIRST_MSC / 60_000) * 60;
      peer.sendGetBars(1, 1, 60_000, from, from + 600);
      peer.sendGetBars(1, 2, 60_000, from, from + 600);
      peer.sendGetBars(1, 3, 61_000, from, from + 600);
      peer.sendGetBars(9, 4, 60_000, from, from + 600);
      peer.sendGetBars(1, 5, 60_000, 1_000_000, 1_000_600);
      peer.sendGetBars(1, 6, 60_000, from, from + 60 * 100_000);
      const answers = [];
      for (let i = 0; i < 6; i++) answers.push(await bars(peer));
      expect(answers.map(({ id, failed, bars: { length } }) => [id, failed, length > 0])).toEqual([
        [1, true, false],
        [2, false, true],
        [3, true, false],
        [4, true, false],
        [5, false, false],
        [6, true, false],
      ]);
    });

    async function setAccount(text: string): Promise<string> {
      const file = path.join(bench.dir, 'account');
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
      return file;
    }
    const HEAD = '2 500 EUR 1000 990.5 50 940.5 -9.5\n';
    const SELL = '9007199254740993 1 EURUSD 0.1 1399248000123 1.3 1.31 0 1.2 -9.5 -0.25\n';

    test('account and positions come when asked for, and again only when they changed, at most once a second', async () => {
      const accountFile = await setAccount(`${HEAD}${SELL}`);
      const { peer } = await connect({ accountFile }, { share: 3, heartbeatMs: 100 });
      expect(readAccount(await peer.next(Type.account))).toEqual({
        mode: 2,
        leverage: 500,
        sums: [1_000, 990.5, 50, 940.5, -9.5],
        currency: 'EUR',
      });
      expect(readPositions(await peer.next(Type.positions))).toEqual([
        {
          ticket: 9_007_199_254_740_993n,
          side: 1,
          openedMsc: 1_399_248_000_123,
          numbers: [0.1, 1.3, 1.31, 0, 1.2, -9.5, -0.25],
          symbol: 'EURUSD',
        },
      ]);
      for (let i = 0; i < 12; i++) expect((await peer.next(Type.account, Type.positions, Type.ping)).type).toBe(Type.ping);
      await setAccount(`${HEAD}${SELL}5 0 XAUUSD 1 1399248000999 1 2 3 4 5 6\n`);
      const changed = await peer.next(Type.account, Type.positions);
      expect(changed.type).toBe(Type.positions);
      expect(readPositions(changed)).toHaveLength(2);
    });

    test('nothing of the account leaves the terminal that was not asked for', async () => {
      const accountFile = await setAccount(`${HEAD}${SELL}`);
      const nothing = await connect({ accountFile }, { share: 0, heartbeatMs: 50 });
      for (let i = 0; i < 30; i++) expect((await nothing.peer.next(Type.account, Type.positions, Type.ping)).type).toBe(Type.ping);
      const positions = await connect({ accountFile }, { share: 2, heartbeatMs: 50 });
      expect((await positions.peer.next(Type.account, Type.positions)).type).toBe(Type.positions);
    });

    describe('over a named pipe (a unix socket here)', () => {
      const pipe = { name: 'test', dir: bench.dir };

      test.each(['expert', 'service'] as const)('the %s sends its history, byte for byte, and says goodbye', async (variant) => {
        const server = await bench.listenOnPipe('test');
        const ea = bench.start({ port: 1, pipe, symbols: [eurusd] }, variant);
        const { peer, hello } = await server.welcome();
        expect(hello.proto).toBe(2);
        await peer.next(Type.symbol);
        peer.sendSub(1);
        expect((await take(peer, endOfBackfill, 1)).ticks.equals(eurusd.raw)).toBe(true);
        const stopped = ea.stop();
        expect((await peer.next(Type.bye)).type).toBe(Type.bye);
        expect((await stopped).code).toBe(0);
      });

      test('a peer that does not read for a while loses nothing', async () => {
        const server = await bench.listenOnPipe('test');
        bench.start({ port: 1, pipe, symbols: [eurusd] });
        const { peer } = await server.welcome({ heartbeatMs: 100 });
        await peer.next(Type.symbol);
        peer.pause();
        peer.sendSub(1);
        await new Promise((resolve) => setTimeout(resolve, 500)); // a peer that does not read has nothing to await
        peer.resume();
        expect((await take(peer, endOfBackfill, 1)).ticks.equals(eurusd.raw)).toBe(true);
        let ping = await peer.next(Type.ping);
        while (ping.body.length === 16) ping = await peer.next(Type.ping); // those among the frames, which only want their PONG
        expect(readPing(ping).sendStalls).toBeGreaterThan(0);
      });

      test('a peer that does not read never blocks the Expert Advisor, which writes no more than the pipe holds', async () => {
        const server = await bench.listenOnPipe('test');
        const ea = bench.start({ port: 1, pipe, symbols: [eurusd] });
        const { peer } = await server.welcome();
        await peer.next(Type.symbol);
        peer.pause();
        peer.sendSub(1);
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect((await ea.stop()).code).toBe(0);
      });

      test('no pipe: said with what to do, and found when it is there', async () => {
        const ea = bench.start({ port: 1, pipe: { name: 'late', dir: bench.dir }, symbols: [eurusd] });
        await new Promise((resolve) => ea.events.once('print', resolve));
        expect(ea.printed[0]).toMatch(/there is no pipe tickhub-late .*plugins\.mt5\.pipe set to "late"/);
        const server = await bench.listenOnPipe('late');
        const { peer } = await server.welcome({ heartbeatMs: 50 });
        expect(readPing(await peer.next(Type.ping)).connected).toBe(true);
      });
    });
  },
);
