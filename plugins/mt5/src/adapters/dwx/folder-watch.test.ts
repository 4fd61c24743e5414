import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/doubles.ts';
import { FolderWatch, type Found } from './folder-watch.ts';

let dir = '';
let clock: ManualClock;
let looks = 0;
let found: Found = 'same';
let watching: FolderWatch;
let looked: () => void = () => undefined;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-watch-'));
  clock = new ManualClock();
  looks = 0;
  found = 'same';
  watching = new FolderWatch({ folder: dir, files: new Set(['prices.txt']), intervalMs: 25 }, clock, () => {
    looks++;
    looked();
    return Promise.resolve(found);
  });
});
afterEach(async () => {
  await watching.stop();
  await rm(dir, { recursive: true, force: true });
});

async function after(ms: number): Promise<number> {
  clock.advance(ms);
  for (let i = 0; i < 5; i++) await turn();
  return looks;
}

/** Writes the file, and waits for the look that the operating system causes; the clock stands still. */
async function told(): Promise<void> {
  const seen = new Promise<void>((resolve) => (looked = resolve));
  await writeFile(path.join(dir, 'prices.txt'), String(Math.random()));
  await seen;
  for (let i = 0; i < 5; i++) await turn();
}

it('looks at intervals as long as nobody tells of changes, at once where a file was being written, and seldom where there is none', async () => {
  watching.start();
  expect(await after(0)).toBe(1);
  expect(await after(24)).toBe(1);
  expect(await after(1)).toBe(2);
  found = 'unsettled';
  expect(await after(25)).toBe(3);
  found = 'idle';
  expect(await after(3)).toBe(4);
  expect(await after(999)).toBe(4);
  expect(await after(1)).toBe(5);
});

it('relies on the operating system once it has told of 20 changes in a row, until it misses one', async () => {
  watching.start();
  await after(25);
  found = 'changed';
  while (!watching.relied) await told();
  found = 'same';
  // A write may be told of in pieces: the looks that are still to come find nothing new.
  await told();
  const before = await after(250);
  expect(await after(249)).toBe(before);
  found = 'changed';
  expect(await after(1)).toBe(before + 1);
  expect(watching.relied).toBe(false);
  expect(await after(25)).toBe(before + 2);
});

it('ends when it is stopped', async () => {
  watching.start();
  await after(25);
  await watching.stop();
  const before = looks;
  await writeFile(path.join(dir, 'prices.txt'), 'x');
  expect(await after(5_000)).toBe(before);
});
