import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openLedger } from '../plugins/websocket/src/gateway/ledger.ts';
import { HostProcess } from '../test/system/host-process.ts';
import { scratchDir } from '../test/system/market.ts';

const FEED = `
import { definePlugin, Publish, Clock } from '@tickhub/plugin-sdk';
export default definePlugin({
  kind: 'data-source',
  inject: { publish: Publish, clock: Clock },
  start({ publish, clock }) {
    clock.every(1, () => void publish.tick({ symbol: 'BEAT', time: clock.now(), bid: 1, ask: 2 }));
  },
});
`;

const manifest = (version: string): string => JSON.stringify({ id: 'beat', version, kind: 'data-source', sdk: '^0.1.0', entry: 'feed.js' });

/** The longest silence, in ms, around each of `times` reloads of a feed that ticks each millisecond, and the longest without any. */
export async function reloadGap(times: number): Promise<{ gaps: number[]; quiet: number }> {
  const dir = await scratchDir('bench-reload');
  const folder = path.join(dir, 'host', 'plugins', 'beat');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'feed.js'), FEED);
  await writeFile(path.join(folder, 'plugin.json'), manifest('1.0.0'));
  const host = HostProcess.start({ dataDir: path.join(dir, 'host'), set: ['plugins.mt5.port=0'] });
  const swaps: [number, number][] = [];
  try {
    await host.ready(30_000);
    await host.statusWhen('the beat', ({ symbols }) => symbols.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    for (let n = 1; n <= times; n++) {
      const from = Date.now();
      await writeFile(path.join(folder, 'plugin.json'), manifest(`1.0.${n}`));
      await host.statusWhen('the swap', ({ plugins }) => plugins.some(({ id, version }) => id === 'beat' && version === `1.0.${n}`));
      await new Promise((resolve) => setTimeout(resolve, 300));
      swaps.push([from, Date.now()]);
    }
  } finally {
    await host.stop();
  }
  const ledger = openLedger(path.join(dir, 'host', 'gateway'));
  const times_ = [...ledger.ticks({ user: 'local', symbol: 'BEAT' })].map(({ time }) => time);
  ledger.close();
  await rm(dir, { recursive: true, force: true });
  const longest = (from: number, to: number): number => {
    let gap = 0;
    for (let i = 1; i < times_.length; i++) {
      const [before, at] = [times_[i - 1] as number, times_[i] as number];
      if (at >= from && before <= to) gap = Math.max(gap, at - before);
    }
    return gap;
  };
  const firstSwap = swaps[0]?.[0] ?? Infinity;
  return { gaps: swaps.map(([from, to]) => longest(from, to)).sort((a, b) => a - b), quiet: longest((times_[0] ?? 0) + 1, firstSwap) };
}
