import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import { stopCommand } from './stop.ts';

/** Holds a data folder as a host does, and takes its time to let go of it after a stop; `never` does not at all. */
const HOST = `
  import { createServer } from 'node:http';
  import { lockDataDir } from ${JSON.stringify(path.resolve('host/src/storage/data-dir-lock.ts'))};
  import { removeControlFile, writeControlFile } from ${JSON.stringify(path.resolve('host/src/control/control-file.ts'))};
  const [dir, how] = process.argv.slice(1);
  const unlock = await lockDataDir(dir);
  const server = createServer((request, response) => {
    response.end('{}');
    if (how === 'never') return;
    void removeControlFile(dir).then(() => setTimeout(() => unlock().then(() => process.exit()), 150));
  });
  server.listen(0, '127.0.0.1', async () => {
    await writeControlFile(dir, { port: server.address().port, token: 't', pid: process.pid });
    process.stdout.write('up');
  });
`;

let dir: string;
let host: ChildProcess;
const said: string[] = [];
const stop = (waitMs?: number): Promise<number> =>
  stopCommand(parseArguments(['stop', '--data', dir], {}), (text) => said.push(text), waitMs);

async function start(how: string): Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOST, dir, how], { stdio: ['ignore', 'pipe', 'inherit'] });
  host = child;
  await once(child.stdout, 'data');
}

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-stop-'));
  said.length = 0;
});
afterEach(() => host.kill('SIGKILL'));

it('waits until the host has let go of its folder, so that another may start there at once', async () => {
  await start('slowly');
  expect(await stop()).toBe(0);
  expect(said).toEqual(['The host has drained and ended.']);
  const { lockDataDir } = await import('../storage/data-dir-lock.ts');
  const unlock = await lockDataDir(dir);
  await unlock();
});

it('says so when the host does not end', async () => {
  await start('never');
  expect(await stop(60)).toBe(1);
  expect(said).toEqual(['The host has not ended yet; see its log.']);
});
