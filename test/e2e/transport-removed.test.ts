import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { HostStatus } from '../../host/src/control/status.ts';
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

/** The same, broken. */
const CRASHES = `throw new Error('broken on purpose');\n`;

let running: HostProcess | null = null;
afterEach(async () => {
  running?.kill();
  await running?.exited;
});

async function startBesideMute() {
  const dataDir = await scratchDir('transport-removed');
  const root = path.join(dataDir, 'mine');
  const mute = path.join(root, 'mute');
  await mkdir(mute, { recursive: true });
  await writeFile(path.join(mute, 'index.js'), MUTE);
  const describe = (version: string): Promise<void> =>
    writeFile(path.join(mute, 'plugin.json'), JSON.stringify({ id: 'mute', version, kind: 'transport', sdk: '^0.1.0', entry: 'index.js' }));
  await describe('1.0.0');
  const start = (): HostProcess =>
    (running = HostProcess.start({
      dataDir,
      set: ['plugins.mt5.port=0', `pluginRoots=${JSON.stringify([root, path.resolve('test/fixtures/tickers')])}`],
    }));
  return { host: start(), mute, describe, start };
}

/** Frames that the gateway has and the mute transport has not acknowledged. */
const FROM_BOTH = ({ plugins, spool, backend }: HostStatus): boolean =>
  plugins.some(({ id, state }) => id === 'mute' && state === 'running') && backend.link === 'up' && spool.durableSeq > 3;

it('a transport whose folder is removed keeps nothing in the spool any more, and one that has crashed or is reloaded does', async () => {
  const { host, mute, describe } = await startBesideMute();
  const held = await host.statusWhen('frames that only the mute transport has not acknowledged', FROM_BOTH, 60_000);
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

it('a transport that crashes at the next start of the host keeps its place', async () => {
  const { host: first, mute, start } = await startBesideMute();
  await first.statusWhen('frames that only the mute transport has not acknowledged', FROM_BOTH, 60_000);
  // A stop would wait for the acks that do not come.
  first.kill();
  await first.exited;
  await writeFile(path.join(mute, 'index.js'), CRASHES);
  const second = start();
  const { spool } = await second.statusWhen(
    'it to have crashed, and the other one to deliver',
    ({ plugins, backend, spool }) =>
      plugins.some(({ id, restarts }) => id === 'mute' && restarts > 0) && backend.link === 'up' && spool.durableSeq > spool.ackedSeq + 8,
    60_000,
  );
  expect(spool.ackedSeq).toBe(0);
  await writeFile(path.join(mute, 'index.js'), MUTE);
  await second.statusWhen('it to run', ({ plugins }) => plugins.some(({ id, state }) => id === 'mute' && state === 'running'), 60_000);
  expect((await second.status()).spool.ackedSeq).toBe(0);
}, 180_000);
