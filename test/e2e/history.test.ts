import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';
import { until } from '../system/until.ts';

const DAY = 86_400_000;

/** A tick of eight days ago, then one each 5 ms; news in two versions; and, once, what the host's history says of it. */
const FEED = `
import { Clock, definePlugin, History, Log, Publish } from '@tickhub/plugin-sdk';

export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock, history: History, log: Log },
  start({ publish, clock, history, log }) {
    let turn = 0;
    publish.tick({ symbol: 'EURUSD', time: clock.now() - ${8 * DAY}, bid: 9, ask: 9 });
    clock.every(5, () => {
      turn++;
      publish.tick({ symbol: 'EURUSD', time: clock.now(), bid: 1 + turn / 1e5, ask: 2 });
      publish.record('custom', { time: 1_700_000_000_000, key: 'k', body: { version: turn < 20 ? 1 : 2 } });
    });
    clock.after(2_500, async () => {
      const bars = await history.bars({ symbol: 'EURUSD', width: '1d', from: 0, to: 8e15 });
      const hidden = await history.bars({ symbol: 'EURUSD', width: '1d', from: 0, to: clock.now() - ${7 * DAY} });
      const nothing = await history.bars({ symbol: 'GBPUSD', width: '1d', from: 0, to: 8e15 }).catch(({ code }) => code);
      log.info('history says', { high: Math.max(...bars.high), hidden: hidden.count, nothing });
    });
  },
});
`;

describe('the history of a host', () => {
  let dataDir: string;
  let host: HostProcess;
  const start = (): HostProcess => HostProcess.start({ dataDir, set: ['plugins.mt5.port=0'], args: ['--tier', 'free'] });
  const history = (...args: string[]) => tickhub(['history', ...args, '--data', dataDir]);

  beforeEach(async () => {
    dataDir = await scratchDir('history');
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

  it(
    'has each metered tick once over a kill -9 and a stop, and shows a plugin and the command line what the tier allows',
    { timeout: 90_000 },
    async () => {
      await host.statusWhen('some ticks', ({ usage }) => usage.ticks > 100);
      const said = await until('what the plugin sees', async () => host.lines.find(({ msg }) => msg === 'history says') ?? null);
      // The tick of eight days ago was taken, and is over the seven days of the tier.
      expect(said).toMatchObject({ hidden: 0, nothing: 'HISTORY_NO_SERIES' });
      expect(said['high']).toBeLessThan(9);
      const running = await history('bars', 'EURUSD', '1m', '--csv', '--from', '-8d');
      expect(running).toMatchObject({ code: 0, err: expect.stringContaining('your tier shows what is after') });
      expect(running.out.split('\n').length).toBeGreaterThan(2);
      const custom = await history('records', 'custom', '--all-revisions', '--json', '--from', '2020-01-01');
      expect(custom.code).toBe(0);

      host.kill();
      await host.exited;
      const killed = await history('ticks', 'EURUSD', '--csv');
      expect(killed.code).toBe(0);

      host = start();
      await host.statusWhen('more ticks', ({ ticks }) => ticks.taken > 100);
      expect(await host.stop()).toBe(0);
      const info = await history('info', '--json');
      const { series, gaps } = JSON.parse(info.out) as { series: { ticks: number; symbol: string }[]; gaps: unknown[] };
      const ticks = await history('ticks', 'EURUSD', '--csv');
      const rows = ticks.out.trim().split('\n').slice(1);
      expect(series).toMatchObject([{ symbol: 'EURUSD', ticks: rows.length }]);
      expect(gaps).toEqual([]);
      expect(
        new Set(
          rows.map((row) =>
            row
              .split(',')
              .filter((_, column) => column === 0 || column === 6)
              .join(),
          ),
        ).size,
      ).toBe(rows.length);
      const spool = await tickhub(['spool', 'check', '--json', '--data', dataDir]);
      expect(JSON.parse(spool.out)).toMatchObject({ frames: 0 });
    },
  );
});
