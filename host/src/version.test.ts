import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { HOST_VERSION } from './version.ts';

it.each(['package.json', 'host/package.json', 'plugin-sdk/package.json'])('is that of %s', async (file) => {
  const { version } = JSON.parse(await readFile(path.resolve(file), 'utf8')) as { version: string };
  expect(version).toBe(HOST_VERSION);
});
