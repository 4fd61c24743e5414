import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtures } from '../host-under-test.ts';
import { listFolder, MAX_FOLDER_FILES } from './folder-files.ts';
import { inspectFolder } from './inspect.ts';
import { foldersOf } from './roots.ts';
import { Staging } from './staging.ts';

const fixture = (name: string): string => path.join(fixtures, name);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'tickhub-discovery-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

/** The fixture `ok-feed`, changed. */
function changed(change: (manifest: Record<string, unknown>) => Record<string, unknown>): string {
  const folder = path.join(dir, 'changed');
  cpSync(fixture('ok-feed'), folder, { recursive: true });
  const file = path.join(folder, 'plugin.json');
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)));
  return folder;
}

describe('inspectFolder', () => {
  it('reads a good one', async () => {
    expect(await inspectFolder(fixture('ok-feed'), 'user')).toMatchObject({ id: 'ok-feed', version: '1.0.0', config: { everyMs: 10 } });
  });

  it.each([
    ['no-manifest', 'PLUGIN_MANIFEST_MISSING', /has no plugin\.json/],
    ['malformed-manifest', 'PLUGIN_MANIFEST_INVALID', /malformed-manifest.plugin\.json: .*/],
    ['unknown-key', 'PLUGIN_MANIFEST_INVALID', /"teir"/],
    ['entry-outside', 'PLUGIN_ENTRY_OUTSIDE', /"entry": "\.\.\/ok-feed\/index\.js" lies outside/],
    ['entry-missing', 'PLUGIN_ENTRY_MISSING', /there is no file "dist\/index\.js"/],
    ['wrong-sdk', 'PLUGIN_SDK_RANGE', /needs SDK \^9\.0\.0, this Tickhub has 0\.1\.0/],
    ['wants-net', 'PLUGIN_PERMISSION_REFUSED', /"permissions\.net" is granted to bundled plugins only/],
    ['wants-files', 'PLUGIN_PERMISSION_REFUSED', /"permissions\.read"/],
    ['wants-token', 'PLUGIN_PERMISSION_REFUSED', /TICKHUB_TOKEN/],
  ])('refuses %s with %s', async (name, code, message) => {
    await expect(inspectFolder(fixture(name), 'user')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(/\S/),
    });
  });

  it('suggests the key that was meant', async () => {
    await expect(inspectFolder(fixture('unknown-key'), 'user')).rejects.toMatchObject({ advice: expect.stringContaining('"tier"') });
  });

  it("lets bundled plugins have what users' may not", async () => {
    expect(await inspectFolder(fixture('wants-net'), 'bundled')).toMatchObject({ permissions: { net: true } });
    expect(await inspectFolder(fixture('wants-files'), 'bundled')).toMatchObject({ permissions: { read: ['/etc'] } });
  });

  it.each([
    ['a range that is none', { sdk: 'newest' }, 'PLUGIN_MANIFEST_INVALID', '"sdk": "newest" is not a semver range'],
    [
      'a requirement that is none',
      { requires: { ticks: 'x y' } },
      'PLUGIN_MANIFEST_INVALID',
      '"requires.ticks": "x y" is not a semver range',
    ],
    ['a host with a path', { permissions: { hosts: ['https://a.example/x'] } }, 'PLUGIN_MANIFEST_INVALID', '"permissions.hosts.0"'],
    ['an absolute entry', { entry: path.resolve('/etc/passwd') }, 'PLUGIN_ENTRY_OUTSIDE', 'lies outside'],
    ['the folder as entry', { entry: '.' }, 'PLUGIN_ENTRY_OUTSIDE', 'lies outside'],
    ['an entry that is no module', { entry: 'plugin.json' }, 'PLUGIN_ENTRY_MISSING', 'is not a .js, .mjs, .ts or .mts file'],
    ['an embedded backend', { embeddedBackend: 'index.js' }, 'PLUGIN_PERMISSION_REFUSED', '"embeddedBackend"'],
    ['options for Node', { permissions: { env: ['NODE_OPTIONS'] } }, 'PLUGIN_PERMISSION_REFUSED', 'NODE_OPTIONS'],
  ])('refuses %s', async (_what, change, code, message) => {
    const folder = changed((manifest) => ({ ...manifest, ...change }));
    await expect(inspectFolder(folder, 'user')).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it('says whether plugin or host is too old', async () => {
    await expect(inspectFolder(fixture('wrong-sdk'), 'user')).rejects.toMatchObject({
      remedy: 'Update Tickhub to one with SDK 9.0.0 or newer.',
    });
    const old = changed((manifest) => ({ ...manifest, sdk: '^0.0.1' }));
    await expect(inspectFolder(old, 'user')).rejects.toMatchObject({
      remedy: expect.stringContaining('Get a newer version of the plugin'),
    });
  });

  it('refuses an entry that is a link out of the folder, from a bundled one too', async () => {
    const folder = changed((manifest) => ({ ...manifest, entry: 'link.js' }));
    writeFileSync(path.join(dir, 'outside.js'), '');
    symlinkSync(path.join(dir, 'outside.js'), path.join(folder, 'link.js'));
    await expect(inspectFolder(folder, 'bundled')).rejects.toMatchObject({ code: 'PLUGIN_ENTRY_OUTSIDE' });
  });

  it('refuses a folder that is a link', async () => {
    symlinkSync(fixture('ok-feed'), path.join(dir, 'link'), 'dir');
    await expect(inspectFolder(path.join(dir, 'link'), 'user')).rejects.toMatchObject({ code: 'PLUGIN_SYMLINK' });
  });

  it('refuses a manifest that is a link', async () => {
    const folder = changed((manifest) => manifest);
    rmSync(path.join(folder, 'plugin.json'));
    symlinkSync(path.join(fixture('ok-feed'), 'plugin.json'), path.join(folder, 'plugin.json'));
    await expect(inspectFolder(folder, 'user')).rejects.toMatchObject({ code: 'PLUGIN_SYMLINK' });
  });
});

describe('foldersOf', () => {
  it('passes over files, hidden folders and node_modules', async () => {
    for (const name of ['b', 'a', '.git', 'node_modules']) mkdirSync(path.join(dir, name));
    writeFileSync(path.join(dir, 'README.md'), '');
    expect(await foldersOf({ path: dir, kind: 'user' })).toEqual([path.join(dir, 'a'), path.join(dir, 'b')]);
  });

  it('says which root is missing', async () => {
    const root = path.join(dir, 'none');
    await expect(foldersOf({ path: root, kind: 'user' })).rejects.toMatchObject({
      code: 'PLUGIN_ROOT_UNREADABLE',
      message: expect.stringContaining(root),
    });
  });
});

describe('Staging', () => {
  const staging = (): Staging => new Staging(path.join(dir, 'staged'));

  it("copies a user's plugin under the hash of its content", async () => {
    const folder = changed((manifest) => manifest);
    mkdirSync(path.join(folder, 'lib', '.hidden'), { recursive: true });
    writeFileSync(path.join(folder, 'lib', 'a.js'), 'a');
    writeFileSync(path.join(folder, 'lib', '.hidden', 'b'), 'b');
    const release = await staging().release(folder, 'user');
    expect(release.dir).toBe(path.join(dir, 'staged', 'ok-feed', release.hash));
    expect((await readdir(release.dir, { recursive: true })).sort()).toEqual(['index.js', 'lib', path.join('lib', 'a.js'), 'plugin.json']);
    const again = await staging().release(folder, 'user');
    expect(again.dir).toBe(release.dir);
    writeFileSync(path.join(folder, 'lib', 'a.js'), 'c');
    const third = await staging().release(folder, 'user');
    expect(third.hash).not.toBe(release.hash);
    expect(await readFile(path.join(release.dir, 'lib', 'a.js'), 'utf8')).toBe('a');
  });

  it('mends a copy that was damaged', async () => {
    const folder = changed((manifest) => manifest);
    const release = await staging().release(folder, 'user');
    writeFileSync(path.join(release.dir, 'index.js'), 'damaged');
    expect((await staging().release(folder, 'user')).dir).toBe(release.dir);
    expect(await readFile(path.join(release.dir, 'index.js'), 'utf8')).toBe(readFileSync(path.join(folder, 'index.js'), 'utf8'));
  });

  it('runs a bundled plugin where it is', async () => {
    expect(await staging().release(fixture('ok-feed'), 'bundled')).toMatchObject({ dir: fixture('ok-feed'), hash: '1.0.0' });
  });

  it('refuses a link anywhere in the folder', async () => {
    const folder = changed((manifest) => manifest);
    mkdirSync(path.join(folder, 'lib'));
    symlinkSync('/etc/passwd', path.join(folder, 'lib', 'data'));
    await expect(staging().release(folder, 'user')).rejects.toMatchObject({
      code: 'PLUGIN_SYMLINK',
      message: expect.stringContaining(path.join('lib', 'data')),
    });
  });

  it('refuses too many files', async () => {
    const folder = changed((manifest) => manifest);
    for (let i = 0; i < MAX_FOLDER_FILES; i++) writeFileSync(path.join(folder, `f${i}`), '');
    await expect(listFolder(folder)).rejects.toMatchObject({
      code: 'PLUGIN_FOLDER_TOO_LARGE',
      message: expect.stringContaining('2,000 files'),
    });
  });

  it('refuses too many bytes', async () => {
    const folder = changed((manifest) => manifest);
    for (let i = 0; i < 65; i++) writeFileSync(path.join(folder, `f${i}`), Buffer.alloc(1_048_576));
    await expect(staging().release(folder, 'user')).rejects.toMatchObject({
      code: 'PLUGIN_FOLDER_TOO_LARGE',
      message: expect.stringContaining('over 64 MiB'),
    });
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('names a file it may not read', async () => {
    const folder = changed((manifest) => manifest);
    chmodSync(path.join(folder, 'index.js'), 0);
    await expect(staging().release(folder, 'user')).rejects.toMatchObject({
      code: 'PLUGIN_FOLDER_UNREADABLE',
      message: expect.stringContaining('index.js'),
    });
  });

  it('never copies a folder halfway through a change', async () => {
    const folder = changed((manifest) => manifest);
    let round = 0;
    const write = (): void => {
      round++;
      writeFileSync(path.join(folder, 'a.txt'), String(round));
      writeFileSync(path.join(folder, 'b.txt'), String(round));
    };
    write();
    const timer = setInterval(write, 3);
    const stop = setTimeout(() => clearInterval(timer), 150);
    const release = await staging().release(folder, 'user');
    clearInterval(timer);
    clearTimeout(stop);
    expect(await readFile(path.join(release.dir, 'a.txt'), 'utf8')).toBe(await readFile(path.join(release.dir, 'b.txt'), 'utf8'));
  });

  it('removes what nobody runs', async () => {
    const folder = changed((manifest) => manifest);
    const first = await staging().release(folder, 'user');
    writeFileSync(path.join(folder, 'new.js'), '');
    const second = await staging().release(folder, 'user');
    await staging().prune('ok-feed', new Set([second.hash]));
    expect(await readdir(path.join(dir, 'staged', 'ok-feed'))).toEqual([second.hash]);
    expect(first.hash).not.toBe(second.hash);
    await staging().pruneOthers(new Set());
    expect(await readdir(path.join(dir, 'staged'))).toEqual([]);
  });
});
