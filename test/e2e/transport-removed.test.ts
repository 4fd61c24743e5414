import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

/** Its link is up, and its backend acknowledges nothing. */
const MUTE = `import { Delivery, definePlugin } from '@tickhub/plugin-sdk';
export default definePlugin({
  kind: 'transport',
  inject: { delivery: Delivery },
  start({ delivery }) {
    delivery.onFrame(() => undefined);
    delivery.resume(0);
    return {};
  },
});
`;

let host: HostProcess | null = null;
afterEach(async () => {
  host?.kill();
  await host?.exited;
});

it('a transport whose folder is removed keeps nothing in the spool any more, and one that has crashed or is reloaded does', async () => {
  const dataDir = await scratchDir('transport-removed');
  const root = path.join(dataDir, 'mine');
  const mute = path.join(root, 'mute');
  await mkdir(mute, { recursive: true });
  await writeFile(path.join(mute, 'index.js'), MUTE);
  const describe = (version: string): Promise<void> =>
    writeFile(path.join(mute, 'plugin.json'), JSON.stringify({ id: 'mute', version, kind: 'transport', sdk: '^0.1.0', entry: 'index.js' }));
  await describe('1.0.0');
  host = HostProcess.start({
    dataDir,
    set: ['plugins.mt5.port=0', `pluginRoots=${JSON.stringify([root, path.resolve('test/fixtures/tickers')])}`],
  });
  const held = await host.statusWhen(
    'frames that only the mute transport has not acknowledged',
    ({ plugins, spool, backend }) =>
      plugins.some(({ id, state }) => id === 'mute' && state === 'running') && backend.link === 'up' && spool.durableSeq > 3,
    60_000,
  );
  expect(held.spool.ackedSeq).toBe(0);
  const pid = held.plugins.find(({ id }) => id === 'mute')?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await host.statusWhen(
    'it to run again',
    ({ plugins }) => plugins.some((plugin) => plugin.id === 'mute' && plugin.state === 'running' && plugin.pid !== pid),
    60_000,
  );
  await describe('1.0.1');
  const { spool } = await host.statusWhen(
    'its new version',
    ({ plugins }) => plugins.some(({ id, state, version }) => id === 'mute' && state === 'running' && version === '1.0.1'),
    60_000,
  );
  expect(spool.ackedSeq).toBe(0);
  await rm(mute, { recursive: true });
  await host.statusWhen('what the gateway has to go', (status) => status.spool.ackedSeq > spool.durableSeq, 60_000);
  expect(host.lines.filter(({ msg }) => msg.includes('mute was removed, so the spool keeps nothing for it'))).toHaveLength(1);
  expect(await host.stop()).toBe(0);
}, 180_000);
