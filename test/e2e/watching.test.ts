import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedger } from '../../plugins/websocket/src/gateway/ledger.ts';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';
import { until } from '../system/until.ts';

/** Publishes, each 20 ms, everything it has ever seen: items with keys, one of which changes once, and ticks, some of which are wrong. */
const FEED = `
import { Clock, definePlugin, Publish } from '@tickhub/plugin-sdk';

export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock },
  start({ publish, clock }) {
    let turn = 0;
    const news = (key, title, language) => publish.record('news', {
      time: 1_700_000_000_000, key, source: 'wire:desk',
      body: { title, feed: 'wire:desk', symbols: ['EURUSD'], currencies: ['EUR'], language, timeQuality: 'exact' },
    });
    clock.every(20, () => {
      turn++;
      news('a', turn < 20 ? 'Rates stay' : 'Rates stay (corrected)', 'en');
      news('b', 'Zinsen bleiben', 'de');
      const now = clock.now();
      publish.tick({ symbol: 'EURUSD', time: now, bid: 1.1, ask: turn % 2 ? 1.2 : 1.0 });
      publish.tick({ symbol: 'EURUSD', time: now - 60_000, bid: 1.1, ask: 1.2 });
      publish.tick({ symbol: 'EURUSD', time: NaN, bid: 1.1, ask: 1.2 });
      publish.tick({ symbol: 'USDTRY', time: now, bid: 40, ask: 41 });
    });
    return { status: () => ({ status: 'ok', detail: '', counters: {}, sources: [
      { source: 'wire:desk', state: 'rate-limited', detail: 'asked for a pause', since: 1, lastDataAt: null, nextAttemptAt: clock.now() + 60_000, counters: {} },
    ] }) };
  },
});
`;

describe('watching the market of a running host', () => {
  let dataDir: string;
  let host: HostProcess;
  const start = (): HostProcess =>
    HostProcess.start({
      dataDir,
      set: ['plugins.mt5.port=0', 'preferences.languages=["en"]', 'preferences.symbols.never=["*TRY"]'],
    });

  beforeEach(async () => {
    dataDir = await scratchDir('watching');
    const folder = path.join(dataDir, 'plugins', 'wire');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'feed.ts'), FEED);
    await writeFile(
      path.join(folder, 'plugin.json'),
      JSON.stringify({ id: 'wire', version: '1.0.0', kind: 'data-source', sdk: '^0.1.0', entry: 'feed.ts' }),
    );
    host = start();
  });

  afterEach(async () => {
    host.kill();
    await host.exited;
  });

  it('shows what comes in, how the sources are and how good the ticks are, and takes each version of a record once over a kill -9', async () => {
    await host.statusWhen('the correction', ({ records }) => records.taken === 2);

    const ticks = await tickhub(['tail', 'ticks', '--json', '-n', '3', '--data', dataDir]);
    expect(ticks.code).toBe(0);
    const lines = ticks.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    // USDTRY is not wanted.
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatchObject({ stream: 'ticks', source: 'wire', symbol: 'EURUSD', bid: 1.1 });

    const sources = await tickhub(['sources', '--json', '--data', dataDir]);
    expect(JSON.parse(sources.out)).toMatchObject([
      { source: 'wire', plugin: 'wire', state: 'ok', ticks: expect.any(Number) as number },
      { source: 'wire:desk', state: 'rate-limited', detail: 'asked for a pause', records: { news: 2 } },
    ]);
    expect((await tickhub(['sources', '--data', dataDir])).out).toMatch(/wire:desk +rate-limited .* in \d+/);

    const { symbols, records } = await host.status();
    const eurusd = symbols.find(({ symbol }) => symbol === 'EURUSD');
    expect(eurusd).toMatchObject({ allowed: true, silent: false, duplicate: 0, gaps: 0 });
    for (const count of ['crossed', 'outOfOrder', 'invalid'] as const) expect(eurusd?.[count]).toBeGreaterThan(5);
    expect(symbols.find(({ symbol }) => symbol === 'USDTRY')).toMatchObject({
      allowed: false,
      taken: 0,
      reason: expect.stringContaining('preferences') as string,
    });
    expect(records).toMatchObject({ taken: 2, heldBack: 0 });
    expect(records.duplicate).toBeGreaterThan(10);
    expect(records.unwanted).toBeGreaterThan(10);

    host.kill();
    await host.exited;
    host = start();
    // It begins with the first version again, which is a change of the corrected one, and corrects it again.
    await host.statusWhen('the correction once more', ({ records }) => records.taken === 2 && records.duplicate > 10);
    const { spool } = await host.status();
    await until('all of it to be acknowledged', async () => (await host.status()).spool.ackedSeq >= spool.lastSeq);
    expect(await host.stop()).toBe(0);
    const ledger = openLedger(path.join(dataDir, 'gateway'));
    try {
      const news = [...ledger.records({ stream: 'news' })].flatMap(({ records }) => records);
      expect(news.map(({ seq, key, revision, body }) => [seq, key, revision, (body as { title: string }).title])).toEqual([
        [1, 'a', undefined, 'Rates stay'],
        [2, 'a', 1, 'Rates stay (corrected)'],
        [3, 'a', 2, 'Rates stay'],
        [4, 'a', 3, 'Rates stay (corrected)'],
      ]);
    } finally {
      ledger.close();
    }
  });

  it('ends a tail when its host ends, and says which streams there are', async () => {
    await host.statusWhen('ticks', ({ ticks }) => ticks.taken > 0);
    const begun = Promise.withResolvers<string>();
    const tail = tickhub(['tail', '--data', dataDir], {}, begun.resolve);
    expect(await begun.promise).toContain('EURUSD');
    expect((await tickhub(['tail', 'tix', '--data', dataDir])).err).toMatch(/no stream "tix"; there are ticks, bars/);
    expect(await host.stop()).toBe(0);
    const { code, err } = await tail;
    expect(code).toBe(1);
    expect(err).toContain('has ended');
  });
});
