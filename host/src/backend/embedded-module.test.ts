import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findEmbeddedBackend } from './embedded-module.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-bundled-'));
});

async function plugin(name: string, manifest: string | object): Promise<void> {
  await mkdir(path.join(dir, name));
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  await writeFile(path.join(dir, name, 'plugin.json'), text);
}

const transport = { id: 'ws', version: '1.0.0', kind: 'transport', sdk: '^0.1.0', entry: 'a.js' };

describe('findEmbeddedBackend', () => {
  it('is the module that a bundled plugin names, whatever is wrong with its neighbours', async () => {
    await mkdir(path.join(dir, 'a-no-manifest'));
    await writeFile(path.join(dir, 'a-file'), '');
    await plugin('b-no-json', '{');
    await plugin('c-unknown-key', { ...transport, embeddedBackend: 'no.js', wrong: 1 });
    await plugin('d-without', transport);
    await plugin('e-with', { ...transport, embeddedBackend: 'dist/gateway.js' });
    expect(await findEmbeddedBackend(dir)).toBe(path.join(dir, 'e-with', 'dist', 'gateway.js'));
  });

  it('is none where no plugin brings one', async () => {
    await plugin('ws', transport);
    expect(await findEmbeddedBackend(dir)).toBeNull();
  });
});
