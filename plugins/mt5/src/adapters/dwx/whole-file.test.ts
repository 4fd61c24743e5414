import { mkdtemp, open, rm, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WholeFile } from './whole-file.ts';

let dir = '';
let file = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-whole-'));
  file = path.join(dir, 'x.txt');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Opens as ever, and does something after so many reads. */
function meddling(afterReads: number, meddle: () => Promise<void>): typeof open {
  return async (...args) => {
    const handle = await open(...args);
    let reads = 0;
    const read = handle.read.bind(handle) as (...given: unknown[]) => Promise<unknown>;
    handle.read = (async (...given: unknown[]) => {
      const result = await read(...given);
      if (++reads === afterReads) await meddle();
      return result;
    }) as FileHandle['read'];
    return handle;
  };
}

it('gives the text of a file at rest, whatever MQL5 encoded it in', async () => {
  const whole = new WholeFile(file, 100_000);
  await writeFile(file, '{"EURUSD": 1}\r\n');
  expect(await whole.look()).toEqual({ state: 'whole', text: '{"EURUSD": 1}\r\n' });
  await writeFile(file, Buffer.from('\ufeff{"EURUSD": 2}', 'utf16le'));
  expect(await whole.look()).toEqual({ state: 'whole', text: '{"EURUSD": 2}' });
  await writeFile(file, Buffer.from('{"M\u00fcller": 3}', 'latin1'));
  expect(await whole.look()).toEqual({ state: 'whole', text: '{"M\u00fcller": 3}' });
  await writeFile(file, 'x'.repeat(50_000));
  expect(await whole.look()).toEqual({ state: 'whole', text: 'x'.repeat(50_000) });
});

it('never mixes two versions, though each pass over the file is without fault', async () => {
  await writeFile(file, '{"bid": 1.11111}');
  const rewritten = new WholeFile(
    file,
    100,
    meddling(1, () => writeFile(file, '{"bid": 1.22222}')),
  );
  expect(await rewritten.look()).toEqual({ state: 'torn' });
  const truncated = new WholeFile(
    file,
    100,
    meddling(2, () => writeFile(file, '')),
  );
  expect(await truncated.look()).toEqual({ state: 'torn' });
  const longer = new WholeFile(
    file,
    100,
    meddling(2, () => writeFile(file, '{"bid": 1.22222} ')),
  );
  await writeFile(file, '{"bid": 1.22222}');
  expect(await longer.look()).toEqual({ state: 'torn' });
});

it('names what is in the way', async () => {
  expect(await new WholeFile(file, 10).look()).toEqual({ state: 'absent' });
  await writeFile(file, '');
  expect(await new WholeFile(file, 10).look()).toEqual({ state: 'torn' });
  await writeFile(file, 'x'.repeat(40_000));
  expect(await new WholeFile(file, 10).look()).toMatchObject({ state: 'too-large' });
  for (const code of ['EBUSY', 'EPERM', 'EACCES']) {
    const held = new WholeFile(file, 10, () => Promise.reject(Object.assign(new Error('held'), { code })));
    expect(await held.look()).toEqual({ state: 'locked', code });
  }
  expect(await new WholeFile(dir, 10).look()).toMatchObject({ state: 'failed', error: { code: 'EISDIR' } });
});

it('tells a change by size and time', async () => {
  const whole = new WholeFile(file, 100);
  expect(await whole.changed()).toBe(false);
  await writeFile(file, 'a');
  expect(await whole.changed()).toBe(true);
  expect(whole.there).toBe(true);
  expect(await whole.changed()).toBe(false);
  await utimes(file, 1, 1);
  expect(await whole.changed()).toBe(true);
  await rm(file);
  expect(await whole.changed()).toBe(true);
  expect(whole.there).toBe(false);
});
