import { once } from 'node:events';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLog } from '../tenant/tenant.fixture.ts';
import { fetchStatus, requestRetry, requestStop, tailLines } from './control-client.ts';
import { readControlFile, writeControlFile } from './control-file.ts';
import { ControlServer } from './control-server.ts';
import { requestJob } from './job-client.ts';
import type { HostControls } from './control-server.ts';
import { statusFixture } from './status.fixture.ts';

const STATUS = statusFixture();

let dir: string;
const cleanUp: (() => unknown)[] = [];
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-control-'));
});
afterEach(async () => {
  for (const clean of cleanUp.splice(0)) await clean();
});

async function serve(change: Partial<Pick<HostControls, 'status' | 'port' | 'tail' | 'history' | 'job'>> = {}) {
  const log = memoryLog();
  const asked: string[] = [];
  const server = new ControlServer(
    {
      dataDir: dir,
      port: change.port ?? 0,
      status: change.status ?? (() => Promise.resolve(STATUS)),
      retry: (plugin) => {
        asked.push(`retry ${plugin}`);
        return plugin === 'known';
      },
      tail: change.tail ?? (() => ({ close: () => undefined })),
      history: change.history ?? (() => Promise.reject(new Error('no history here'))),
      job: change.job ?? (() => Promise.resolve(undefined)),
      stop: () => asked.push('stop'),
    },
    log,
  );
  cleanUp.push(() => server.stop());
  await server.start();
  const control = await readControlFile(dir);
  if (control === null) throw new Error('a started server leaves its file');
  const call = (where: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${control.port}${where}`, { headers: { authorization: `Bearer ${control.token}` }, ...init });
  return { server, log, asked, control, call };
}

/** Something else that listens where control.json says that a host does. */
async function impostor(listener: RequestListener): Promise<void> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => server.close());
  await writeControlFile(dir, { port: (server.address() as AddressInfo).port, token: 't', pid: 4_242 });
}

describe('the control server and its client', () => {
  it('tell the status', async () => {
    await serve();
    expect(await fetchStatus(dir)).toEqual(STATUS);
  });

  it('answer a stop before the host begins to', async () => {
    const { asked } = await serve();
    await requestStop(dir);
    expect(asked).toEqual(['stop']);
  });

  it('start a plugin again, and say which there is none of', async () => {
    const { asked } = await serve();
    await requestRetry(dir, 'known');
    await expect(requestRetry(dir, 'unknown')).rejects.toMatchObject({ code: 'CONTROL_REFUSED', message: 'there is no plugin "unknown"' });
    await expect(requestRetry(dir, '../status')).rejects.toThrow('there is no plugin "../status"');
    expect(asked).toEqual(['retry known', 'retry unknown', 'retry ../status']);
  });

  it('write the way in for the owner only, and take it away at the stop', async () => {
    const { server } = await serve();
    const file = path.join(dir, 'control.json');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    await server.stop();
    expect(await readControlFile(dir)).toBeNull();
    await expect(fetchStatus(dir)).rejects.toMatchObject({ code: 'NO_HOST', message: expect.stringContaining('tickhub run') });
    await server.stop();
  });
});

describe('tail', () => {
  it('sends the filter there and the lines back, and ends when the reader goes', async () => {
    let closed: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (closed = resolve));
    const asked: unknown[] = [];
    await serve({
      tail: (filter, sink) => {
        asked.push(filter);
        sink.write('{"n":1}\n');
        sink.write('{"n":"é"}\n');
        return { close: closed };
      },
    });
    const reader = new AbortController();
    const filter = { streams: ['ticks', 'news'], symbols: ['EUR*'], sources: [] };
    const lines: string[] = [];
    for await (const line of tailLines(dir, filter, reader.signal)) {
      lines.push(line);
      if (lines.length === 2) reader.abort();
    }
    expect(lines).toEqual(['{"n":1}', '{"n":"é"}']);
    expect(asked).toEqual([filter]);
    await ended;
  });

  it('says that the host has gone when it goes', async () => {
    const { server } = await serve({
      tail: (_filter, sink) => {
        sink.write('{}\n');
        return { close: () => undefined };
      },
    });
    const read = async (): Promise<void> => {
      for await (const line of tailLines(dir, { streams: [], symbols: [], sources: [] }, new AbortController().signal)) {
        expect(line).toBe('{}');
        await server.stop();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'NO_HOST', message: expect.stringContaining('has ended') as string });
  });
});

describe('ControlServer', () => {
  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer wrong' }],
    ['another scheme', { authorization: 'Basic x' }],
  ])('refuses %s, whatever is asked', async (_what, headers: Record<string, string>) => {
    const { call, asked } = await serve();
    for (const [where, method] of [
      ['/status', 'GET'],
      ['/stop', 'POST'],
      ['/nothing', 'GET'],
    ] as const) {
      expect((await call(where, { method, headers })).status).toBe(401);
    }
    expect(asked).toEqual([]);
  });

  it.each([
    ['GET', '/'],
    ['POST', '/status'],
    ['GET', '/stop'],
    ['DELETE', '/plugins/x/retry'],
    ['GET', '/status/../stop'],
  ])('has no %s %s', async (method, where) => {
    const { call, asked } = await serve();
    const answer = await call(where, { method });
    expect([answer.status, await answer.json()]).toEqual([404, { error: expect.stringContaining(`there is no ${method}`) }]);
    expect(asked).toEqual([]);
  });

  it('says that a status failed, logs why, and answers the next', async () => {
    let fails = true;
    const { call, log } = await serve({ status: () => (fails ? Promise.reject(new Error('why')) : Promise.resolve(STATUS)) });
    expect((await call('/status')).status).toBe(500);
    fails = false;
    expect((await call('/status')).status).toBe(200);
    expect(log.lines.map(({ level }) => level)).toEqual(['error']);
  });

  it.each(['//', '/plugins/%ff/retry', '/\\'])('bears a path that is none: %s', async (where) => {
    const { control } = await serve();
    const socket = connect(control.port, '127.0.0.1');
    socket.end(`POST ${where} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${control.token}\r\nConnection: close\r\n\r\n`);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 (400|404|500) /);
    expect(await fetchStatus(dir)).toEqual(STATUS);
  });

  it('names a port that is taken, and what to do, and leaves nothing open', async () => {
    const { control } = await serve();
    const before = await readFile(path.join(dir, 'control.json'), 'utf8');
    await expect(serve({ port: control.port })).rejects.toMatchObject({
      code: 'CONTROL_PORT_BUSY',
      message: expect.stringMatching(new RegExp(`port ${control.port} .*EADDRINUSE.*"controlPort"`)),
    });
    expect(await readFile(path.join(dir, 'control.json'), 'utf8')).toBe(before);
  });

  it('does not keep a stop waiting for a client that does not go', async () => {
    const { server, control } = await serve();
    const idle = connect(control.port, '127.0.0.1');
    idle.on('error', () => undefined);
    await once(idle, 'connect');
    await server.stop();
    if (!idle.destroyed) await once(idle, 'close');
  });
});

describe('the client', () => {
  it('says that no host runs where its file is left from one that was killed', async () => {
    const { server, control } = await serve();
    await server.stop();
    await writeControlFile(dir, control);
    await expect(fetchStatus(dir)).rejects.toMatchObject({
      code: 'NO_HOST',
      message: expect.stringMatching(new RegExp(`process ${control.pid} does not answer.*ECONNREFUSED`)),
    });
  });

  it.each(['', '{', '{"port":"x"}'])('takes a damaged control.json for none: %s', async (text) => {
    await writeFile(path.join(dir, 'control.json'), text);
    await expect(requestStop(dir)).rejects.toMatchObject({ code: 'NO_HOST' });
  });

  it.each<[string, RequestListener]>([
    ['a server that speaks no JSON', (_request, response) => response.end('<html>')],
    ['a host of another folder', (_request, response) => response.writeHead(401).end('{"error":"the token of control.json is needed"}')],
    ['a server that hangs up', (request) => request.socket.destroy()],
  ])('is not misled by %s on a port that a killed host had', async (_what, listener) => {
    await impostor(listener);
    await expect(fetchStatus(dir)).rejects.toMatchObject({ code: 'NO_HOST', message: expect.stringContaining('4242') });
  });

  it('says so when the host is of another version and its status is not understood', async () => {
    await impostor((_request, response) => response.end('{"host":{"version":"9.0.0"}}'));
    await expect(fetchStatus(dir)).rejects.toMatchObject({ code: 'CONTROL_VERSION', message: expect.stringContaining('9.0.0') });
  });
});

describe('a job', () => {
  it('sends data, progress and its result, and is given the request', async () => {
    await serve({
      async job(name, request, out) {
        await out.data(Buffer.from('one'));
        out.progress({ rows: 1 });
        await out.data(new Uint8Array(300_000));
        return { name, request };
      },
    });
    const seen: unknown[] = [];
    const result = await requestJob(
      dir,
      'import',
      { file: 'a' },
      { data: (bytes) => void seen.push(bytes.byteLength), progress: (value) => void seen.push(value) },
    );
    expect(seen).toEqual([3, { rows: 1 }, 300_000]);
    expect(result).toEqual({ name: 'import', request: { file: 'a' } });
  });

  it('that fails gives the error with its code; one that is unknown says so', async () => {
    await serve({
      job: (name) =>
        name === 'none'
          ? Promise.resolve(undefined)
          : Promise.reject(Object.assign(new Error('no such series'), { code: 'HISTORY_NO_SERIES' })),
    });
    await expect(requestJob(dir, 'export', {}, {})).rejects.toMatchObject({ code: 'HISTORY_NO_SERIES', message: 'no such series' });
    await expect(requestJob(dir, 'none', {}, {})).rejects.toMatchObject({ code: 'NO_JOB' });
  });

  it('stops when whoever asked for it has gone', async () => {
    const ended = Promise.withResolvers<unknown>();
    await serve({
      async job(_name, _request, out) {
        try {
          for (;;) await out.data(new Uint8Array(100_000));
        } catch (error) {
          ended.resolve(error);
          throw error;
        }
      },
    });
    const gone = new AbortController();
    await expect(requestJob(dir, 'export', {}, { signal: gone.signal, data: () => gone.abort() })).rejects.toMatchObject({
      code: 'NO_HOST',
    });
    expect(await ended.promise).toMatchObject({ code: 'JOB_ABANDONED' });
  });

  it('is for the holder of the token only, and without a host there is none', async () => {
    const { call } = await serve();
    expect((await call('/jobs/import', { method: 'POST', headers: { authorization: 'Bearer wrong' }, body: '{}' })).status).toBe(401);
    await expect(requestJob(path.join(dir, 'elsewhere'), 'import', {}, {})).rejects.toMatchObject({ code: 'NO_HOST' });
  });
});
