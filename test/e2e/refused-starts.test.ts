import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tickhub, tickhubHere } from '../system/cli.ts';
import { HostProcess, NO_TERMINAL } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

let dir: string;
let hosts: HostProcess[] = [];
let taken: Server | null = null;

beforeEach(async () => {
  dir = await scratchDir('start');
});
afterEach(async () => {
  for (const host of hosts) host.kill();
  await Promise.all(hosts.map((host) => host.exited));
  hosts = [];
  taken?.close();
  taken = null;
  await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

function start(set: readonly string[] = [], dataDir = dir): HostProcess {
  const host = HostProcess.start({ dataDir, set: ['plugins.mt5.port=0', ...set] });
  hosts.push(host);
  return host;
}

/** Has another program listen on a port. */
async function busyPort(): Promise<number> {
  const server = createServer();
  taken = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server's address is an AddressInfo.
  return (server.address() as AddressInfo).port;
}

describe('a start that cannot be', () => {
  it('names the busy control port, or the host that has the data folder, ends with 1, and leaves nothing in the way of the next', async () => {
    const port = await busyPort();
    const busy = await tickhub(['run', '--plain', '--data', dir, '--set', `controlPort=${port}`, '--set', 'plugins.mt5.port=0']);
    expect(busy.err).toMatch(
      new RegExp(`^tickhub: .*port ${port} on 127\\.0\\.0\\.1 cannot be opened \\(EADDRINUSE\\); set another "controlPort"`, 'm'),
    );
    expect(busy.err).not.toMatch(/\n\s+at /);
    expect(busy.code).toBe(1);

    // What had started was stopped: the next start finds nothing in its way.
    const first = start();
    await first.ready();
    const second = await tickhub(['run', '--plain', '--data', dir]);
    expect(second.err).toBe(
      `tickhub: ${dir}: a Tickhub host (process ${first.pid}) works on this data folder already; stop it, or give this one its own with --data\n`,
    );
    expect(second.code).toBe(1);
    expect((await first.status()).host.pid).toBe(first.pid);

    // What has to be killed does not keep its data folder either; and the next one leaves out what it is told to.
    const text = await tickhub(['status', '--data', dir]);
    expect(text.code).toBe(0);
    expect(JSON.parse((await tickhub(['status', '--json', '--data', dir])).out)).toMatchObject({ host: { pid: first.pid } });
    const { epoch } = await spoolOf();
    first.kill();
    await first.exited;
    const none = await tickhub(['status', '--data', dir]);
    expect(none.err).toMatch(new RegExp(`process ${first.pid} does not answer`));
    expect(none.code).toBe(1);
    const third = start([NO_TERMINAL]);
    await third.ready();
    const status = await third.status();
    expect(status.host.pid).toBe(third.pid);
    expect(status.plugins.find(({ id }) => id === 'mt5')?.state).toBe('stopped');

    const stop = await tickhub(['stop', '--data', dir]);
    expect(stop).toMatchObject({ code: 0, out: 'The host has drained and ended.\n' });
    expect(await third.exited).toBe(0);
    expect(third.lines.map(({ msg }) => msg)).toContain('draining after tickhub stop');

    // A broken config leaves the spool untouched.
    await writeFile(path.join(dir, 'config.json'), '{');
    expect((await tickhub(['run', '--plain', '--data', dir])).code).toBe(1);
    await rm(path.join(dir, 'config.json'));
    expect(await spoolOf()).toMatchObject({ epoch, isSound: true });
  });

  it.each([
    ['is no JSON', '{ "tenant": ', /config\.json: is not JSON: /],
    ['has a value of the wrong kind', '{ "spool": { "budgetMb": "lots" } }', /config\.json: "spool\.budgetMb": .*number/],
    ['lacks a key', '{ "backend": { "url": "ws://127.0.0.1:1", "jwks": "keys.json" } }', /config\.json: "backend\.token" is missing/],
    ['has a key that there is not', '{ "tennant": "x" }', /config\.json: .*"tennant"/],
    [
      'has a token where it should say where one is',
      '{ "backend": { "url": "ws://x", "jwks": "k", "token": "hunter2" } }',
      /config\.json: "backend\.token": /,
    ],
  ])('names file and key when the config %s, and ends with 1', async (_what, text, message) => {
    await writeFile(path.join(dir, 'config.json'), text);
    const { code, err } = await tickhub(['run', '--plain', '--data', dir]);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/hunter2|\n\s+at /);
    expect(code).toBe(1);
  });
});

async function spoolOf(): Promise<{ epoch: string; isSound: boolean }> {
  const { out } = await tickhubHere(['spool', 'check', '--json', '--data', dir]);
  return JSON.parse(out) as { epoch: string; isSound: boolean };
}

describe('the mt5 port is taken by another program', () => {
  it('the host and the other plugins go on, the status says what to do, and the port is taken when it is free', async () => {
    const port = await busyPort();
    const host = start([`plugins.mt5.port=${port}`]);
    await host.ready();
    const status = await host.statusWhen('the plugin to say so', ({ plugins }) =>
      plugins.some(
        ({ id, state, detail }) =>
          id === 'mt5' && state === 'degraded' && detail.includes(`port ${port} on 127.0.0.1 is taken by another program`),
      ),
    );
    expect(status.plugins.find(({ id }) => id === 'mt5')).toMatchObject({
      state: 'degraded',
      restarts: 0,
      detail: expect.stringContaining('plugins.mt5.port'),
    });
    await host.statusWhen(
      'the transport to run',
      ({ plugins, backend }) => backend.link === 'up' && plugins.some(({ id, state }) => id === 'websocket' && state === 'running'),
    );
    const text = await tickhub(['status', '--data', dir]);
    expect(text.out).toContain(`port ${port} on 127.0.0.1 is taken`);
    taken?.close();
    expect((await host.link()).port).toBe(port);
    await host.statusWhen('the trouble to be over', ({ plugins }) =>
      plugins.some(({ id, detail }) => id === 'mt5' && !detail.includes('is taken')),
    );
  });
});

describe('the command line', () => {
  it('helps', async () => {
    const { code, out } = await tickhub(['--help']);
    expect(code).toBe(0);
    for (const word of ['run', 'status', 'stop', 'plugins list', 'plugins check FOLDER', '--data DIR', 'TICKHUB_DATA'])
      expect(out).toContain(word);
    expect((await tickhubHere([])).out).toBe(out);
  });

  it.each([
    [['frobnicate'], /There is no command "frobnicate"/],
    [['run', '--frob'], /'--frob'/],
    [['plugins'], /`tickhub plugins` needs one of: list, check, retry/],
    [['plugins', 'check'], /needs the folder of a plugin/],
    [['status', '--plain'], /`tickhub status` has no option --plain/],
  ])('says what does not fit in %j, and ends with 2', async (args, message) => {
    const { code, err } = await tickhubHere(args);
    expect(err).toMatch(message);
    expect(err).toContain('tickhub --help');
    expect(code).toBe(2);
  });

  it.each([['status'], ['stop']])('%s without a host says so, and ends with 1', async (command) => {
    const { code, err } = await tickhubHere([command, '--data', dir]);
    expect(err).toMatch(/^tickhub: no host is running on .* start one with `tickhub run`/);
    expect(code).toBe(1);
  });

  it('plugins list shows every folder and what is wrong with it', async () => {
    const { code, out } = await tickhubHere(['plugins', 'list', '--data', dir, '--plugins', 'test/fixtures/plugins']);
    expect(code).toBe(0);
    const line = (id: string): string => out.split('\n').find((text) => text.startsWith(`${id} `)) ?? '';
    expect(line('mt5')).toMatch(/0\.1\.0\s+data-source\s+free/);
    expect(line('ok-feed')).toMatch(/1\.0\.0\s+data-source\s+free\s+\S+ok-feed\s*$/);
    expect(line('unknown-key')).toContain('Write "tier"');
    expect(line('wrong-sdk')).toContain('needs SDK ^9.0.0');
    const listed = JSON.parse((await tickhubHere(['plugins', 'list', '--json', '--data', dir])).out) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(['mt5', 'social', 'websocket']));
  });

  it.each([
    ['ok-feed', 0, /^ok-feed 1\.0\.0: fine\. It loads/],
    ['no-manifest', 1, /^PLUGIN_MANIFEST_MISSING: [^]*Add a plugin\.json/],
    ['malformed-manifest', 1, /^PLUGIN_MANIFEST_INVALID: [^]*line 4/],
    ['unknown-key', 1, /^PLUGIN_MANIFEST_INVALID: [^]*"teir"[^]*"tier"/],
    ['entry-outside', 1, /^PLUGIN_ENTRY_OUTSIDE: [^]*Move the file into the folder/],
    ['wants-net', 1, /^PLUGIN_PERMISSION_REFUSED: [^]*http capability/],
    ['wrong-sdk', 1, /^PLUGIN_SDK_RANGE: /],
    ['bad-config', 1, /^PLUGIN_LOAD_FAILED: config "url"/],
    ['other-kind', 1, /^PLUGIN_LOAD_FAILED: plugin\.json says kind "model"/],
  ])('plugins check %s ends with %i', async (name, expected, text) => {
    const { code, out } = await tickhubHere(['plugins', 'check', path.join('test', 'fixtures', 'plugins', name)]);
    expect(out).toMatch(text);
    expect(code).toBe(expected);
  });
});
