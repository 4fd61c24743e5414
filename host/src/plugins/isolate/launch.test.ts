import path from 'node:path';
import { PluginManifest } from '@tickhub/plugin-sdk/host';
import { describe, expect, it } from 'vitest';
import { permissionModelCoversNet, planLaunch } from './launch.ts';

const terms = {
  isolateEntry: path.resolve('/sdk/isolate.js'),
  sdkFolders: [path.resolve('/sdk')],
  dataDir: path.resolve('/data/feed'),
  compileCache: path.resolve('/data/compile-cache'),
  hostEnv: {
    PATH: '/bin',
    HOME: '/root',
    TICKHUB_TOKEN: 'secret',
    NODE_OPTIONS: '--inspect',
    FEED_KEY: 'k',
    TZ: 'UTC',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
  },
};

function plan(origin: 'user' | 'bundled', more: object = {}): ReturnType<typeof planLaunch> {
  const manifest = PluginManifest.parse({
    id: 'feed',
    version: '1.0.0',
    kind: 'data-source',
    sdk: '*',
    entry: 'index.js',
    limits: { memoryMb: 99 },
    ...more,
  });
  const dir = path.resolve('/staged/feed');
  return planLaunch({ manifest, origin, folder: dir, dir, hash: 'h' }, terms);
}

describe('planLaunch', () => {
  it('gives a user plugin its copy, its data and the SDK, and no network', () => {
    const { args, cwd } = plan('user');
    expect(args).toEqual([
      '--max-old-space-size=99',
      '--disable-warning=ExperimentalWarning',
      '--permission',
      `--allow-fs-read=${path.resolve('/staged/feed')}`,
      `--allow-fs-read=${path.resolve('/data/feed')}`,
      `--allow-fs-read=${path.resolve('/sdk')}`,
      `--allow-fs-write=${path.resolve('/data/feed')}`,
      '--no-experimental-sqlite',
      path.resolve('/sdk/isolate.js'),
    ]);
    expect(cwd).toBe(path.resolve('/data/feed'));
  });

  it('gives no variable that the manifest does not name', () => {
    expect(Object.keys(plan('user').env)).toEqual(['TZ']);
    expect(plan('user', { permissions: { env: ['FEED_KEY', 'NOT_SET'] } }).env).toEqual({ TZ: 'UTC', FEED_KEY: 'k' });
  });

  it('caps the heap of bundled plugins, and trusts them otherwise', () => {
    const { args, env } = plan('bundled');
    expect(args).toEqual(['--max-old-space-size=99', '--disable-warning=ExperimentalWarning', path.resolve('/sdk/isolate.js')]);
    expect(env).toEqual({ TZ: 'UTC', NODE_EXTRA_CA_CERTS: '/ca.pem', NODE_COMPILE_CACHE: terms.compileCache });
  });
});

it.each([
  ['24.13.0', false],
  ['25.0.0', true],
  ['26.10.0', true],
])('Node %s keeps a process off the network: %s', (version, covers) => {
  expect(permissionModelCoversNet(version)).toBe(covers);
});
