import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';
import { pluginsCheckCommand, pluginsListCommand, pluginsRetryCommand } from './plugins.ts';

/** The SDK is built in a clone that ran \`npm test\`; without it these commands rightly refuse. */
const isBuilt = existsSync(path.resolve('plugin-sdk/dist/isolate.js'));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-cli-'));
});

async function plugin(name: string, manifest: object | string, code = ''): Promise<string> {
  const folder = path.join(dir, 'plugins', name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'plugin.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  await writeFile(path.join(folder, 'feed.js'), code);
  return folder;
}

const good = (id: string) => ({ id, version: '1.2.3', kind: 'data-source', sdk: '^0.1.0', entry: 'feed.js' });
const FEED = `import { definePlugin } from '@tickhub/plugin-sdk'; export default definePlugin({ kind: 'data-source', start() {} });`;

async function run(command: typeof pluginsListCommand, ...argv: string[]) {
  const out: string[] = [];
  const code = await command(parseArguments([...argv, '--data', dir], {}), (text) => out.push(text));
  return { code, out: out.join('\n') };
}

describe.runIf(isBuilt)('tickhub plugins list', () => {
  it('shows every folder with what would keep its plugin from running, and what the config keeps out', async () => {
    await plugin('fine', good('fine'));
    await plugin('off', good('off'));
    await plugin('idle', { ...good('idle'), activation: 'configured' });
    await plugin('broken', '{');
    await mkdir(path.join(dir, 'plugins', 'empty'));
    const { code, out } = await run(pluginsListCommand, 'plugins', 'list', '--json', '--config', await config({ disabled: ['off'] }));
    const found = JSON.parse(out) as { id: string; version: string; problem: string }[];
    const own = new Map(found.map((one) => [one.id, one]));
    expect(code).toBe(0);
    expect(own.get('fine')).toMatchObject({ version: '1.2.3', problem: '' });
    expect(own.get('off')).toMatchObject({ problem: 'disabled in the config' });
    expect(own.get('idle')).toMatchObject({ problem: 'not configured: set plugins.idle in the config' });
    expect(own.get('broken')?.problem).toMatch(/JSON/);
    expect(own.get('empty')?.problem).toMatch(/plugin\.json/);
    expect([...own.keys()]).toEqual(expect.arrayContaining(['mt5', 'websocket']));
  });

  it('shows them as lines that line up', async () => {
    await plugin('fine', good('fine'));
    const { out } = await run(pluginsListCommand, 'plugins', 'list');
    expect(out).toMatch(/^plugin +version +kind +tier +folder/);
    expect(out).toMatch(/\nfine +1\.2\.3 +data-source +free +/);
  });

  it('names a folder that it was told of and that cannot be read', async () => {
    const { out } = await run(pluginsListCommand, 'plugins', 'list', '--plugins', path.join(dir, 'nowhere'));
    expect(out).toMatch(/nowhere.*Create the folder, or correct the path/);
  });

  async function config(content: object): Promise<string> {
    const file = path.join(dir, 'config.json');
    await writeFile(file, JSON.stringify(content));
    return file;
  }
});

describe.runIf(isBuilt)('tickhub plugins check', () => {
  it('loads the plugin once, and leaves nothing of it', async () => {
    const folder = await plugin('fine', good('fine'), FEED);
    const before = await readdir(os.tmpdir());
    expect(await run(pluginsCheckCommand, 'plugins', 'check', folder)).toEqual({
      code: 0,
      out: 'fine 1.2.3: fine. It loads, and needs the tier free.',
    });
    const left = (await readdir(os.tmpdir())).filter((name) => name.startsWith('tickhub-check-') && !before.includes(name));
    expect(left).toEqual([]);
  });

  it('ends with 1 for one that would not run, and says why', async () => {
    const folder = await plugin('throws', good('throws'), `throw new Error('not today')`);
    const { code, out } = await run(pluginsCheckCommand, 'plugins', 'check', folder, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problem: { code: 'PLUGIN_LOAD_FAILED', message: expect.stringContaining('not today') },
    });
    const missing = await run(pluginsCheckCommand, 'plugins', 'check', path.join(dir, 'none'));
    expect(missing.code).toBe(1);
    expect(missing.out).toMatch(/^PLUGIN_/);
  });
});

describe('the operands of tickhub plugins', () => {
  it('are asked for where they are missing', async () => {
    await expect(run(pluginsCheckCommand, 'plugins', 'check')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(run(pluginsRetryCommand, 'plugins', 'retry')).rejects.toMatchObject({ code: 'USAGE' });
  });
});
