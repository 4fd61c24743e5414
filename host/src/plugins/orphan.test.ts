import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';
import { buildSdk, fixtures } from './host-under-test.ts';

/** A host of its own process: prints the pid of its isolate, and lives until it is killed. */
const HOST = `
import { PluginHost } from './plugin-host.js';
const [dir, sdkDist] = process.argv.slice(2);
const log = { debug() {}, info() {}, warn() {}, error(m) { console.error(m); }, with: () => log };
const attachment = { startTerms: () => ({ cursors: [], verdicts: [], spool: null, tenant: 't' }), onFrame: () => true, onMessage() {}, call: () => Promise.reject(new Error('no')), detach() {} };
const host = new PluginHost({ roots: [{ path: dir + '/plugins', kind: 'user' }], dataDir: dir + '/data', hostVersion: '0', tenant: 't', tier: 'free', attach: () => attachment, configFor: () => ({}), log, sdkDist });
host.onTransition(({ to }) => to === 'running' && setTimeout(() => console.log(host.list()[0].pid), 0));
await host.start();
`;

it('an isolate ends when its host is killed', async () => {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'tickhub-orphan-')));
  const sdk = await buildSdk();
  mkdirSync(path.join(dir, 'plugins'));
  cpSync(path.join(fixtures, 'ok-feed'), path.join(dir, 'plugins', 'ok-feed'), { recursive: true });
  const build = await rolldown({
    input: fileURLToPath(new URL('plugin-host.ts', import.meta.url)),
    platform: 'node',
    resolve: { alias: { '@tickhub/plugin-sdk/host': fileURLToPath(new URL('../../../plugin-sdk/src/host.ts', import.meta.url)) } },
  });
  await build.write({ file: path.join(dir, 'plugin-host.js'), format: 'esm' });
  writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
  writeFileSync(path.join(dir, 'host.js'), HOST);

  const host = spawn(process.execPath, [path.join(dir, 'host.js'), dir, sdk], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve, reject) => {
    host.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    host.once('exit', (code) => reject(new Error(`the host ended with ${code}`)));
  });
  expect(process.kill(pid, 0)).toBe(true);
  host.kill('SIGKILL');
  await expect
    .poll(
      () => {
        try {
          return process.kill(pid, 0);
        } catch {
          return false;
        }
      },
      { timeout: 5_000 },
    )
    .toBe(false);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  rmSync(sdk, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
});
