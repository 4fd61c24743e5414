import { cpSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { root } from '../../scripts/node-runtime.mjs';
import { SocketServer, WebServer } from '../counterparts/web/index.ts';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const recording = (name: string): Promise<string> => readFile(path.join(root, 'test', 'recordings', name), 'utf8');
const lines = async (name: string): Promise<string[]> => (await recording(name)).trim().split('\n');

describe('the examples, in a real host, against their providers as recorded', { timeout: 90_000 }, () => {
  let dir: string;
  let host: HostProcess | null;
  let servers: (WebServer | SocketServer)[];

  beforeEach(async () => {
    dir = await scratchDir('examples');
    host = null;
    servers = [];
  });
  afterEach(async () => {
    host?.kill();
    await host?.exited;
    for (const server of servers) await server.close();
  });

  /** A host with one example in its user folder, asking `url`. */
  async function run(example: string, url: string): Promise<HostProcess> {
    const folder = path.join(dir, 'host', 'plugins', example);
    await mkdir(folder, { recursive: true });
    cpSync(path.join(root, 'examples', example), folder, { recursive: true });
    host = HostProcess.start({ dataDir: path.join(dir, 'host'), set: ['plugins.mt5.port=0', `plugins.${example}.url=${url}`] });
    await host.ready();
    return host;
  }
  async function web(pathName: string, body: string, type: string): Promise<WebServer> {
    const server = await WebServer.start();
    servers.push(server);
    server.put(pathName, { body, type });
    return server;
  }
  async function socket(name: string): Promise<SocketServer> {
    const server = await SocketServer.start({ messages: await lines(name), afterFirstWord: true });
    servers.push(server);
    return server;
  }

  /** What the backend has, once it has acknowledged `count` ticks or records of the plugin. */
  async function delivered(running: HostProcess, plugin: string, count: number) {
    const of = (status: Awaited<ReturnType<HostProcess['status']>>) => status.plugins.find(({ id }) => id === plugin)?.sources[0];
    const status = await running.statusWhen(
      `${count} of ${plugin} at the backend`,
      (now) => now.ticks.taken + now.records.taken >= count && now.spool.ackedSeq === now.spool.lastSeq && of(now)?.state === 'ok',
    );
    const source = of(status);
    const ledger = openLedger(path.join(dir, 'host', 'gateway'));
    try {
      return {
        source,
        ticks: [...ledger.ticks({})],
        records: [...ledger.records({})].flatMap(({ stream, records }) => (stream === 'usage' ? [] : records)),
      };
    } finally {
      ledger.close();
    }
  }

  it('a crypto exchange over a WebSocket: each ticker message is a tick', async () => {
    const server = await socket('coinbase-ticker.jsonl');
    const running = await run('coinbase-ticker', server.url());
    const tickers = (await lines('coinbase-ticker.jsonl'))
      .map((line) => JSON.parse(line) as Record<string, string>)
      .filter(({ type }) => type === 'ticker');
    const { ticks, source } = await delivered(running, 'coinbase-ticker', tickers.length);
    expect(server.visits[0]?.said).toEqual(['{"type":"subscribe","product_ids":["BTC-USD","ETH-USD"],"channels":["ticker","heartbeat"]}']);
    for (const symbol of ['BTCUSD', 'ETHUSD']) {
      expect(
        ticks.filter((tick) => tick.symbol === symbol).map(({ time, bid, ask, last, volume }) => ({ time, bid, ask, last, volume })),
      ).toEqual(
        tickers
          .filter(({ product_id }) => product_id?.replace('-', '') === symbol)
          .map((ticker) => ({
            time: Date.parse(ticker['time'] ?? ''),
            bid: Number(ticker['best_bid']),
            ask: Number(ticker['best_ask']),
            last: Number(ticker['price']),
            volume: Number(ticker['last_size']),
          })),
      );
    }
    expect(source).toMatchObject({ source: 'coinbase-ticker', state: 'ok', counters: { malformed: 0 } });
  });

  it('a CSV over HTTP: each rate is a record once, and a corrected one a revision', async () => {
    const csv = await recording('ecb-exr.csv');
    const server = await web('/exr', csv, 'text/csv');
    const running = await run('ecb-reference-rates', server.url('/exr?format=csvdata'));
    const first = await delivered(running, 'ecb-reference-rates', 4);
    // The day without a rate is none.
    expect(first.records).toHaveLength(4);
    expect(first.records.at(-1)).toMatchObject({
      symbol: 'EURUSD',
      key: 'USD 2026-11-24',
      time: Date.UTC(2026, 10, 24, 15),
      sourceTime: '2026-11-24',
      body: { kind: 'reference-rate', rate: 1.1592, status: 'normal' },
    });
    expect(first.source).toMatchObject({ state: 'ok', detail: expect.stringContaining('4 rows') });
    // It is asked at times of day; a new version of the plugin asks at its start.
    server.put('/exr', { body: csv.replace('1.1592', '1.1593'), type: 'text/csv' });
    await tickhub(['stop', '--data', path.join(dir, 'host')]);
    await running.exited;
    const again = await run('ecb-reference-rates', server.url('/exr?format=csvdata'));
    const second = await delivered(again, 'ecb-reference-rates', 1);
    expect(second.records.map(({ key, revision, body }) => [key, revision, (body as { rate: number }).rate])).toEqual([
      ['GBP 2026-11-24', undefined, 0.8791],
      ['GBP 2026-11-25', undefined, 0.8802],
      ['JPY 2026-11-24', undefined, 180.12],
      ['USD 2026-11-24', undefined, 1.1592],
      ['USD 2026-11-24', 1, 1.1593],
    ]);
  });

  it('an RSS feed: each item is news, as text', async () => {
    const server = await web('/press.xml', await recording('fed-press.xml'), 'text/xml');
    const running = await run('fed-press-releases', server.url('/press.xml'));
    const { records, source } = await delivered(running, 'fed-press-releases', 2);
    expect(records).toMatchObject([
      {
        time: Date.UTC(2026, 10, 18, 19),
        key: 'https://www.federalreserve.gov/newsevents/pressreleases/monetary20261118a.htm',
        body: { title: 'Minutes of the Federal Open Market Committee', categories: ['Monetary Policy'], feed: 'fed-press-releases' },
      },
      {
        time: Date.UTC(2026, 10, 24, 21),
        body: {
          title: 'Federal Reserve Board & agencies ask for comment on a proposal',
          text: 'Federal Reserve Board & agencies ask for comment.',
          currencies: ['USD'],
          timeQuality: 'exact',
        },
      },
    ]);
    expect(source).toMatchObject({ state: 'ok', nextAttemptAt: expect.any(Number) });
  });

  it('an order book in code: what the changes come to', async () => {
    const server = await socket('coinbase-level2.jsonl');
    const running = await run('coinbase-book', server.url());
    const { records } = await delivered(running, 'coinbase-book', 1);
    expect(records.at(-1)).toMatchObject({
      symbol: 'BTCUSD',
      body: {
        bids: [
          [87_120.3, 0.75],
          [87_120.1, 1.5],
          [87_119, 2],
        ],
        asks: [
          [87_120.55, 0.125],
          [87_121, 1],
          [87_122, 4],
          [87_125, 3],
        ],
      },
    });
  });

  it('a mapping that is wrong is named by its line while the host runs, and right once it is saved', async () => {
    const server = await web(
      '/latest',
      JSON.stringify([{ pair: 'EURUSD', at: 1_764_072_000, bid: 1.1741, ask: 1.1743 }]),
      'application/json',
    );
    const folder = path.join(dir, 'host', 'plugins', 'rates');
    await mkdir(folder, { recursive: true });
    const save = (bid: string): Promise<void> =>
      writeFile(
        path.join(folder, 'plugin.json'),
        JSON.stringify(
          {
            id: 'rates',
            version: '1.0.0',
            kind: 'data-source',
            sdk: '^0.1.0',
            feed: {
              source: { type: 'http', url: server.url('/latest'), format: 'json', everyMs: 500 },
              to: 'ticks',
              map: { symbol: '/pair', time: { at: '/at', time: 'seconds' }, bid, ask: '/ask' },
            },
          },
          null,
          2,
        ),
      );
    await save('/pair');
    host = HostProcess.start({ dataDir: path.join(dir, 'host'), set: ['plugins.mt5.port=0'] });
    await host.ready();
    const sourceWhen = (state: string) =>
      host?.statusWhen(`rates to be ${state}`, ({ plugins }) => plugins.find(({ id }) => id === 'rates')?.sources[0]?.state === state);
    const wrong = await sourceWhen('malformed');
    const source = wrong?.plugins.find(({ id }) => id === 'rates')?.sources[0];
    expect(source?.detail).toMatch(
      /plugin\.json:20:14: feed\.map\.bid: "\/pair" gives a string "EURUSD" where a number is needed \(row 1\); next attempt in/,
    );
    expect(source?.nextAttemptAt).not.toBeNull();
    await save('/bid');
    const right = await sourceWhen('ok');
    await host.statusWhen('its tick', ({ ticks }) => ticks.taken === 1);
    expect(right?.plugins.find(({ id }) => id === 'rates')).toMatchObject({ state: 'running', restarts: 0 });
    server.fail('/latest', { kind: 'status', status: 503, headers: { 'retry-after': '60' } });
    expect((await sourceWhen('server-error'))?.plugins.find(({ id }) => id === 'rates')?.sources[0]?.detail).toMatch(
      /503.*next attempt in/,
    );
  });

  it('each passes the check, and one with a mistake says at which line', async () => {
    for (const example of ['coinbase-ticker', 'ecb-reference-rates', 'fed-press-releases', 'coinbase-book']) {
      const checked = await tickhub(['plugins', 'check', path.join(root, 'examples', example), '--data', path.join(dir, 'host')]);
      expect([example, checked.code, checked.err]).toEqual([example, 0, '']);
    }
    const folder = path.join(dir, 'wrong');
    await mkdir(folder);
    const text = await readFile(path.join(root, 'examples', 'coinbase-ticker', 'plugin.json'), 'utf8');
    for (const [from, to, message] of [
      ['"/best_bid"', '"best_bid["', /plugin\.json:LINE:\d+: feed\.map\.bid: "best_bid\["/],
      ['"digits"', '"digit"', /plugin\.json:LINE:\d+: "feed\.digit" there is no such field.*"digits"/s],
    ] as const) {
      await writeFile(path.join(folder, 'plugin.json'), text.replace(from, to));
      const checked = await tickhub(['plugins', 'check', folder, '--data', path.join(dir, 'host')]);
      expect(checked.code).not.toBe(0);
      const line = text.slice(0, text.indexOf(from)).split('\n').length;
      expect(checked.out + checked.err).toMatch(new RegExp(message.source.replace('LINE', String(line)), 's'));
      expect(checked.out + checked.err).not.toContain('    at ');
    }
  });
});
