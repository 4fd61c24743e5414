import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { TickBatch } from '../src/batch/tick-batch.ts';
import { PipeFrame } from '../src/protocol/pipe.ts';
import { IsolateProcess, MAIN, PluginFolder } from './isolate-process.ts';

const folder = new PluginFolder();
const running: IsolateProcess[] = [];

function isolate(options?: { permission?: boolean }): IsolateProcess {
  const started = new IsolateProcess(folder, options);
  running.push(started);
  return started;
}

afterEach(() => {
  for (const one of running.splice(0)) one.kill();
});
afterAll(() => folder.remove());

const FEED = `
import { definePlugin, Publish, Clock, Log, z } from '@tickhub/plugin-sdk';

interface Quote { bid: number; ask: number }

export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock, log: Log },
  config: z.object({ symbol: z.string(), count: z.number().default(3) }),
  start({ publish, clock, log, config, signal, restored }) {
    const quote: Quote = { bid: 1.1, ask: 1.2 };
    const symbol = publish.source().symbol(config.symbol);
    const from = symbol.cursor.time === 0 ? 1000 : symbol.cursor.time + 1;
    let sent = 0;
    for (let i = 0; i < config.count; i++) if (symbol.push(from + i, -1, quote.bid, quote.ask, 0, 0, 6) === 'taken') sent++;
    publish.record('custom', { time: 5, body: { restored: restored === null ? null : restored.state } });
    publish.source().onDurable((moved) => log.info('durable', { symbol: moved[0].name, time: moved[0].durable.time }));
    signal.addEventListener('abort', () => log.info('aborted'));
    console.log('hello %s', 'console');
    return {
      status: () => ({ status: 'ok', detail: sent + ' ticks', counters: { sent } }),
      snapshot: () => ({ sent }),
      stop: () => { publish.tick({ symbol: config.symbol, time: from + 1000, bid: 9, ask: 9 }); },
    };
  },
});
`;

describe('a single .ts file in an isolate', () => {
  for (const permission of [false, true]) {
    it(`is loaded, started, drained, started again and ended ${permission ? 'under the permission model' : 'as a bundled plugin'}`, async () => {
      const host = isolate({ permission });
      await host.load(folder.write('feed.ts', FEED), { symbol: 'EURUSD' });
      expect(await host.message('loaded')).toEqual({ type: 'loaded', kind: 'data-source' });

      host.start({ snapshot: { version: '1.0.0', state: { sent: 7 } } });
      await host.message('started');
      await host.until('its ticks and its record', () => host.collected.ticks.length === 3 && host.collected.records.length === 1);
      expect(host.collected.ticks.map(({ source, symbol, time, ordinal }) => ({ source, symbol, time, ordinal }))).toEqual([
        { source: 'demo', symbol: 'EURUSD', time: 1000, ordinal: 0 },
        { source: 'demo', symbol: 'EURUSD', time: 1001, ordinal: 0 },
        { source: 'demo', symbol: 'EURUSD', time: 1002, ordinal: 0 },
      ]);
      expect(host.collected.records[0]).toMatchObject({
        stream: 'custom',
        source: 'demo',
        seq: 1,
        time: 5,
        body: { restored: { sent: 7 } },
      });
      expect(host.collected.batchSizes).toEqual([3]);
      expect((await host.message('health')).status).toEqual({ status: 'ok', detail: '3 ticks', counters: { sent: 3 } });
      expect(await host.message('log', (log) => log.message === 'hello console')).toMatchObject({ level: 'info' });

      host.tell({ type: 'snapshot' });
      expect((await host.message('snapshot')).snapshot).toEqual({ version: '1.2.3', state: { sent: 3 } });

      host.tell({ type: 'drain', deadlineMs: 2_000 });
      await host.message('drained');
      await host.message('log', (log) => log.message === 'aborted');
      await host.until('what stop published', () => host.collected.ticks.length === 4);
      expect(host.collected.ticks[3]).toMatchObject({ time: 2000, bid: 9 });

      host.start({ cursors: [{ source: 'demo', symbol: 'EURUSD', time: 2000, same: 1 }] });
      await host.until('the ticks of its second life', () => host.collected.ticks.length === 7 && host.collected.records.length === 2);
      expect(host.collected.ticks.slice(4).map((tick) => tick.time)).toEqual([2001, 2002, 2003]);
      expect(host.collected.records[1]).toMatchObject({ seq: 2, body: { restored: null } });

      host.tell({ type: 'exit' });
      expect(await host.exited).toEqual({ code: 0, signal: null });
    });
  }
});

const plugin = (body: string, inject = '{ publish: Publish, clock: Clock, log: Log }'): string => `
import { definePlugin, Publish, Clock, Log, Store, Http, Gate, Market, Delivery, Credentials, z } from '@tickhub/plugin-sdk';
export default definePlugin({ kind: 'data-source', inject: ${inject}, start(ctx) { ${body} } });
`;

describe('an entry that cannot be run', () => {
  it('is refused with what is wrong, and the isolate can load another', async () => {
    const bad: [what: string, text: string, config: Record<string, unknown>, code: string, message: RegExp][] = [
      ['no default export', 'export const x = 1;', {}, 'NO_DEFAULT_EXPORT', /export default definePlugin/],
      ['a plain object', 'export default { kind: "data-source", start() {} };', {}, 'NOT_A_PLUGIN', /not made by definePlugin/],
      ['another kind', plugin('').replace("kind: 'data-source'", "kind: 'model'"), {}, 'WRONG_KIND', /"data-source".*"model"/],
      ['a capability it may not have', plugin('', '{ delivery: Delivery }'), {}, 'CAPABILITY_DENIED', /"delivery"/],
      ['config that it does not take', plugin(''), { symbol: 'X' }, 'BAD_CONFIG', /"symbol": this plugin takes no config/],
      ['an error of its own', 'throw new RangeError("out of luck");', {}, 'ENTRY_THREW', /RangeError: out of luck/],
      ['a syntax error', 'export default {;', {}, 'ENTRY_THREW', /SyntaxError/],
      ['types that must be compiled', 'export enum A { B }\nexport default A;', {}, 'ENTRY_THREW', /enum.*need a build/],
      ['a package that is not there', 'import "left-pad";', {}, 'ENTRY_THREW', /brings the packages it imports in its folder/],
      [
        'an import the SDK does not have',
        'import { Telescope } from "@tickhub/plugin-sdk"; export default Telescope;',
        {},
        'ENTRY_THREW',
        /Telescope/,
      ],
    ];
    const host = isolate();
    for (const [what, text, config, code, message] of bad) {
      const before = host.messages.length;
      await host.load(folder.write(`bad-${what.replaceAll(' ', '-')}.ts`, text), config);
      const failed = await host.message('failed', (failure) => host.messages.indexOf(failure) >= before);
      expect(failed, what).toMatchObject({ during: 'load', failure: { code, message: expect.stringMatching(message) as string } });
      if (code === 'ENTRY_THREW') expect(failed.failure.stack, what).toBeTypeOf('string');
    }
    await host.load(folder.write('good-at-last.ts', plugin('')));
    await host.message('loaded');
    host.tell({ type: 'exit' });
    expect(await host.exited).toEqual({ code: 0, signal: null });
  });

  it('throws with a stack that leads to its line', async () => {
    const host = isolate();
    await host.load(folder.write('stack.ts', '// first line\ninterface A { b: string }\nthrow new Error("third line");\n'));
    expect((await host.message('failed')).failure.stack).toContain('stack.ts:3');
  });
});

describe('a plugin that fails', () => {
  it.each([
    ['throws in a timer of the clock', 'ctx.clock.after(1, () => { throw new Error("tick tock"); });', 'UNCAUGHT', /tick tock/],
    [
      'throws in a timer of its own',
      'setTimeout(() => { throw Object.assign(new Error("taken"), { code: "EADDRINUSE" }); }, 1);',
      'EADDRINUSE',
      /taken/,
    ],
    ['forgets a rejection', 'Promise.reject(new TypeError("nobody cares"));', 'UNCAUGHT', /nobody cares/],
    ['throws a string', 'setTimeout(() => { throw "oh no"; }, 1);', 'UNCAUGHT', /threw a string/],
    ['calls process.exit', 'setTimeout(() => process.exit(0), 1);', 'EXIT_CALLED', /process\.exit\(0\)/],
  ])('because it %s says why, sends what it has, and exits with 1', async (_what, body, code, message) => {
    const host = isolate();
    const publish = 'ctx.publish.tick({ symbol: "A", time: 1, bid: 1, ask: 2 });';
    await host.load(folder.write(`crash-${code}-${body.length}.ts`, plugin(`${publish}${body}`)));
    await host.message('loaded');
    host.start();
    expect(await host.exited).toEqual({ code: 1, signal: null });
    const failed = host.messages.filter(({ type }) => type === 'failed');
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ during: 'run', failure: { code, message: expect.stringMatching(message) as string } });
    expect(host.collected.ticks).toHaveLength(1);
  });

  it('in start says so, and may be started again', async () => {
    const host = isolate();
    await host.load(folder.write('start.js', plugin('if (!globalThis.again) { globalThis.again = true; throw new Error("not yet"); }')));
    await host.message('loaded');
    host.start();
    expect(await host.message('failed')).toMatchObject({ during: 'start', failure: { code: 'START_THREW', message: 'not yet' } });
    host.start();
    await host.message('started');
  });

  it('to stop in time says so', async () => {
    const host = isolate();
    await host.load(folder.write('slow-stop.ts', plugin('return { stop: () => new Promise(() => {}) };')));
    await host.message('loaded');
    host.start();
    await host.message('started');
    host.tell({ type: 'drain', deadlineMs: 50 });
    expect(await host.message('failed')).toMatchObject({
      during: 'drain',
      failure: { code: 'DRAIN_TIMEOUT', message: expect.stringContaining('50 ms') as string },
    });
  });

  it('to make a snapshot says so, and runs on', async () => {
    const host = isolate();
    await host.load(folder.write('snap.ts', plugin('return { snapshot: () => ({ f() {} }) };')));
    await host.message('loaded');
    host.start();
    await host.message('started');
    host.tell({ type: 'snapshot' });
    expect(await host.message('failed')).toMatchObject({ during: 'snapshot', failure: { code: 'SNAPSHOT_NOT_CLONEABLE' } });
    const sofar = host.messages.length;
    host.tell({ type: 'ping' });
    await host.until('health', () => host.messages.slice(sofar).some(({ type }) => type === 'health'));
  });

  it('is started while it is being stopped: start hears the signal', async () => {
    const host = isolate();
    await host.load(
      folder.write(
        'patient.ts',
        plugin('return new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve(undefined)));'),
      ),
    );
    await host.message('loaded');
    host.start();
    host.tell({ type: 'drain', deadlineMs: 1_000 });
    await host.message('drained');
    expect(host.messages.map(({ type }) => type).filter((type) => type === 'started' || type === 'drained')).toEqual([
      'started',
      'drained',
    ]);
  });
});

describe('an isolate', () => {
  it('ends when its host does', async () => {
    const host = isolate();
    await host.load(folder.write('endless.ts', plugin('ctx.clock.every(1, () => {});')));
    await host.message('loaded');
    host.start();
    await host.message('started');
    const exit = once(host.child, 'exit');
    host.child.disconnect();
    expect(await exit).toEqual([0, null]);
  });

  it.skipIf(process.platform === 'win32')('leaves Ctrl-C and the end of a session to its host', async () => {
    const host = isolate();
    await host.load(folder.write('calm.ts', plugin('')));
    await host.message('loaded');
    host.child.kill('SIGINT');
    host.child.kill('SIGTERM');
    host.start();
    await host.message('started');
  });

  it('does not offer process.send to libraries that take it for a cluster worker', async () => {
    const host = isolate();
    await host.load(folder.write('send.ts', plugin('console.warn(typeof process.send);')));
    await host.message('loaded');
    host.start();
    expect(await host.message('log')).toMatchObject({ level: 'warn', message: 'undefined' });
  });

  it('tells how long its event loop was held up', async () => {
    const host = isolate();
    await host.load(
      folder.write('spin.ts', plugin('setTimeout(() => { const until = Date.now() + 400; while (Date.now() < until); }, 1);')),
    );
    await host.message('loaded');
    host.start();
    const health = await host.message('health', ({ loopLagMs }) => loopLagMs > 100);
    expect(health.loopLagMs).toBeLessThan(5_000);
    expect(health.rssBytes).toBeGreaterThan(20_000_000);
  });

  it('sends fields that cannot be cloned as words, and says how many lines it dropped', async () => {
    const host = isolate();
    const body =
      'ctx.log.info("odd", { f() {}, n: 1 }); for (let i = 0; i < 5_000; i++) ctx.log.debug("line " + i); setTimeout(() => ctx.log.info("end"), 200);';
    await host.load(folder.write('talk.ts', plugin(body)));
    await host.message('loaded');
    host.start();
    expect((await host.message('log', ({ message }) => message === 'odd')).fields).toEqual({ f: '[Function: f]', n: '1' });
    await host.message('log', ({ message }) => message === 'end');
    const logs = host.messages.filter((message) => message.type === 'log').map(({ message }) => message);
    const dropped = Number(/^(\d+) log lines were dropped/.exec(logs.find((line) => line.includes('dropped')) ?? '')?.[1] ?? 0);
    expect(logs.filter((line) => line.startsWith('line')).length + dropped).toBe(5_000);
  });

  it('calls the host, and hears of the gate, of durable ticks and of credentials', async () => {
    const host = isolate();
    const body = `
      const symbol = ctx.publish.source().symbol('A');
      ctx.gate.onChange((changed) => { ctx.log.info('gate ' + changed[0].symbol + ' ' + symbol.allowed); });
      ctx.publish.source().onDurable(([moved]) => ctx.log.info('durable ' + moved.durable.time));
      ctx.store.get('k').then((value) => ctx.log.info('stored ' + value));
      ctx.http.fetch('https://x.example').catch((error) => ctx.log.info('http ' + error.code));
    `;
    await host.load(folder.write('calls.ts', plugin(body, '{ publish: Publish, log: Log, gate: Gate, store: Store, http: Http }')));
    await host.message('loaded');
    host.start();
    const store = await host.message('call', ({ capability }) => capability === 'store');
    const http = await host.message('call', ({ capability }) => capability === 'http');
    expect([store.method, store.args, http.method, http.args]).toEqual(['get', ['k'], 'fetch', ['https://x.example', {}]]);
    host.tell({ type: 'reply', id: http.id, failure: { code: 'HTTP_HOST_DENIED', message: 'no' } });
    host.tell({ type: 'reply', id: store.id, value: 7 });
    host.tell({ type: 'gate', verdicts: [{ symbol: 'A', allowed: false, reason: 'tier' }] });
    const durable = new DataView(new ArrayBuffer(16));
    durable.setUint32(4, 1, true);
    durable.setFloat64(8, 99, true);
    host.send(PipeFrame.durable, new Uint8Array(durable.buffer));
    for (const text of ['stored 7', 'http HTTP_HOST_DENIED', 'gate A false', 'durable 99'])
      await host.message('log', ({ message }) => message === text);
  });

  it('keeps a plugin of its own folder from the rest of the disk and from the network', async () => {
    const host = isolate({ permission: true });
    const body = `
      import('node:fs').then(async (fs) => {
        const tried = (name, work) => { try { work(); ctx.log.info(name + ' worked'); } catch (error) { ctx.log.info(name + ' ' + error.code); } };
        tried('read', () => fs.readFileSync('/etc/hostname'));
        const net = await import('node:net');
        const socket = net.connect(9, '127.0.0.1');
        socket.on('error', (error) => ctx.log.info('connect ' + error.code));
        tried('child', () => process.getBuiltinModule('node:child_process').spawnSync('true'));
      }).catch((error) => ctx.log.info('import ' + error.code));
    `;
    await host.load(folder.write('curious.ts', plugin(body)));
    await host.message('loaded');
    host.start();
    for (const text of ['read ERR_ACCESS_DENIED', 'child ERR_ACCESS_DENIED']) await host.message('log', ({ message }) => message === text);
    // Node 24 has no network permission: there the connection is refused by the machine.
    await host.message('log', ({ message }) => /^connect (ERR_ACCESS_DENIED|ECONNREFUSED)$/.test(message));
  });

  it('refuses to be run by hand', async () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], { encoding: 'utf8', env: {} });
    expect(status).not.toBe(0);
    expect(stderr).toContain('it is started by the host, not by hand');
  });

  it('carries a burst through the pipe in order, and tells of congestion', async () => {
    const host = isolate();
    const body = `
      const symbol = ctx.publish.source().symbol('A');
      let time = 0;
      const go = async () => {
        let waited = 0;
        for (let i = 0; i < 100; i++) {
          for (let k = 0; k < 4_096; k++) symbol.push(++time, -1, 1, 2, 0, 0, 6);
          if (ctx.publish.congested) { waited++; await ctx.publish.drained(); }
        }
        ctx.log.info('sent', { time, waited });
      };
      ctx.clock.after(1, go);
    `;
    const bytes = { seen: 0 };
    await host.load(folder.write('burst.ts', plugin(body)));
    host.data.on('data', (chunk: Uint8Array) => (bytes.seen += chunk.byteLength));
    await host.message('loaded');
    host.start();
    const sent = await host.message('log', ({ message }) => message === 'sent');
    await host.until('all ticks', () => host.collected.ticks.length === 409_600);
    expect(sent.fields?.['time']).toBe(409_600);
    expect(sent.fields?.['waited']).toBeGreaterThan(0);
    expect(host.collected.ticks.every((tick, i) => tick.time === i + 1)).toBe(true);
    expect(bytes.seen / 409_600).toBeLessThan(33);
  });
});

describe('a transport in an isolate', () => {
  it('takes frames from where it resumed, and acknowledges them', async () => {
    const host = isolate();
    const text = `
      import { definePlugin, Delivery, Credentials, Log } from '@tickhub/plugin-sdk';
      export default definePlugin({ kind: 'transport', inject: { delivery: Delivery, credentials: Credentials, log: Log }, start({ delivery, credentials, log }) {
        delivery.onFrame(({ seq, ticks }) => { log.info('frame ' + seq + ' ' + ticks.count); delivery.acked(seq); });
        credentials.onChange(() => log.info('changed'));
        delivery.resume(2);
      } });
    `;
    await host.load(folder.write('transport.ts', text), {}, 'transport');
    await host.message('loaded');
    const frame = (seq: number): Uint8Array => new Uint8Array([...f64(seq), ...TickBatch.create(seq).bytes]);
    // Before it has resumed: a frame of the life before this one.
    host.send(PipeFrame.deliverTicks, frame(1));
    host.start({ spool: { epoch: 'e', lastSeq: 9, ackedSeq: 2 } });
    expect(await host.message('resume')).toEqual({ type: 'resume', lastSeq: 2 });
    host.send(PipeFrame.deliverTicks, frame(8));
    host.send(PipeFrame.resumed, f64(2));
    host.send(PipeFrame.deliverTicks, frame(3));
    host.send(PipeFrame.deliverTicks, frame(4));
    await host.until('acks', () => host.frames.includes(PipeFrame.acked));
    await host.message('log', ({ message }) => message === 'frame 4 4');
    expect(host.messages.filter((message) => message.type === 'log').map(({ message }) => message)).toEqual(['frame 3 3', 'frame 4 4']);
    host.tell({ type: 'credentials-changed' });
    await host.message('log', ({ message }) => message === 'changed');
  });
});

function f64(value: number): Uint8Array {
  return new Uint8Array(new Float64Array([value]).buffer);
}
