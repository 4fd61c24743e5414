import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Clock, Credentials, definePlugin, Delivery, Gate, Http, Log, Market, Publish, Store, z } from '../index.ts';
import type { Outgoing, PluginStatus } from '../index.ts';
import { createHarness } from './harness.ts';
import type { Harness, HarnessOptions } from './harness.ts';

const open: Harness[] = [];
afterEach(async () => {
  for (const harness of open.splice(0)) await harness.stop().catch(() => undefined);
});

function harnessOf(definition: Parameters<typeof createHarness>[0], options?: HarnessOptions): Harness {
  const harness = createHarness(definition, options);
  open.push(harness);
  return harness;
}

const quotes = definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock, log: Log, gate: Gate },
  config: z.object({ symbols: z.array(z.string()).default(['EURUSD']), everyMs: z.number().default(100) }),
  start({ publish, clock, log, gate, config, restored }) {
    let n = (restored?.state as { n?: number } | undefined)?.n ?? 0;
    const source = publish.source();
    const symbols = config.symbols.map((name) => source.symbol(name));
    source.onDurable((moved) => log.info('durable', { symbols: moved.map(({ name, durable }) => `${name} ${durable.same}`) }));
    gate.onChange((changed) => log.info('gate', { changed: changed.map(({ symbol }) => symbol) }));
    clock.every(config.everyMs, () => {
      n++;
      for (const symbol of symbols) if (symbol.allowed) symbol.push(clock.now(), -1, 1 + n, 2 + n, 0, 0, 6);
      publish.record('custom', { time: clock.now(), body: { n } });
    });
    return {
      status: () => ({ status: n > 2 ? 'degraded' : 'ok', detail: `${n} rounds`, counters: { n } }),
      snapshot: () => ({ n }),
      stop: () => void publish.tick({ symbol: 'EURUSD', time: clock.now() + 1, bid: 1, ask: 2 }),
    };
  },
});

describe('a data source', () => {
  it('publishes as its clock is moved', async () => {
    const harness = harnessOf(quotes, { now: 1_000 });
    await harness.start();
    expect(harness.symbols.map(({ name }) => name)).toEqual(['EURUSD']);
    expect(harness.ticks).toEqual([]);
    await harness.advance(250);
    expect(harness.ticks).toEqual([
      { source: 'test', symbol: 'EURUSD', time: 1_100, ordinal: 0, bid: 2, ask: 3, last: 0, volume: 0, flags: 6, utcOffsetMs: 0 },
      { source: 'test', symbol: 'EURUSD', time: 1_200, ordinal: 0, bid: 3, ask: 4, last: 0, volume: 0, flags: 6, utcOffsetMs: 0 },
    ]);
    expect(harness.records.map(({ stream, seq, time, body }) => ({ stream, seq, time, body }))).toEqual([
      { stream: 'custom', seq: 1, time: 1_100, body: { n: 1 } },
      { stream: 'custom', seq: 2, time: 1_200, body: { n: 2 } },
    ]);
    expect(harness.status()).toEqual({ status: 'ok', detail: '2 rounds', counters: { n: 2 } });
    await harness.stop();
    await harness.advance(1_000);
    expect(harness.ticks).toHaveLength(3);
  });

  it('hears what became durable', async () => {
    const harness = harnessOf(quotes);
    await harness.start();
    await harness.advance(100);
    harness.makeDurable();
    harness.makeDurable();
    expect(harness.logs).toEqual([{ level: 'info', message: 'durable', fields: { symbols: ['EURUSD 1'] } }]);
  });

  it('hears what is held back, and what no longer is', async () => {
    const harness = harnessOf(quotes, {
      config: { symbols: ['EURUSD', 'XAUUSD'] },
      verdicts: [{ symbol: 'XAUUSD', allowed: false, reason: 'tier' }],
    });
    await harness.start();
    expect(harness.symbols.map(({ name }) => name)).toEqual(['EURUSD', 'XAUUSD']);
    await harness.advance(100);
    harness.setVerdicts([{ symbol: 'XAUUSD', allowed: true }]);
    await harness.advance(100);
    expect(harness.ticks.map(({ symbol }) => symbol)).toEqual(['EURUSD', 'EURUSD', 'XAUUSD']);
    expect(harness.logs.map(({ fields }) => fields)).toEqual([{ changed: ['XAUUSD'] }]);
  });

  it('goes on where it was when it is started again, with what it left for itself', async () => {
    const harness = harnessOf(quotes, {
      now: 1_000,
      cursors: [{ source: 'test', symbol: 'EURUSD', time: 900, same: 1 }],
    });
    await harness.start();
    await harness.advance(100);
    const snapshot = await harness.snapshot();
    expect(snapshot).toEqual({ version: '1.0.0', state: { n: 1 } });
    await harness.stop();
    await harness.start({ snapshot });
    await harness.advance(100);
    expect(harness.records.map(({ seq, body }) => [seq, body['n']])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(harness.ticks.map(({ time }) => time)).toEqual([1_100, 1_101, 1_200]);
  });

  it('batches while the host is slow', async () => {
    let drained = 0;
    const plugin = definePlugin({
      kind: 'data-source',
      inject: { publish: Publish, clock: Clock },
      start({ publish, clock }) {
        clock.every(10, async () => {
          publish.tick({ symbol: 'A', time: clock.now(), bid: 1, ask: 2 });
          if (!publish.congested) return;
          await publish.drained();
          drained++;
        });
      },
    });
    const harness = harnessOf(plugin);
    await harness.start();
    harness.congested = true;
    await harness.advance(100);
    expect(harness.batchSizes).toEqual([]);
    harness.congested = false;
    await harness.settle();
    expect([harness.batchSizes, drained]).toEqual([[1], 1]);
  });
});

describe('capabilities of the host', () => {
  const fetcher = definePlugin({
    kind: 'data-source',
    inject: { http: Http, store: Store, publish: Publish, clock: Clock, log: Log },
    async start({ http, store, publish, clock, log }) {
      const poll = async (): Promise<void> => {
        const etag = (await store.get('etag')) as string | undefined;
        try {
          const response = await http.fetch(
            'https://api.example.com/news?since=1',
            etag === undefined ? {} : { headers: { 'if-none-match': etag } },
          );
          if (response.status === 304) return log.debug('unchanged');
          const body = JSON.parse(new TextDecoder().decode(response.body)) as { items: { at: number; title: string }[] };
          for (const { at, title } of body.items) publish.record('notice', { time: at, key: title, body: { title } });
          await store.set('etag', response.headers['etag']);
        } catch (error) {
          log.warn('news cannot be had', { code: (error as { code?: string }).code });
        }
      };
      await poll();
      clock.every(60_000, poll);
    },
  });

  it('answer from routes, and keep what is stored', async () => {
    const harness = harnessOf(fetcher, {
      http: { 'https://api.example.com/news': { headers: { ETag: '"1"' }, body: { items: [{ at: 5, title: 'a' }] } } },
    });
    await harness.start();
    expect(harness.records.map(({ stream, body }) => [stream, body])).toEqual([['notice', { title: 'a' }]]);
    expect([...harness.store]).toEqual([['etag', '"1"']]);
  });

  it('answer from a handler, with errors as a host has them', async () => {
    const asked: unknown[] = [];
    const harness = harnessOf(fetcher, {
      store: new Map([['etag', '"7"']]),
      http: async (url, request) => {
        asked.push([url, request.headers]);
        if (asked.length === 1) return { status: 304 };
        throw Object.assign(new Error('too slow'), { code: 'HTTP_TIMEOUT' });
      },
    });
    await harness.start();
    await harness.advance(60_000);
    expect(asked[0]).toEqual(['https://api.example.com/news?since=1', { 'if-none-match': '"7"' }]);
    expect(harness.logs).toEqual([
      { level: 'debug', message: 'unchanged', fields: undefined },
      { level: 'warn', message: 'news cannot be had', fields: { code: 'HTTP_TIMEOUT' } },
    ]);
  });

  it('refuse a route that the test did not give', async () => {
    const harness = harnessOf(fetcher);
    await harness.start();
    expect(harness.logs[0]?.fields).toEqual({ code: 'HTTP_HOST_DENIED' });
  });
});

describe('a model', () => {
  it('gets ticks with their names, hears what it missed, and publishes what it makes of them', async () => {
    const model = definePlugin({
      kind: 'model',
      inject: { market: Market, publish: Publish },
      start({ market, publish }) {
        market.onTicks((batch, missed) => {
          const symbol = market.symbol(batch.symbol[0] ?? 0)?.name;
          publish.record('analysis', {
            time: batch.time[0] ?? 0,
            ...(symbol === undefined ? {} : { symbol }),
            body: { count: batch.count, missed },
          });
        });
      },
    });
    const harness = harnessOf(model);
    await harness.start();
    harness.giveTicks([
      { symbol: 'EURUSD', time: 1, bid: 1, ask: 2 },
      { symbol: 'EURUSD', time: 1, bid: 1, ask: 2 },
      { symbol: 'XAUUSD', source: 'mt5:b', time: 5, bid: 1, ask: 2 },
    ]);
    harness.giveMissed(9);
    harness.giveTicks([{ symbol: 'EURUSD', time: 2, bid: 1, ask: 2 }]);
    expect(harness.records.map(({ symbol, body }) => [symbol, body])).toEqual([
      ['EURUSD', { count: 2, missed: 0 }],
      ['XAUUSD', { count: 1, missed: 0 }],
      ['EURUSD', { count: 1, missed: 9 }],
    ]);
  });
});

describe('a transport', () => {
  it('is sent frames from where it resumes, and acknowledges them', async () => {
    const frames: Outgoing[] = [];
    let delivery: Delivery | null = null;
    const users: string[] = [];
    const transport = definePlugin({
      kind: 'transport',
      inject: { delivery: Delivery, credentials: Credentials },
      async start(ctx) {
        delivery = ctx.delivery;
        ctx.delivery.onFrame((frame) => {
          frames.push(frame);
          ctx.delivery.acked(frame.seq);
        });
        users.push((await ctx.credentials.get()).userId);
        ctx.credentials.onChange(async () => void users.push((await ctx.credentials.get()).userId));
        ctx.delivery.resume(1);
        return { stop: () => ctx.delivery.suspend('stopped') };
      },
    });
    const harness = harnessOf(transport, { spool: { epoch: 'e1', lastSeq: 1, ackedSeq: 1 } });
    await harness.start();
    expect(harness.link).toEqual({ state: 'up', lastSeq: 1 });
    expect(harness.deliverTicks([{ symbol: 'EURUSD', time: 1, bid: 1, ask: 2 }])).toBe(2);
    expect(harness.deliverRecords('news', [{ seq: 1, time: 1, body: {} }])).toBe(3);
    expect(frames.map(({ seq, ticks, records }) => [seq, ticks?.count, records?.stream])).toEqual([
      [2, 1, undefined],
      [3, undefined, 'news'],
    ]);
    expect(harness.acked).toBe(3);
    expect((delivery as Delivery | null)?.symbols().symbols.map(({ name }) => name)).toEqual(['EURUSD']);
    harness.changeCredentials({ url: 'ws://127.0.0.1:1', userId: 'other', token: 't' });
    await harness.settle();
    expect(users).toEqual(['test', 'other']);
    await harness.stop();
    expect(harness.link.state).toBe('down');
  });
});

describe('what goes wrong', () => {
  const failing = (start: () => unknown) => definePlugin({ kind: 'data-source', inject: { clock: Clock }, start } as never);

  it('in start is thrown by start, and nothing it began goes on', async () => {
    let ran = false;
    const plugin = definePlugin({
      kind: 'data-source',
      inject: { clock: Clock },
      start({ clock }) {
        clock.after(5, () => void (ran = true));
        throw Object.assign(new Error('port 5000 is taken'), { code: 'EADDRINUSE' });
      },
    });
    const harness = harnessOf(plugin);
    await expect(harness.start()).rejects.toThrow(expect.objectContaining({ code: 'EADDRINUSE' }) as Error);
    await harness.advance(10);
    expect(ran).toBe(false);
  });

  it('in a timer is thrown by advance', async () => {
    const plugin = definePlugin({
      kind: 'data-source',
      inject: { clock: Clock },
      start: ({ clock }) => void clock.after(5, () => Promise.reject(new TypeError('x is not a function'))),
    });
    const harness = harnessOf(plugin);
    await harness.start();
    await expect(harness.advance(10)).rejects.toThrow(/x is not a function/);
    expect(harness.failure).toMatchObject({
      code: 'UNCAUGHT',
      message: 'x is not a function',
      stack: expect.stringContaining('harness.test') as string,
    });
  });

  it('in a listener crashes it too', async () => {
    const plugin = definePlugin({
      kind: 'model',
      inject: { market: Market },
      start: ({ market }) =>
        market.onTicks(() => {
          throw new Error('no such column');
        }),
    });
    const harness = harnessOf(plugin);
    await harness.start();
    harness.giveTicks([{ symbol: 'A', time: 1, bid: 1, ask: 2 }]);
    await expect(harness.settle()).rejects.toThrow(/no such column/);
  });

  it('in stop is thrown by stop, after what was published', async () => {
    const plugin = definePlugin({
      kind: 'data-source',
      inject: { publish: Publish },
      start: ({ publish }) => ({
        stop: () => {
          publish.tick({ symbol: 'A', time: 1, bid: 1, ask: 2 });
          throw new Error('cannot let go');
        },
      }),
    });
    const harness = harnessOf(plugin);
    await harness.start();
    await expect(harness.stop()).rejects.toThrow(/cannot let go/);
    expect(harness.ticks).toHaveLength(1);
  });

  it.each([
    [{ status: 5 }, /"status" that is a number/],
    [7, /start\(\) gave a number/],
    [{ stop: {} }, /"stop" that is an object/],
  ])('with what start gives (%j) is said', async (given, message) => {
    await expect(harnessOf(failing(() => given)).start()).rejects.toThrow(message);
  });

  it('in a config is thrown by start', async () => {
    await expect(harnessOf(quotes, { config: { everyMs: 'often' } }).start()).rejects.toThrow(/"everyMs"/);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      /status\(\) failed: boom/,
    ],
    ['gives nothing', () => undefined, /status\(\) failed/],
    ['gives a status that there is not', () => ({ status: 'fine', detail: '', counters: {} }), /status\(\) failed/],
    ['counts in words', () => ({ status: 'ok', detail: '', counters: { n: 'many' } }), /status\(\) failed/],
  ])('in a status() that %s makes the plugin degraded, and is logged once', async (_what, status, detail) => {
    const harness = harnessOf(failing(() => ({ status })));
    await harness.start();
    harness.status();
    expect(harness.status()).toEqual({ status: 'degraded', detail: expect.stringMatching(detail) as string, counters: {} });
    expect(harness.logs).toHaveLength(1);
  });

  it('in a status() that says too much is cut', async () => {
    const long: PluginStatus = { status: 'ok', detail: 'x'.repeat(600), counters: {} };
    const harness = harnessOf(failing(() => ({ status: () => long })));
    await harness.start();
    expect(harness.status()).toEqual({ ...long, detail: 'x'.repeat(500) });
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      'SNAPSHOT_THREW',
    ],
    ['is too large', () => 'x'.repeat(1_048_577), 'SNAPSHOT_TOO_LARGE'],
    ['holds a function', () => ({ f: () => 1 }), 'SNAPSHOT_NOT_CLONEABLE'],
    ['never comes', () => new Promise(() => undefined), 'SNAPSHOT_TIMEOUT'],
  ])('in a snapshot that %s is told', async (_what, snapshot, code) => {
    const harness = harnessOf(failing(() => ({ snapshot })));
    await harness.start();
    await expect(harness.snapshot()).rejects.toThrow(expect.objectContaining({ code }) as Error);
  });

  it('leaves no snapshot where there is none', async () => {
    for (const running of [{}, { snapshot: () => undefined }, undefined]) {
      const harness = harnessOf(failing(() => running));
      await harness.start();
      expect(await harness.snapshot()).toBeNull();
    }
  });
});

describe('the folder of a plugin', () => {
  it('is there while it runs, and gone afterwards', async () => {
    let dir = '';
    const harness = harnessOf(definePlugin({ kind: 'data-source', start: (ctx) => void (dir = ctx.dataDir) }));
    await harness.start();
    expect(existsSync(dir)).toBe(true);
    await harness.stop();
    expect(existsSync(dir)).toBe(false);
  });
});

describe('a real clock', () => {
  it('runs by itself, and is not moved', async () => {
    const harness = harnessOf(quotes, { clock: 'real', config: { everyMs: 2 } });
    await harness.start();
    while (harness.ticks.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    await expect(harness.advance(1)).rejects.toThrow(/clock: 'real'/);
  });
});
