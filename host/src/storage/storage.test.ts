import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir } from './data-dir-lock.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-storage-'));
});

describe('writeFileAtomic', () => {
  it('replaces content whole and leaves nothing beside it', async () => {
    const file = path.join(dir, 'deep', 'a.json');
    await writeFileAtomic(file, 'one');
    await Promise.all([writeFileAtomic(file, 'two'), writeFileAtomic(file, 'two')]);
    expect(await readFile(file, 'utf8')).toBe('two');
    expect(await readdir(path.dirname(file))).toEqual(['a.json']);
  });
});

describe('lockDataDir', () => {
  it('gives the folder to one host, and to the next one after it', async () => {
    const release = await lockDataDir(dir);
    await release();
    await (
      await lockDataDir(dir)
    )();
  });

  it('refuses while another process that lives has it, and names it', async () => {
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await writeFile(path.join(dir, 'host.lock'), `${other.pid}\n`);
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'DATA_DIR_BUSY', message: expect.stringContaining(String(other.pid)) });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (
      await lockDataDir(dir)
    )();
  });

  it('takes over a lock that holds rubbish', async () => {
    await writeFile(path.join(dir, 'host.lock'), 'rubbish');
    await (
      await lockDataDir(dir)
    )();
  });
});
