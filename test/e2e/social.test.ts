import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as shapes from '../../plugins/social/test/shapes.ts';
import { SocketServer, WebServer } from '../counterparts/web/index.ts';
import { Deployment, USER } from '../system/deployment.ts';
import type { HostProcess } from '../system/host-process.ts';

const MINUTE = 60_000;
const TOKENS = { TICKHUB_MASTODON_TOKEN: 'mastodon-token-of-the-test', TICKHUB_REDDIT_CLIENT_ID: 'reddit-client-of-the-test' };
/** Nothing of these may be found in what a backend has, or in a log: words of the posts, who said them, and what was signed in with. */
const SECRETS = /zebra|someauthor|someone@|made_up|mastodon-token|reddit-client|reddit-token/;

interface Aggregate {
  readonly symbol: string;
  readonly time: number;
  readonly key: string;
  readonly revision?: number;
  readonly body: Record<string, unknown>;
}

describe('the social plugin in a real host', () => {
  let deployment: Deployment;
  const servers: (WebServer | SocketServer)[] = [];

  beforeEach(async () => {
    deployment = await Deployment.create('social');
  });
  afterEach(async () => {
    await deployment.end();
    for (const server of servers.splice(0)) await server.close();
  });

  async function web(): Promise<WebServer> {
    const server = await WebServer.start();
    servers.push(server);
    return server;
  }
  async function socket(messages: readonly string[], afterFirstWord = false): Promise<SocketServer> {
    const server = await SocketServer.start({ messages, afterFirstWord });
    servers.push(server);
    return server;
  }

  it('brings each window to the ledger once, over a kill -9 and what is given again after it, and nothing else', async () => {
    // The window that ended with the last full minute is kept open until all of this is done.
    const end = Math.floor(Date.now() / MINUTE) * MINUTE;
    const lateSeconds = Math.ceil((Date.now() - end) / 1_000) + 40;
    const at = end - 20_000;
    const say = (id: string, text: string): string =>
      shapes.jetstreamCommit({ id, author: `did:plc:someauthor${id}`, text: `${text}, says the zebra`, at });
    const jetstream = await socket([
      say('a', 'long $EURUSD'),
      say('b', 'shorting EURUSD here'),
      say('c', 'gold price is bullish'),
      say('d', 'Guaranteed profits, DM me for free signals $EURUSD'),
      say('e', 'long $EURUSD, but I take this back'),
      shapes.jetstreamCommit({ id: 'e', author: 'did:plc:someauthore', text: '', at, operation: 'delete' }),
    ]);
    const toot = shapes.mastodonStatus({ id: '1', text: '<p>EURUSD is <b>bullish</b>, says the zebra</p>', at });
    const streaming = await socket([shapes.mastodonFrame('update', toot)], true);
    const instance = await web();
    instance.put('/api/v1/timelines/tag/forex', { body: JSON.stringify([toot]) });
    const reddit = await web();
    reddit.put('/api/v1/access_token', { body: JSON.stringify(shapes.redditToken('reddit-token-of-the-test')) });
    reddit.put('/r/Forex/new', { body: JSON.stringify(shapes.redditListing([{ id: 't3_a', text: 'zebra: long XAUUSD', at }])) });
    const stocktwits = await web();
    stocktwits.fail('/api/2/streams/symbol/EURUSD.json', { kind: 'status', status: 403, headers: { 'content-type': 'text/html' } });

    const social = {
      windowMinutes: [1],
      lateSeconds,
      bluesky: { url: jetstream.url('/subscribe') },
      mastodon: [{ url: instance.url(''), streamingUrl: streaming.url(), token: 'env:TICKHUB_MASTODON_TOKEN', hashtags: ['forex'] }],
      reddit: { user: 'some_user', subreddits: ['Forex'], everySeconds: 30, apiUrl: reddit.url(''), signInUrl: reddit.url('') },
      stocktwits: { symbols: ['EURUSD'], apiUrl: stocktwits.url('') },
    };
    const hosts: HostProcess[] = [];
    const startHost = (): HostProcess => {
      const host = deployment.startHost({
        set: ['disabled=["news","economic","models"]', `plugins.social=${JSON.stringify(social)}`],
        env: TOKENS,
      });
      hosts.push(host);
      return host;
    };
    const sources = (status: Awaited<ReturnType<HostProcess['status']>>) => status.plugins.find(({ id }) => id === 'social')?.sources ?? [];

    const first = startHost();
    await first.statusWhen('every source to be in its state', (status) => {
      const states = new Map(sources(status).map(({ source, state }) => [source, state]));
      return (
        states.get('social:bluesky') === 'ok' &&
        states.get('social:reddit:Forex') === 'ok' &&
        states.get('social:stocktwits:EURUSD') === 'refused' &&
        [...states].some(([source, state]) => source.startsWith('social:mastodon') && state === 'ok')
      );
    });
    const refused = sources(await first.status()).find(({ source }) => source === 'social:stocktwits:EURUSD');
    expect(refused).toMatchObject({ detail: expect.stringContaining('403'), nextAttemptAt: expect.any(Number) });
    first.kill();
    await first.exited;

    // All servers say all of it again.
    const second = startHost();
    await jetstream.until('a second visit', (visits) => visits.length >= 2);
    await second.statusWhen('the windows', ({ records }) => records.taken >= 3, 120_000);
    expect(await second.stop()).toBe(0);

    // And once more, when the windows are closed.
    const third = startHost();
    await jetstream.until('a third visit', (visits) => visits.length >= 3);
    await third.statusWhen(
      'everything to be acknowledged',
      (status) => {
        const known = status.plugins.find(({ id }) => id === 'social')?.counters;
        return (known?.['duplicates'] ?? 0) + (known?.['late'] ?? 0) >= 4 && status.spool.ackedSeq === status.spool.lastSeq;
      },
      60_000,
    );
    expect(await third.stop()).toBe(0);
    await deployment.gateway.stop();

    const records = deployment.readLedger((ledger) =>
      [...ledger.records({ user: USER, stream: 'social' })].flatMap((batch) => batch.records as unknown as Aggregate[]),
    );
    const ofStreams = records.filter(({ body }) => body['network'] === 'bluesky' || body['network'] === 'mastodon');
    expect(ofStreams.map(({ key }) => key).sort()).toEqual([
      `bluesky:EURUSD:${MINUTE}:${end}`,
      `bluesky:XAUUSD:${MINUTE}:${end}`,
      `mastodon:EURUSD:${MINUTE}:${end}`,
    ]);
    expect(ofStreams.find(({ key }) => key.startsWith('bluesky:EURUSD'))).toMatchObject({
      symbol: 'EURUSD',
      time: end,
      body: { kind: 'aggregate', posts: 2, authors: 2, bullish: 1, bearish: 1, spam: 1, sentiment: expect.any(Number) },
    });
    // Nothing but aggregates, each key once.
    expect(records.every(({ body }) => body['kind'] === 'aggregate')).toBe(true);
    expect(new Set(records.map(({ key }) => key)).size).toBe(records.length);
    expect(await everythingBelow(deployment.gateway.dataDir)).not.toMatch(SECRETS);
    expect(JSON.stringify(hosts.map(({ lines, noise }) => [lines, noise]))).not.toMatch(SECRETS);
    // Those who were signed in to did see it.
    expect(streaming.visits[0]?.headers['authorization']).toBe(`Bearer ${TOKENS.TICKHUB_MASTODON_TOKEN}`);
    expect(reddit.to('/r/Forex/new')[0]?.headers).toMatchObject({
      authorization: 'Bearer reddit-token-of-the-test',
      'user-agent': expect.stringMatching(/^\w+:tickhub:0\.1\.0 \(by \/u\/some_user\)$/),
    });
  }, 240_000);
});

/** All files below a folder, as text. */
async function everythingBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(0);
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}
