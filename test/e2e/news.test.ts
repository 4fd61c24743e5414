import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalName } from '../../plugins/mt5/src/session/symbol-map.ts';
import { INSTRUMENT_RULES } from '../../plugins/news/src/tag/instruments.ts';
import { rss } from '../../plugins/news/test/feed.fixture.ts';
import type { MadeItem } from '../../plugins/news/test/feed.fixture.ts';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { WebServer } from '../counterparts/web/index.ts';
import type { HttpFault } from '../counterparts/web/index.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const PATH = '/rss.xml';
const HOUR = 3_600_000;

describe('the news of a running host', () => {
  let dataDir: string;
  let host: HostProcess;
  const servers: WebServer[] = [];

  async function serve(body: string): Promise<WebServer> {
    const server = await WebServer.start();
    servers.push(server);
    put(server, body);
    return server;
  }
  const put = (server: WebServer, body: string): void => server.put(PATH, { type: 'application/rss+xml', body });
  const feed = (name: string, server: WebServer): object => ({ name, url: server.url(PATH), everyMs: 1_000 });
  const start = (...feeds: object[]): HostProcess =>
    HostProcess.start({
      dataDir,
      set: [
        'disabled=["mt5","economic","social","models"]',
        'plugins.news.publicFeeds=false',
        `plugins.news.feeds=${JSON.stringify(feeds)}`,
      ],
    });
  const acknowledged = () => host.statusWhen('all to be acknowledged', ({ spool }) => spool.ackedSeq === spool.lastSeq);

  function ledger(): { key: string; revision: number; time: number; body: Record<string, unknown> }[] {
    const open = openLedger(path.join(dataDir, 'gateway'));
    try {
      return [...open.records({ stream: 'news' })].flatMap(({ records }) =>
        records.map(({ key, revision, time, body }) => ({
          key: String(key),
          revision: Number(revision ?? 0),
          time: Number(time),
          body: body as Record<string, unknown>,
        })),
      );
    } finally {
      open.close();
    }
  }

  beforeEach(async () => {
    dataDir = await scratchDir('news');
  });
  afterEach(async () => {
    host.kill();
    await host.exited;
    for (const server of servers.splice(0)) await server.close();
  });

  it('reaches the backend once, each change as one revision, over kills -9 in between', async () => {
    const now = Date.now();
    const written = (ago: number): string => new Date(now - ago).toUTCString();
    const payrolls: MadeItem = { guid: 'a-1', title: 'US payrolls rise more than expected', date: written(HOUR) };
    const undated: MadeItem = { guid: 'a-2', title: 'Of a day that nobody says' };
    const ahead: MadeItem = { guid: 'a-3', title: 'Of tomorrow, says its feed', date: written(-24 * HOUR) };
    const told: MadeItem = { guid: 'b-9', title: 'US Payrolls Rise More Than Expected - The Desk', date: written(HOUR - 300_000) };
    const [one, two] = [await serve(rss([payrolls, undated, ahead])), await serve(rss([]))];
    const feeds = [feed('one', one), feed('two', two)];

    host = start(...feeds);
    await host.statusWhen('the first three', ({ records }) => records.taken === 3);
    put(two, rss([told]));
    await host.statusWhen('what the other feed tells', ({ records }) => records.taken === 4);
    host.kill();
    await host.exited;

    // Nothing is new, and both are read in full again: the store forgot no validator, so they are changed by a blank.
    put(one, `${rss([payrolls, undated, ahead])} `);
    put(two, `${rss([told])} `);
    host = start(...feeds);
    await host.statusWhen('all to be known again', ({ records }) => records.duplicate >= 4);
    expect((await host.status()).records.taken).toBe(0);
    put(one, rss([{ ...payrolls, title: 'US payrolls rise less than expected' }, undated, ahead]));
    await host.statusWhen('the revision', ({ records }) => records.taken === 1);
    await acknowledged();
    expect(await host.stop()).toBe(0);

    const records = ledger();
    expect(records.map(({ key, revision }) => `${key} ${revision}`).sort()).toEqual([
      'one:a-1 0',
      'one:a-1 1',
      'one:a-2 0',
      'one:a-3 0',
      'two:b-9 0',
    ]);
    const of = (key: string) => records.find((record) => record.key === key);
    expect(of('one:a-2')?.body['timeQuality']).toBe('first-seen');
    expect(of('one:a-3')?.body['timeQuality']).toBe('clamped');
    expect(of('two:b-9')?.body).toMatchObject({ duplicateOf: 'one:a-1', currencies: ['USD'] });
  }, 120_000);

  it('has each fault of a feed in a named state with its next attempt, beside one that is well, and no item twice afterwards', async () => {
    const faults: Readonly<Record<string, readonly [HttpFault, string]>> = {
      silent: [{ kind: 'silent' }, 'timeout'],
      limited: [{ kind: 'rate-limited', seconds: 3, as: 'date' }, 'rate-limited'],
      broken: [{ kind: 'status', status: 503 }, 'server-error'],
      half: [{ kind: 'half-a-body' }, 'incomplete'],
      bomb: [{ kind: 'gzip-bomb', bytes: 50_000_000 }, 'too-large'],
      endless: [{ kind: 'endless' }, 'too-large'],
      looping: [{ kind: 'redirect-loop' }, 'redirect-loop'],
      refused: [{ kind: 'status', status: 403 }, 'refused'],
      reset: [{ kind: 'reset' }, 'incomplete'],
    };
    const documents: Readonly<Record<string, string>> = {
      page: '<!DOCTYPE html><html><body>Please sign in</body></html>',
      laughs: `<!DOCTYPE rss [<!ENTITY a "b">]>${rss([])}`,
      deep: `<rss><channel><item>${'<a>'.repeat(1_000_000)}`,
      nothing: ' ',
    };
    const date = new Date(Date.now() - HOUR).toUTCString();
    const itemOf = (name: string): string => rss([{ guid: name, title: `Told by ${name}`, date }]);
    const states = new Map<string, string>();
    const well = await serve(itemOf('well'));
    const feeds = [feed('well', well)];
    for (const [name, [fault, state]] of Object.entries(faults)) {
      const server = await serve(itemOf(name));
      server.fail(PATH, fault);
      feeds.push(feed(name, server));
      states.set(`news:${name}`, state);
    }
    const read = new Map<string, WebServer>();
    for (const [name, body] of Object.entries(documents)) {
      const server = await serve(body);
      read.set(name, server);
      feeds.push(feed(name, server));
      states.set(`news:${name}`, 'malformed');
    }

    host = start(...feeds);
    const seen = new Map<string, string>();
    await host.statusWhen(
      'each feed to be in its state',
      ({ plugins }) => {
        for (const { source, state, nextAttemptAt } of plugins.find(({ id }) => id === 'news')?.sources ?? []) {
          if (state === states.get(source) && nextAttemptAt !== null) seen.set(source, state);
        }
        return seen.size === states.size;
      },
      60_000,
    );
    expect(seen).toEqual(states);
    const { records, plugins } = await host.status();
    expect(records.taken).toBe(1);
    expect(plugins.find(({ id }) => id === 'news')).toMatchObject({ state: 'running', restarts: 0 });

    for (const server of servers) server.heal(PATH);
    for (const [name, server] of read) put(server, itemOf(name));
    host.kill();
    await host.exited;
    host = start(...feeds);
    await host.statusWhen('those that are mended', ({ records: { taken } }) => taken === states.size, 60_000);
    await acknowledged();
    expect(await host.stop()).toBe(0);
    expect(
      ledger()
        .map(({ key, revision }) => `${key} ${revision}`)
        .sort(),
    ).toEqual(['well', ...Object.keys(faults), ...Object.keys(documents)].map((name) => `${name}:${name} 0`).sort());
  }, 180_000);
});

describe('the symbols that news mention', () => {
  it('are named as the mt5 plugin names them', () => {
    const rules = { map: {}, rules: [], prefixes: [], suffixes: [], aliases: true, auto: true };
    const symbols = new Set(INSTRUMENT_RULES.flatMap(({ symbols = [] }) => symbols));
    expect([...symbols].filter((symbol) => canonicalName(symbol, rules) !== symbol)).toEqual([]);
  });
});
