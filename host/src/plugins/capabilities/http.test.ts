import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HttpBackend } from './http.ts';
import { Reach } from './reach.ts';
import type { Resolve } from './reach.ts';

let server: Server;
let port: number;
let handle: (request: IncomingMessage, response: ServerResponse) => void;
let backend: HttpBackend | null = null;

beforeAll(async () => {
  server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  backend?.close();
  backend = null;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function allow(
  hosts: readonly string[],
  resolve?: Resolve,
): (url: string, request?: unknown) => Promise<Awaited<ReturnType<HttpBackend['call']>>> {
  const made = (backend = new HttpBackend(new Reach(hosts, resolve), 'tickhub/0 (test)'));
  return (url, request) => made.call('fetch', [url, request]);
}

/** A name service that knows one name. */
const resolving =
  (...addresses: string[]): Resolve =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const loopback = (): string => `127.0.0.1:${port}`;
const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe('http capability', () => {
  it('fetches from a host that the manifest names', async () => {
    handle = (request, response) => response.setHeader('x-a', '1').end(`${request.method} ${request.url} ${request.headers['user-agent']}`);
    const answer = await allow([loopback()])(`http://${loopback()}/path?q=1`);
    expect(answer).toMatchObject({ status: 200, headers: { 'x-a': '1' } });
    expect(text(answer.body)).toBe('GET /path?q=1 tickhub/0 (test)');
  });

  it('sends method, headers and body, but not those of the connection', async () => {
    handle = (request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (chunk) => (body += chunk));
      request.on('end', () =>
        response.end(JSON.stringify({ method: request.method, body, host: request.headers.host, auth: request.headers.authorization })),
      );
    };
    const answer = await allow([loopback()])(`http://${loopback()}/`, {
      method: 'POST',
      body: 'äöü',
      headers: { Host: 'evil.example', Authorization: 'x' },
    });
    expect(JSON.parse(text(answer.body))).toEqual({ method: 'POST', body: 'äöü', host: loopback(), auth: 'x' });
  });

  it('decompresses', async () => {
    handle = (_request, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('hello'));
    const answer = await allow([loopback()])(`http://${loopback()}/`);
    expect(text(answer.body)).toBe('hello');
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  it.each([
    ['another host', [], 'http://example.com/'],
    ['another port', ['127.0.0.1:1'], 'http://127.0.0.1:2/'],
    ['a look-alike', ['example.com'], 'http://example.com.evil.org/'],
    ['credentials before another host', ['example.com'], 'http://example.com@evil.org/'],
  ])('refuses %s', async (_what, hosts, url) => {
    await expect(allow(hosts)(url)).rejects.toMatchObject({ code: 'HTTP_HOST_DENIED' });
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1'])('refuses a name that leads to %s', async (address) => {
    await expect(allow(['feed.example.com'], resolving(address))('http://feed.example.com/')).rejects.toMatchObject({
      code: 'HTTP_HOST_DENIED',
      message: `feed.example.com leads to the private address ${address}`,
    });
  });

  it('refuses a name of which one address is private, whatever comes first', async () => {
    const fetch = allow(['feed.example.com'], resolving('93.184.216.34', '192.168.0.1'));
    await expect(fetch('http://feed.example.com/')).rejects.toMatchObject({ code: 'HTTP_HOST_DENIED' });
  });

  it('lets a name through to a private address that is named itself', async () => {
    handle = (_request, response) => response.end('ok');
    const fetch = allow([`feed.example.com:${port}`, '127.0.0.1'], resolving('127.0.0.1'));
    expect(text((await fetch(`http://feed.example.com:${port}/`)).body)).toBe('ok');
  });

  it('looks a name up again for a new connection', async () => {
    handle = (_request, response) => response.setHeader('connection', 'close').end('ok');
    let calls = 0;
    const rebinding: Resolve = (host, options, done) => resolving(calls++ === 0 ? '127.0.0.1' : '127.0.0.2')(host, options, done);
    const fetch = allow([`feed.example.com:${port}`, '127.0.0.1'], rebinding);
    await fetch(`http://feed.example.com:${port}/`);
    await expect(fetch(`http://feed.example.com:${port}/`)).rejects.toMatchObject({ code: 'HTTP_HOST_DENIED' });
  });

  it('checks every hop of a redirect', async () => {
    handle = (_request, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
    await expect(allow([loopback()])(`http://${loopback()}/`)).rejects.toMatchObject({
      code: 'HTTP_HOST_DENIED',
      message: expect.stringContaining('169.254'),
    });
  });

  it('follows redirects, and turns a POST into a GET', async () => {
    handle = (request, response) =>
      request.url === '/a'
        ? response.writeHead(303, { location: '/b' }).end()
        : response.end(`${request.method} ${request.url} ${request.headers['content-type']}`);
    const answer = await allow([loopback()])(`http://${loopback()}/a`, { method: 'POST', body: 'x', headers: { 'content-type': 'a/b' } });
    expect(text(answer.body)).toBe('GET /b undefined');
  });

  it('shows no credentials to another origin', async () => {
    handle = (request, response) =>
      request.headers.host === loopback()
        ? response.writeHead(307, { location: `http://localhost:${port}/` }).end()
        : response.end(JSON.stringify(request.headers));
    const fetch = allow([loopback(), `localhost:${port}`], resolving('127.0.0.1'));
    const headers = { Authorization: 'secret', Cookie: 'secret', 'X-CMC_PRO_API_KEY': 'secret', Token: 'secret', Accept: 'text/csv' };
    const shown = text((await fetch(`http://me:secret@${loopback()}/`, { headers })).body);
    expect(shown).not.toContain('secret');
    expect(JSON.parse(shown)).toMatchObject({ accept: 'text/csv' });
  });

  it('has at most 32 exchanges at once, on however many hosts; further ones wait, as long as they may', async () => {
    const held: ServerResponse[] = [];
    handle = (_request, response) => void held.push(response);
    const fetch = allow([`*.example.com:${port}`, '127.0.0.1'], resolving('127.0.0.1'));
    const asked = Array.from({ length: 80 }, (_, n) => fetch(`http://a${n}.example.com:${port}/`));
    await expect.poll(() => held.length).toBe(32);
    await expect(fetch(`http://late.example.com:${port}/`, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
    expect(held).toHaveLength(32);
    let answered = 0;
    while (answered < 80) {
      await expect.poll(() => held.length).toBeGreaterThan(answered);
      while (answered < held.length) held[answered++]?.end('x');
      expect(held.length - answered).toBeLessThanOrEqual(32);
    }
    expect((await Promise.all(asked)).every(({ status }) => status === 200)).toBe(true);
    expect(held).toHaveLength(80);
  });

  it('gives up after five redirects', async () => {
    let hops = 0;
    handle = (_request, response) => response.writeHead(302, { location: `/${++hops}` }).end();
    await expect(allow([loopback()])(`http://${loopback()}/`)).rejects.toMatchObject({ code: 'HTTP_REDIRECTS' });
    expect(hops).toBe(6);
  });

  it('gives up when the whole exchange takes too long', async () => {
    handle = (_request, response) => void response.writeHead(200).write('begun');
    await expect(allow([loopback()])(`http://${loopback()}/`, { timeoutMs: 60 })).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
  });

  it('stops reading a body that is too large, decompressed', async () => {
    handle = (_request, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(1_000_000)));
    await expect(allow([loopback()])(`http://${loopback()}/`, { maxBytes: 1_000 })).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
  });

  it('names a host where nobody listens, or that has no name', async () => {
    await expect(allow(['127.0.0.1:9'])('http://127.0.0.1:9/')).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE' });
    const nowhere: Resolve = (_host, _options, done) => done(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), []);
    await expect(allow(['no.example.com'], nowhere)('http://no.example.com/')).rejects.toMatchObject({ code: 'HTTP_UNREACHABLE' });
  });

  it.each([
    [
      'half a body',
      (response: ServerResponse) => response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy()),
    ],
    ['half a chunked body', (response: ServerResponse) => response.writeHead(200).write('half', () => response.destroy())],
    [
      'half a gzip',
      (response: ServerResponse) => response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(5_000)).subarray(0, 30)),
    ],
    ['no answer at all', (response: ServerResponse) => response.destroy()],
  ])('calls %s incomplete', async (_what, answer) => {
    handle = (_request, response) => void answer(response);
    await expect(allow([loopback()])(`http://${loopback()}/`)).rejects.toMatchObject({ code: 'HTTP_INCOMPLETE' });
  });

  it('stops a body that never ends, one that swells, and headers that do', async () => {
    const zeros = Buffer.alloc(65_536);
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    handle = (request, response) => {
      if (request.url === '/bomb') return void response.setHeader('content-encoding', 'gzip').end(bomb);
      if (request.url === '/headers') return void response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);
      const more = (): void => {
        while (!response.destroyed && response.write(zeros));
        response.once('drain', more);
      };
      more();
    };
    const fetch = allow([loopback()]);
    const before = process.memoryUsage().arrayBuffers;
    for (const path of ['endless', 'bomb', 'headers']) {
      await expect(fetch(`http://${loopback()}/${path}`, { maxBytes: 5_242_880 }), path).rejects.toMatchObject({ code: 'HTTP_TOO_LARGE' });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it('gives up headers that drip for ever', async () => {
    const dripping = createServer();
    dripping.on('connection', (socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
    const at = `127.0.0.1:${(dripping.address() as AddressInfo).port}`;
    await expect(allow([at])(`http://${at}/`, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'HTTP_TIMEOUT' });
    dripping.closeAllConnections();
    dripping.close();
  });

  it('asks once more when a connection that was kept open is closed in the moment it is used again', async () => {
    let requests = 0;
    handle = (request, response) => (++requests === 2 ? request.socket.destroy() : response.end(String(requests)));
    const fetch = allow([loopback()]);
    await fetch(`http://${loopback()}/`);
    expect(text((await fetch(`http://${loopback()}/`)).body)).toBe('3');
    requests = 1;
    await expect(fetch(`http://${loopback()}/`, { method: 'POST', body: 'x' })).rejects.toMatchObject({ code: 'HTTP_INCOMPLETE' });
  });

  it('says of itself what the plugin wants said: some servers want an address to write to', async () => {
    handle = (request, response) => response.end(request.headers['user-agent']);
    const answer = await allow([loopback()])(`http://${loopback()}/`, { headers: { 'User-Agent': 'Example Ltd admin@example.com' } });
    expect(text(answer.body)).toBe('Example Ltd admin@example.com');
  });

  it.each([
    ['another scheme', 'file:///etc/passwd', {}, ['127.0.0.1']],
    ['no URL', 'nonsense', {}, ['127.0.0.1']],
    ['a wrong request', 'http://127.0.0.1:9/', { method: 'BREW' }, ['127.0.0.1:9']],
    ['a header that is none', 'http://127.0.0.1:9/', { headers: { 'a\nb': 'c' } }, ['127.0.0.1:9']],
  ])('answers %s with HTTP_FAILED', async (_what, url, request, hosts) => {
    await expect(allow(hosts)(url, request)).rejects.toMatchObject({ code: 'HTTP_FAILED' });
  });
});
