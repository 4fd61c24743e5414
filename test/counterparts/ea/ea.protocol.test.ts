import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { once } from 'node:events';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { cursorAt, EaBench, endOfBackfill, gaps, take, TOKEN } from './ea.fixture.ts';
import { readEnd, readHello, readPing, readSymbol, Type } from './link-codec.ts';
import type { EaHandle } from './start.ts';

const opened = await EaBench.open();
const missing = 'missing' in opened ? opened.missing : undefined;

describe.skipIf(missing !== undefined)(
  `the compiled Expert Advisor speaks the link${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    if ('missing' in opened) return;
    const bench = opened;
    const eurusd = await bench.record('EURUSD', gaps(1_000));
    const xauusd = await bench.record('XAUUSD', gaps(500));
    afterEach(() => bench.reset());
    afterAll(() => bench.close());

    async function connect(options: Partial<Parameters<EaBench['start']>[0]> = {}, welcome = {}) {
      const server = await bench.listen();
      const ea = bench.start({ port: server.port, symbols: [eurusd], ...options });
      const { peer, hello } = await server.welcome(welcome);
      await peer.next(Type.symbol);
      return { server, ea, peer, hello };
    }

    test.each(['expert', 'service'] as const)(
      'the %s compiles without a warning, greets, sends its history and says goodbye',
      async (variant) => {
        const server = await bench.listen();
        const ea = bench.start({ port: server.port, symbols: [eurusd, xauusd], eaId: 'desk-1', brokerOffsetMinutes: 180 }, variant);
        const { peer, hello } = await server.welcome();
        expect(hello).toMatchObject({ proto: 2, tickBytes: 60, eaId: 'desk-1', server: 'Recorded-Demo', token: TOKEN });
        expect(hello.timeTradeServer - hello.timeGmt).toBe(180 * 60);
        expect(hello.linkId).not.toBe(0n);
        const symbols = [readSymbol(await peer.next(Type.symbol)), readSymbol(await peer.next(Type.symbol))];
        expect(symbols).toEqual([
          {
            symIdx: 1,
            digits: 5,
            bookDepth: 0,
            point: 0.00001,
            contractSize: 100_000,
            name: 'EURUSD',
            path: 'Recorded\\EURUSD',
            currency: 'USD',
            sessions: [],
          },
          {
            symIdx: 2,
            digits: 5,
            bookDepth: 0,
            point: 0.00001,
            contractSize: 100_000,
            name: 'XAUUSD',
            path: 'Recorded\\XAUUSD',
            currency: 'USD',
            sessions: [],
          },
        ]);
        peer.sendSub(2);
        expect((await take(peer, endOfBackfill, 1)).ticks.equals(xauusd.raw)).toBe(true);
        const stopped = ea.stop();
        expect(readEnd(await peer.next(Type.bye)).code).toBe(10);
        expect(await stopped).toEqual({ code: 0, signal: null });
      },
    );

    test('an id of its own follows from the account, and differs between accounts', async () => {
      const one = await connect({ login: 111 });
      const two = await connect({ login: 222 });
      expect(one.hello.eaId).toMatch(/^mt5-[0-9a-f]{12}$/);
      expect(two.hello.eaId).not.toBe(one.hello.eaId);
    });

    test('PING is answered with its own bytes; the EA pings at the agreed rate with its counters', async () => {
      const { peer } = await connect({}, { heartbeatMs: 60 });
      peer.send(Type.ping, 0, Buffer.from('0102030405060708a1a2a3a4a5a6a7a8', 'hex'));
      expect((await peer.next(Type.pong)).body.toString('hex')).toBe('0102030405060708a1a2a3a4a5a6a7a8');
      peer.sendSub(1);
      await take(peer, endOfBackfill);
      const first = readPing(await peer.next(Type.ping));
      const at = performance.now();
      const second = readPing(await peer.next(Type.ping));
      expect(second.seq).toBe(first.seq + 1);
      expect(second).toMatchObject({ connected: true, ticksSent: eurusd.ticks, copyErrors: 0 });
      expect(performance.now() - at).toBeLessThan(1_000);
    });

    test('a peer that falls silent is left after 3 s', async () => {
      const { server, peer } = await connect({}, { heartbeatMs: 200 });
      peer.mute = true;
      const at = performance.now();
      await server.accept();
      expect(performance.now() - at).toBeGreaterThan(2_500);
      expect(performance.now() - at).toBeLessThan(6_000);
    });

    test('bad token: said once without the token, tried again after 2 s with the file as it is then', async () => {
      const filesDir = path.join(bench.dir, 'files');
      await mkdir(filesDir, { recursive: true });
      await writeFile(path.join(filesDir, 'tickhub.token'), 'stale-token\r\n');
      const server = await bench.listen();
      const ea = startWithFile(server.port, filesDir);
      const first = await server.accept();
      expect(readHello((await first.next(Type.hello)).body).token).toBe('stale-token');
      first.sendEnd(Type.err, 3, 'unknown token');
      const at = performance.now();
      await writeFile(path.join(filesDir, 'tickhub.token'), '  fresh-token  ');
      const second = await server.accept();
      expect(readHello((await second.next(Type.hello)).body).token).toBe('fresh-token');
      expect(performance.now() - at).toBeGreaterThan(1_900);
      expect(ea.printed.join('\n')).toMatch(/bad token \(unknown token\).*MQL5\\Files/);
      expect(ea.printed.join('\n')).not.toMatch(/stale-token|fresh-token/);
    });

    test('without any token it says where to put it, and goes on once the file is there', async () => {
      const filesDir = path.join(bench.dir, 'empty');
      await mkdir(filesDir, { recursive: true });
      const server = await bench.listen();
      const ea = startWithFile(server.port, filesDir);
      expect(await printed(ea)).toMatch(/no token\. Put the file tickhub\.token .*File > Open Data Folder/);
      await writeFile(path.join(filesDir, 'tickhub.token'), 'late');
      expect(readHello((await (await server.accept()).next(Type.hello)).body).token).toBe('late');
    });

    test.each([
      [2, 'no common protocol', /do not fit together/],
      [4, 'desk-1 is connected', /another terminal or chart/],
    ])('ERR %i is said and tried again after 2 s', async (code, text, message) => {
      const server = await bench.listen();
      const ea = bench.start({ port: server.port, symbols: [eurusd] });
      const peer = await server.accept();
      await peer.next(Type.hello);
      const at = performance.now();
      peer.sendEnd(Type.err, code, text);
      peer.close();
      await server.accept();
      expect(performance.now() - at).toBeGreaterThan(1_900);
      expect(ea.printed.join('\n')).toMatch(message);
    });

    test('BUSY is not the end', async () => {
      const { peer } = await connect();
      peer.sendEnd(Type.err, 7, 'host full');
      peer.sendSub(1);
      expect((await take(peer, endOfBackfill, 1)).ticks.equals(eurusd.raw)).toBe(true);
    });

    test('closed in the middle of a frame: it dials again with a new link id and counts from 1', async () => {
      const { server, peer, hello } = await connect();
      peer.sendSub(1);
      await take(peer, endOfBackfill, 1);
      peer.sendRaw(Buffer.from([0x16, 0, 0, 0, 4, 0, 1]));
      peer.close();
      const at = performance.now();
      const again = await server.welcome();
      expect(performance.now() - at).toBeLessThan(1_500);
      expect(again.hello.linkId).not.toBe(hello.linkId);
      await again.peer.next(Type.symbol);
      again.peer.sendSub(1, cursorAt(eurusd.raw, 500));
      expect((await take(again.peer, endOfBackfill, 1)).ticks).toHaveLength(500 * 60);
    });

    test('BYE RELOAD: back at once, every time; BYE STOPPING: back with backoff', async () => {
      const { server, peer } = await connect();
      let old = peer;
      const reloads: number[] = [];
      for (let k = 0; k < 5; k++) {
        const at = performance.now();
        old.sendEnd(Type.bye, 11, 'reload');
        ({ peer: old } = await server.welcome());
        reloads.push(performance.now() - at);
      }
      expect(Math.min(...reloads)).toBeLessThan(60);
      expect(reloads.sort((a, b) => a - b)[2]).toBeLessThan(100);
      const at = performance.now();
      old.sendEnd(Type.bye, 10, 'stopping');
      await server.welcome();
      expect(performance.now() - at).toBeGreaterThan(70);
    });

    describe('what cannot be a frame ends the connection with ERR 1, and it dials again', () => {
      const frame = (type: number, body: Buffer): Buffer => {
        const head = Buffer.alloc(8);
        head.writeUInt32LE(4 + body.length);
        head.writeUInt8(type, 4);
        return Buffer.concat([head, body]);
      };
      test.each([
        ['a length of 3', Buffer.from([3, 0, 0, 0, 30, 0, 0, 0])],
        ['a length over 1 MiB', Buffer.from([1, 0, 0x10, 0, 30, 0, 0, 0])],
        ['a length with the top bit', Buffer.from([0, 0, 0, 0x80, 30, 0, 0, 0])],
        ['an unknown type', frame(99, Buffer.alloc(4))],
        ['a PING that is too short', frame(Type.ping, Buffer.alloc(15))],
        ['a SUB that is too long', frame(Type.sub, Buffer.alloc(19))],
        ['an UNSUB with a body', frame(Type.unsub, Buffer.alloc(1))],
        ['an ACK that promises more than it has', frame(Type.ack, Buffer.from([9, 0]))],
        ['a WATCH whose string leaves the frame', frame(Type.watch, Buffer.from([1, 0, 0xff, 0xff]))],
        ['an ERR without a text', frame(Type.err, Buffer.from([1, 0]))],
        ['a second WELCOME', frame(Type.welcome, Buffer.from([2, 0, 0xe8, 3, 0, 2, 10, 0, 200, 0, 0, 0]))],
        ['a frame that is its own to send', frame(Type.book, Buffer.alloc(10))],
        ['a GET_BARS that is too short', frame(Type.getBars, Buffer.alloc(23))],
      ])('%s', async (_, bytes) => {
        const { server, peer } = await connect();
        peer.sendRaw(bytes);
        expect(readEnd(await peer.next(Type.err)).code).toBe(1);
        await peer.closed;
        await server.welcome();
      });
    });

    test('WATCH adds what the list left out; what the broker lacks is ERR 6 and not the end', async () => {
      const { peer, ea } = await connect({ symbols: [eurusd, xauusd], inputSymbols: ' EURUSD , TYPO' });
      expect(ea.printed.join('\n')).toMatch(/no symbol TYPO/);
      peer.sendWatch(['EURUSD', 'XAUUSD', 'NOPE']);
      expect(readSymbol(await peer.next(Type.symbol))).toMatchObject({ name: 'XAUUSD', symIdx: 2 });
      expect(readEnd(await peer.next(Type.err))).toEqual({ code: 6, text: 'NOPE' });
      peer.sendSub(7);
      expect(readEnd(await peer.next(Type.err)).code).toBe(6);
      peer.sendSub(2);
      expect((await take(peer, endOfBackfill, 1)).ticks.equals(xauusd.raw)).toBe(true);
    });

    test('it ends with 0 once told to, when the durable cursors are at the end of every recording', async () => {
      const { peer, ea } = await connect({ symbols: [eurusd, xauusd], exitWhenAcked: true });
      peer.sendAck(1, cursorAt(eurusd.raw, eurusd.ticks));
      peer.sendAck(2, cursorAt(xauusd.raw, xauusd.ticks - 1));
      peer.send(Type.ping, 0, Buffer.alloc(16));
      await peer.next(Type.pong);
      let acked = false;
      ea.events.once('acked', () => (acked = true));
      peer.sendAck(2, cursorAt(xauusd.raw, xauusd.ticks));
      expect(await ea.exited).toEqual({ code: 0, signal: null });
      expect(acked).toBe(true);
    });

    test("a host that is not in the terminal's list: the menu is named", async () => {
      const server = await bench.listen();
      const ea = bench.start({ port: server.port, symbols: [eurusd], hostNotAllowed: true });
      expect(await printed(ea)).toMatch(/Tools > Options > Expert Advisors tick "Allow WebRequest for listed URL" and add 127\.0\.0\.1/);
    });

    test('nobody listens: it says so once and connects when somebody does', async () => {
      const server = await bench.listen();
      const { port } = server;
      await server.close();
      const ea = bench.start({ port, symbols: [eurusd] });
      expect(await printed(ea)).toMatch(/nothing answers at 127\.0\.0\.1:\d+ .*Is Tickhub running\?/);
      await (await bench.listen(port)).welcome();
      await once(ea.events, 'connected');
      expect(ea.printed.filter((line) => line.includes('nothing answers'))).toHaveLength(1);
    });

    test('a setting that cannot work is refused with what to change', async () => {
      const ea = bench.start({ port: 70_000, symbols: [eurusd] });
      expect((await ea.exited).code).toBe(2);
      expect(ea.printed.join('\n')).toMatch(/port 70000 is not between 1 and 65535/);
    });

    function startWithFile(port: number, filesDir: string): EaHandle {
      return bench.start({ port, symbols: [eurusd], filesDir, token: '' });
    }

    async function printed(ea: EaHandle): Promise<string> {
      return ea.printed[0] ?? String((await once(ea.events, 'print'))[0]);
    }
  },
);
