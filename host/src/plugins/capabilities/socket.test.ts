import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import type { SocketNews } from '@tickhub/plugin-sdk/host';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { Reach } from './reach.ts';
import type { Resolve } from './reach.ts';
import { SocketBackend } from './socket.ts';

let http: Server;
let server: WebSocketServer;
let port: number;
let accepted: WebSocket[];
let raw: Socket[];
let refuse: { status: number; headers: Record<string, string> } | null;
let backends: SocketBackend[];

beforeEach(async () => {
  accepted = [];
  raw = [];
  refuse = null;
  backends = [];
  http = createServer((_request, response) => response.writeHead(404).end());
  server = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
  http.on('connection', (socket) => raw.push(socket));
  http.on('upgrade', (request, socket, head) => {
    if (refuse === null)
      return server.handleUpgrade(request, socket, head, (made) => accepted.push(made) && server.emit('connection', made, request));
    const lines = Object.entries(refuse.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${refuse.status} No\r\n${lines.join('')}content-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  port = (http.address() as AddressInfo).port;
});
afterEach(() => {
  for (const backend of backends) backend.close();
  for (const one of accepted) one.terminate();
  for (const one of raw) one.destroy();
  http.close();
});

interface Isolate {
  readonly backend: SocketBackend;
  readonly news: SocketNews[];
  readonly texts: () => (string | Uint8Array)[];
  readonly connect: (url?: string, options?: unknown) => Promise<{ connection: number; protocol: string }>;
}

/** An isolate that takes each batch at once, unless `slow`. */
function isolate({
  hosts = [`127.0.0.1:${port}`],
  resolve,
  slow = false,
}: { hosts?: string[]; resolve?: Resolve; slow?: boolean } = {}): Isolate {
  const news: SocketNews[] = [];
  const backend = new SocketBackend(new Reach(hosts, resolve), 'tickhub/0 (test)', (one) => {
    news.push(one);
    if (one.type === 'socket-messages' && !slow) backend.take({ type: 'socket-taken', connection: one.connection });
  });
  backends.push(backend);
  return {
    backend,
    news,
    texts: () => news.flatMap((one) => (one.type === 'socket-messages' ? one.messages : [])),
    connect: (url = `ws://127.0.0.1:${port}/`, options) => backend.call('connect', [url, options]),
  };
}

const ended = (news: readonly SocketNews[]): SocketNews | undefined => news.find(({ type }) => type === 'socket-ended');

describe('socket capability', () => {
  it('connects with the headers and subprotocols of the plugin, but not with those of the connection', async () => {
    const asked = once(http, 'upgrade');
    const { connect } = isolate();
    const answer = await connect(undefined, {
      protocols: ['a', 'b'],
      headers: { Authorization: 'x', Host: 'evil.example', 'Sec-WebSocket-Key': 'k' },
    });
    expect(answer).toEqual({ connection: 1, protocol: 'a' });
    const [request] = (await asked) as [{ headers: Record<string, string> }];
    expect(request.headers).toMatchObject({ authorization: 'x', host: `127.0.0.1:${port}`, 'user-agent': 'tickhub/0 (test)' });
    expect(request.headers['sec-websocket-key']).not.toBe('k');
    expect(request.headers).not.toHaveProperty('sec-websocket-extensions');
  });

  it('loses nothing that the server says at once, in order, text and bytes', async () => {
    server.on('connection', (socket) => {
      socket.send('1');
      socket.send(new Uint8Array([2, 3]));
      socket.send('4');
    });
    const { connect, texts } = isolate();
    await connect();
    await vi.waitFor(() => expect(texts()).toEqual(['1', new Uint8Array([2, 3]), '4']));
  });

  it('sends, closes with code and reason, and tells the end', async () => {
    const { backend, connect, news } = isolate();
    const { connection } = await connect();
    const got = vi.fn();
    accepted[0]?.on('message', (data, isBinary) => got(isBinary, String(data)));
    backend.take({ type: 'socket-send', connection, data: 'hello' });
    backend.take({ type: 'socket-send', connection, data: new Uint8Array([65]) });
    await vi.waitFor(() =>
      expect(got.mock.calls).toEqual([
        [false, 'hello'],
        [true, 'A'],
      ]),
    );
    backend.take({ type: 'socket-close', connection, code: 4_000, reason: 'done' });
    await vi.waitFor(() => expect(ended(news)).toMatchObject({ code: 4_000, reason: 'done' }));
    backend.take({ type: 'socket-send', connection, data: 'to nobody' });
  });

  it.each([
    ['is closed by the server', (socket: WebSocket) => socket.close(1_001, 'restart'), { code: 1_001, reason: 'restart' }],
    ['breaks', (socket: WebSocket) => socket.terminate(), { code: 1_006, reason: '' }],
    [
      'has a message that is too large',
      (socket: WebSocket) => socket.send('x'.repeat(1_001)),
      { code: 1_009, reason: 'a message has more than 1000 bytes' },
    ],
  ])('tells when a connection %s', async (_what, act, end) => {
    const { connect, news } = isolate();
    await connect(undefined, { maxMessageBytes: 1_000 });
    accepted[0]?.send('before');
    if (accepted[0]) act(accepted[0]);
    await vi.waitFor(() => expect(news.map(({ type }) => type)).toEqual(['socket-messages', 'socket-ended']));
    expect(ended(news)).toMatchObject(end);
  });

  it('calls bytes that are no WebSocket by their name', async () => {
    const { connect, news } = isolate();
    await connect();
    raw[0]?.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await vi.waitFor(() => expect(ended(news)).toMatchObject({ code: 1_002 }));
  });

  it.each([401, 403, 429, 503, 302])('is refused with %i, and tells when to come again', async (status) => {
    refuse = { status, headers: { 'retry-after': '7', 'set-cookie': 'secret=1' } };
    await expect(isolate().connect()).rejects.toMatchObject({
      code: 'SOCKET_REFUSED',
      answer: { status, headers: { 'retry-after': '7' } },
    });
  });

  it.each([
    ['another host', 'ws://example.com/', 'SOCKET_HOST_DENIED'],
    ['another port', 'ws://127.0.0.1:1/', 'SOCKET_HOST_DENIED'],
    ['another scheme', 'http://127.0.0.1/', 'SOCKET_FAILED'],
    ['no URL', 'nonsense', 'SOCKET_FAILED'],
  ])('goes not to %s', async (_what, url, code) => {
    await expect(isolate().connect(url)).rejects.toMatchObject({ code });
  });

  it('refuses a name that leads to a private address, at the look-up of the connection itself', async () => {
    const resolve: Resolve = (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    const denied = isolate({ hosts: [`feed.example.com:${port}`], resolve });
    await expect(denied.connect(`ws://feed.example.com:${port}/`)).rejects.toMatchObject({ code: 'SOCKET_HOST_DENIED' });
    const named = isolate({ hosts: [`feed.example.com:${port}`, '127.0.0.1'], resolve });
    expect(await named.connect(`ws://feed.example.com:${port}/`)).toMatchObject({ connection: 1 });
  });

  it('fails where nobody listens, and times out where nobody answers', async () => {
    await expect(isolate({ hosts: ['127.0.0.1:9'] }).connect('ws://127.0.0.1:9/')).rejects.toMatchObject({ code: 'SOCKET_FAILED' });
    http.removeAllListeners('upgrade');
    http.on('upgrade', () => undefined);
    await expect(isolate().connect(undefined, { timeoutMs: 60 })).rejects.toMatchObject({ code: 'SOCKET_TIMEOUT' });
  });

  it('has at most 64 open, and room again when one ends', async () => {
    const { backend, connect, news } = isolate();
    await Promise.all(Array.from({ length: 64 }, () => connect()));
    await expect(connect()).rejects.toMatchObject({ code: 'SOCKET_LIMIT' });
    backend.take({ type: 'socket-close', connection: 1 });
    await vi.waitFor(() => expect(ended(news)).toBeDefined());
    expect(await connect()).toMatchObject({ connection: 65 });
  });

  it('stops reading while the isolate is behind, loses nothing, and goes on', async () => {
    const { backend, connect, news, texts } = isolate({ slow: true });
    const { connection } = await connect();
    const [socket] = accepted;
    const message = 'x'.repeat(10_000);
    for (let i = 0; i < 3_000; i++) socket?.send(message);
    await vi.waitFor(() => expect(texts().length).toBeGreaterThan(50));
    // 30 MB are on their way; the isolate takes none of it.
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(texts().length).toBeLessThan(300);
    expect(socket?.bufferedAmount).toBeGreaterThan(0);
    let taken = 0;
    await vi.waitFor(
      () => {
        for (; taken < news.length; taken++) backend.take({ type: 'socket-taken', connection });
        expect(texts()).toHaveLength(3_000);
      },
      { timeout: 10_000, interval: 1 },
    );
  });

  it('stops reading a server that floods it with messages of no bytes, too', async () => {
    const { connect, backend, news, texts } = isolate({ slow: true });
    const { connection } = await connect();
    // Without another turn of the event loop, so that the kernel has them all.
    for (let i = 0; i < 100_000; i++) accepted[0]?.send('');
    await vi.waitFor(() => expect(texts().length).toBeGreaterThan(1_000));
    for (let turn = 0; turn < 1_000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(texts().length).toBeLessThan(60_000);
    let taken = 0;
    await vi.waitFor(
      () => {
        for (; taken < news.length; taken++) backend.take({ type: 'socket-taken', connection });
        expect(texts()).toHaveLength(100_000);
      },
      { timeout: 10_000, interval: 1 },
    );
  });

  it('batches what came in one turn', async () => {
    const { connect, news, texts } = isolate();
    await connect();
    for (let i = 0; i < 1_000; i++) accepted[0]?.send(String(i));
    await vi.waitFor(() => expect(texts()).toHaveLength(1_000));
    expect(news.length).toBeLessThan(500);
    expect(texts()).toEqual(Array.from({ length: 1_000 }, (_, i) => String(i)));
  });

  it('ends every connection, also one being made, when the isolate is gone, and says no more', async () => {
    const { backend, connect, news } = isolate();
    await connect();
    const gone = once(accepted[0] as WebSocket, 'close');
    http.removeAllListeners('upgrade');
    const opening = connect();
    opening.catch(() => undefined);
    backend.close();
    await expect(opening).rejects.toMatchObject({ code: 'SOCKET_FAILED' });
    await gone;
    expect(news).toEqual([]);
  });

  it('gives up a connection that shows no sign of life', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { connect, news, texts } = isolate();
      await connect();
      const turns = async (met: () => boolean): Promise<void> => {
        while (!met()) await new Promise((resolve) => setImmediate(resolve));
      };
      accepted[0]?.send('alive');
      await turns(() => texts().length === 1);
      // A dead peer: what it gets it does not answer.
      raw[0]?.removeAllListeners('data');
      raw[0]?.pause();
      vi.advanceTimersByTime(60_000);
      expect(ended(news)).toBeUndefined();
      vi.advanceTimersByTime(30_000);
      await turns(() => ended(news) !== undefined);
      expect(ended(news)).toMatchObject({ code: 1_006, reason: 'no sign of life for 60 s' });
    } finally {
      vi.useRealTimers();
    }
  });
});
