import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { freePort } from '../system/free-port.ts';
import { GatewayProcess } from '../system/gateway-process.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';
import { TickServer } from '../counterparts/tick-server.ts';

/** A feed that polls the tick server from its cursor; {VERSION} stands for the version's own behaviour. */
const FEED = `
import { definePlugin, Publish, Clock, Http, z } from '@tickhub/plugin-sdk';

export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock, http: Http },
  config: z.object({ url: z.string() }),
  start({ publish, clock, http, config }) {
    const count = publish.source().symbol('COUNT', { digits: 0 });
    clock.every(5, async () => {
      const { time, same } = count.cursor;
      const answer = await http.fetch(config.url + '?from=' + time + '&same=' + same);
      for (const [at, ordinal, bid] of JSON.parse(new TextDecoder().decode(answer.body))) count.push(at, ordinal, bid, bid + 1, 0, 0, 6);
    });
    return { status: () => ({ status: 'ok', detail: '{DETAIL}', counters: {} }) };
  },
});
`;

describe('a custom feed in the user folder, while ticks flow', () => {
  let dir: string;
  let server: TickServer;
  let gateway: GatewayProcess;
  let host: HostProcess;
  let folder: string;

  const manifest = (version: string): string =>
    JSON.stringify({
      id: 'counting',
      version,
      kind: 'data-source',
      sdk: '^0.1.0',
      entry: 'feed.ts',
      permissions: { hosts: [`127.0.0.1:${server.port}`] },
      config: { url: `http://127.0.0.1:${server.port}/ticks` },
    });

  const feed = (detail: string): string => FEED.replace('{DETAIL}', detail);

  beforeEach(async () => {
    dir = await scratchDir('feed');
    server = await TickServer.start({ perSecond: 1_000 });
    gateway = new GatewayProcess(await freePort(), path.join(dir, 'gateway'));
    await gateway.start();
    await writeFile(path.join(dir, 'token'), await gateway.issue('trader', 'pro'));
    folder = path.join(dir, 'host', 'plugins', 'counting');
    host = HostProcess.start({
      dataDir: path.join(dir, 'host'),
      set: [...gateway.settings(path.join(dir, 'token')), 'plugins.mt5.port=0'],
    });
    await host.ready();
  });

  afterEach(async () => {
    host.kill();
    await host.exited;
    await gateway.kill();
    await server.close();
  });

  it('is live within a second of the drop, swapped with 0 lost and 0 doubled, and kept when its new version is broken', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'feed.ts'), feed('first'));
    await writeFile(path.join(folder, 'plugin.json'), manifest('1.0.0'));
    const dropped = performance.now();
    const of = (status: Awaited<ReturnType<HostProcess['status']>>) => status.plugins.find(({ id }) => id === 'counting');
    await host.statusWhen('the feed to flow', ({ symbols }) => symbols.some(({ symbol, taken }) => symbol === 'COUNT' && taken > 0));
    const live = performance.now() - dropped;

    for (const version of ['1.1.0', '1.2.0', '1.3.0']) {
      await writeFile(path.join(folder, 'feed.ts'), feed(version));
      await writeFile(path.join(folder, 'plugin.json'), manifest(version));
      await host.statusWhen(`${version} to take over`, (status) => of(status)?.version === version && of(status)?.state === 'running');
    }

    for (const [what, file, text] of [
      ['a syntax error', 'feed.ts', 'export default {{{'],
      ['a start that throws', 'feed.ts', feed('x').replace('const count', 'throw new Error("no feed today"); const count')],
      ['a manifest with a typing mistake', 'plugin.json', manifest('1.4.0').replace('"entry"', '"entri"')],
    ] as const) {
      await writeFile(path.join(folder, file), text);
      const kept = await host.statusWhen(`${what} to be refused`, (status) => of(status)?.state === 'running' && of(status)?.reason !== '');
      expect(of(kept)?.version).toBe('1.3.0');
      await writeFile(path.join(folder, 'feed.ts'), feed('1.3.0'));
      await writeFile(path.join(folder, 'plugin.json'), manifest('1.3.0'));
      await host.statusWhen('the mended one to run', (status) => of(status)?.state === 'running' && of(status)?.reason === '');
    }

    await server.stopMarket();
    await host.statusWhen(
      'all to be acknowledged',
      ({ symbols, spool }) => (symbols[0]?.taken ?? 0) === server.count && spool.ackedSeq === spool.lastSeq,
    );
    expect(await host.stop()).toBe(0);
    await gateway.stop();
    const ledger = openLedger(path.join(dir, 'gateway'));
    const bids = [...ledger.ticks({ user: 'trader', symbol: 'COUNT' })].map(({ bid }) => bid);
    ledger.close();
    expect(bids).toEqual(Array.from({ length: server.count }, (_, i) => i));
    expect(live).toBeLessThan(5_000);
    console.log(`custom feed: live ${Math.round(live)} ms after the drop, 3 swaps and 3 refusals over ${bids.length} ticks`);
  }, 60_000);
});
