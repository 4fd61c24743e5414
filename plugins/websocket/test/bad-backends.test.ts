/** The transport against backends that misbehave, over real sockets. */
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { RunningLink } from './running-link.ts';
import type { LinkOptions } from './running-link.ts';
import { ScriptedBackend } from './scripted-backend.ts';
import { SimulatedSpool } from './simulated-spool.ts';
import { until } from './until.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function scripted(...options: Parameters<typeof ScriptedBackend.start>): Promise<ScriptedBackend> {
  const backend = await ScriptedBackend.start(...options);
  stops.push(() => backend.close());
  return backend;
}

function link(options: LinkOptions): RunningLink {
  const running = new RunningLink(options);
  stops.push(() => running.stop());
  return running;
}

describe('a connection that ends', () => {
  it.each([1001, 1006, 1011, 1013, 4400, 4410, 4412])('with %i is made again, from what the backend has', async (code) => {
    const backend = await scripted();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url });
    for (let i = 0; i < 3; i++) spool.appendTicks(1);
    await until('the frames', () => backend.seqs.length === 3);
    backend.lastSeq = 2;
    if (code === 1006) backend.socket?.terminate();
    else backend.socket?.close(code, 'as the test says');
    await until('the next connection', () => backend.hellos.length === 2 && backend.seqs.length === 4);
    expect(backend.seqs).toEqual([1, 2, 3, 3]);
    expect(spool.suspends[0]).toContain(String(code));
    expect(running.counter('reconnects')).toBe(1);
  });

  it('thirty times, by goodbye and by force, loses nothing', async () => {
    const backend = await scripted();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url, speed: 20 });
    const taken = new Set<number>();
    backend.onFrame = (seq) => {
      taken.add(seq);
      backend.lastSeq = seq;
    };
    for (let round = 1; round <= 30; round++) {
      spool.appendTicks(1);
      await until('the frame', () => taken.has(round));
      if (round % 2) backend.socket?.close(1001);
      else backend.socket?.terminate();
      await until('the reconnect', () => spool.resumes.length === round + 1);
    }
    expect([...taken]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(running.counter('connections')).toBe(31);
  });

  it('says what the backend said in its error', async () => {
    const backend = await scripted();
    const running = link({ spool: new SimulatedSpool(), url: backend.url });
    await until('the connection', () => running.counter('connected') === 1);
    backend.send('error', { code: 'HOLE', message: 'seq 9 came after 7' });
    backend.socket?.close(4410, 'short');
    await until('the end', () => running.lines.some(({ level }) => level === 'error'));
    expect(running.lines.at(-1)?.message).toContain('HOLE: seq 9 came after 7');
  });
});

describe('a connection that is dead', () => {
  it('because the backend answers no more, is noticed after 3 s of silence and made again', async () => {
    const backend = await scripted({ autoPong: false });
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url, speed: 20 });
    spool.appendTicks(1);
    await until('the frame', () => backend.seqs.length === 1);
    const before = performance.now();
    await until('the reconnect', () => backend.hellos.length === 2);
    // 3 s to 4 s at the clock's speed, and the time to connect.
    expect(performance.now() - before).toBeGreaterThan(100);
    expect(running.lines.some(({ message }) => message.includes('nothing came from the backend for 3 s'))).toBe(true);
  });

  it('because the backend reads no more, is noticed as well, with bounded memory', async () => {
    const backend = await scripted();
    const spool = new SimulatedSpool({ window: 1e9 });
    const running = link({ spool, url: backend.url, config: { protocol: 'json' }, speed: 10 });
    await until('the connection', () => running.counter('connected') === 1);
    backend.socket?.pause();
    for (let i = 0; i < 300; i++) spool.appendTicks(1_000);
    // 300 frames of 40 kB are 12 MB: more than the sockets of the system hold and the transport takes.
    expect(running.counter('pauses')).toBe(1);
    expect(running.counter('unsentBytes')).toBeLessThan(6 * 1_048_576);
    await until('the end', () => spool.suspends.some((reason) => reason.includes('nothing came')));
    await until('the rest', () => (backend.seqs.at(-1) ?? 0) === 300, 20_000);
  });

  it('is not one when the backend reads slowly: it goes on when there is room, and sends nothing twice', async () => {
    const backend = await scripted();
    const spool = new SimulatedSpool({ window: 1e9 });
    const running = link({ spool, url: backend.url, config: { protocol: 'json' } });
    await until('the connection', () => running.counter('connected') === 1);
    backend.socket?.pause();
    for (let i = 0; i < 300; i++) spool.appendTicks(1_000);
    expect(running.counter('pauses')).toBeGreaterThan(0);
    backend.socket?.resume();
    await until('all frames', () => (backend.seqs.at(-1) ?? 0) === 300, 20_000);
    expect(backend.seqs).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    expect(running.counter('connections')).toBe(1);
  });

  it('because nothing answers the upgrade, is given up after 5 s', async () => {
    const mute = net.createServer(() => undefined).listen(0, '127.0.0.1');
    stops.push(async () => void mute.close());
    await until('the listener', () => mute.listening);
    const { port } = mute.address() as AddressInfo;
    const running = link({ spool: new SimulatedSpool(), url: `ws://127.0.0.1:${port}/ws/client/trader`, speed: 50 });
    await until('the end', () => running.lines.some(({ message }) => message.includes('did not answer within 5 s')));
  });

  it('because hello is not answered, likewise', async () => {
    const backend = await scripted();
    backend.lastSeq = null;
    const running = link({ spool: new SimulatedSpool(), url: backend.url, speed: 50 });
    await until('the end', () => running.lines.some(({ message }) => message.includes('did not answer within 5 s')));
    expect(running.counter('connections')).toBe(0);
  });
});

describe('a backend that talks nonsense', () => {
  it.each([
    ['no JSON', (backend: ScriptedBackend) => backend.socket?.send('{{{')],
    ['no envelope', (backend: ScriptedBackend) => backend.socket?.send('[1]')],
    ['an ack without a seq', (backend: ScriptedBackend) => backend.send('ack', { epoch: 'epoch-1' })],
    ['an ack of a fraction', (backend: ScriptedBackend) => backend.send('ack', { epoch: 'epoch-1', seq: 1.5 })],
    ['a second resume', (backend: ScriptedBackend) => backend.send('resume', { epoch: 'epoch-1', last_seq: 0 })],
    ['a binary message', (backend: ScriptedBackend) => backend.socket?.send(Buffer.from([1, 2, 3]))],
    ['a message of 2 MiB', (backend: ScriptedBackend) => backend.socket?.send(' '.repeat(2_097_152))],
  ])('(%s) is left, logged, and tried again', async (_, nonsense) => {
    const backend = await scripted();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url });
    await until('the connection', () => spool.resumes.length === 1);
    nonsense(backend);
    await until('the next connection', () => spool.resumes.length === 2);
    expect(running.lines.some(({ level }) => level === 'error' || level === 'warn')).toBe(true);
    expect(spool.acks).toEqual([]);
  });

  it('is forgiven what it adds to the protocol', async () => {
    const backend = await scripted();
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url });
    await until('the connection', () => spool.resumes.length === 1);
    backend.send('weather', { sunny: true });
    backend.send('ack', { epoch: 'epoch-1', seq: 0, more: 1 });
    spool.appendTicks(1);
    await until('the frame', () => backend.seqs.length === 1);
    backend.ack(1);
    await spool.settled();
    expect(running.counter('connections')).toBe(1);
  });

  it('is told who comes, and from where on', async () => {
    const backend = await scripted();
    const spool = new SimulatedSpool();
    link({ spool, url: backend.url, token: 'secret' });
    spool.appendTicks(1);
    await until('the frame', () => backend.seqs.length === 1);
    backend.ack(1);
    await spool.settled();
    backend.lastSeq = 1;
    backend.socket?.close(1001);
    await until('the next hello', () => backend.hellos.length === 2);
    expect(backend.hellos).toEqual([
      { protocol: 1, epoch: 'epoch-1', client_version: '0.1.0', last_seq: 0 },
      { protocol: 1, epoch: 'epoch-1', client_version: '0.1.0', last_seq: 1 },
    ]);
    expect(backend.headers[0]).toMatchObject({ authorization: 'Bearer secret', 'client-version': '0.1.0' });
    expect(backend.headers[0]).not.toHaveProperty('sec-websocket-extensions');
  });

  it('and knows no subprotocols gets JSON', async () => {
    const backend = await scripted({ handleProtocols: () => false });
    const spool = new SimulatedSpool();
    link({ spool, url: backend.url });
    spool.appendTicks(2);
    await until('the frame', () => backend.seqs.length === 1);
    expect(backend.envelopes.find(({ data_type: type }) => type === 'ticks')?.payload).toMatchObject({
      symbols: { 0: 'EURUSD', 1: 'XAUUSD' },
    });
  });

  it('and knows no binary, where binary is asked for, is not used', async () => {
    const backend = await scripted({ handleProtocols: () => false });
    const spool = new SimulatedSpool();
    const running = link({ spool, url: backend.url, config: { protocol: 'binary' }, speed: 10 });
    spool.appendTicks(1);
    await until('the refusal', () => running.lines.some(({ level }) => level === 'error'));
    expect(running.link.status().detail).toContain('set plugins.websocket.protocol to auto');
    expect(backend.seqs).toEqual([]);
  });

  it.each([401, 403, 404, 503])('by HTTP %i is understood', async (status) => {
    const server = net
      .createServer((socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`))
      .listen(0, '127.0.0.1');
    stops.push(async () => void server.close());
    await until('the listener', () => server.listening);
    const { port } = server.address() as AddressInfo;
    const running = link({ spool: new SimulatedSpool(), url: `ws://127.0.0.1:${port}/ws/client/trader` });
    await until('the refusal', () => running.lines.length > 0);
    expect(running.lines[0]?.message).toContain(`HTTP ${status}`);
    expect(running.lines[0]?.level).toBe(status === 503 ? 'warn' : 'error');
  });
});

describe('frames that come together', () => {
  it('go in few messages', async () => {
    const backend = await scripted();
    const spool = new SimulatedSpool({ window: 1e9 });
    link({ spool, url: backend.url });
    await until('the connection', () => spool.resumes.length === 1);
    const before = backend.messages;
    for (let i = 0; i < 500; i++) spool.appendTicks(1);
    await until('the frames', () => backend.seqs.length === 500);
    expect(backend.messages - before).toBeLessThan(5);
  });

  it('are at most about 64 KiB a message, single large frames excepted', async () => {
    const sizes: number[] = [];
    const backend = await scripted();
    backend.server.on('connection', (socket) => socket.on('message', (data) => sizes.push((data as Buffer).length)));
    const spool = new SimulatedSpool({ window: 1e9 });
    link({ spool, url: backend.url });
    await until('the connection', () => spool.resumes.length === 1);
    for (let i = 0; i < 200; i++) spool.appendTicks(1_000);
    spool.appendTicks(65_536);
    await until('the frames', () => backend.seqs.length === 201);
    expect(sizes.filter((size) => size > 80_000)).toHaveLength(1);
  });
});
