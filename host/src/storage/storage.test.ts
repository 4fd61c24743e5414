import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { holderOf, lockDataDir } from './data-dir-lock.ts';
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

/** A process that takes the folder, says so, and keeps it. */
const KEEPER = `
  import { lockDataDir } from ${JSON.stringify(path.resolve('host/src/storage/data-dir-lock.ts'))};
  await lockDataDir(process.argv[1]);
  process.stdout.write('taken');
  setInterval(() => {}, 1000);
`;

async function keeper() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', KEEPER, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('lockDataDir', () => {
  it('gives the folder to one host, and to the next one after it', async () => {
    const release = await lockDataDir(dir);
    expect(await holderOf(dir)).toBe(process.pid);
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'DATA_DIR_BUSY' });
    await release();
    expect(await holderOf(dir)).toBeNull();
    const again = await lockDataDir(dir);
    await again();
  });

  it('refuses while another process has it, names that, and takes it over once that is killed', async () => {
    const other = await keeper();
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'DATA_DIR_BUSY', message: expect.stringContaining(String(other.pid)) });
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await holderOf(dir)).toBeNull();
    const release = await lockDataDir(dir);
    await release();
  });

  it('is not kept out by a process that has got the id of one that was killed', async () => {
    const stranger = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    await writeFile(path.join(dir, 'host.pid'), `${stranger.pid}\n`);
    const release = await lockDataDir(dir);
    stranger.kill('SIGKILL');
    await release();
  });

  it('takes over a lock that holds rubbish', async () => {
    await writeFile(path.join(dir, 'host.lock'), 'rubbish, and more than a header of it'.repeat(50));
    const release = await lockDataDir(dir);
    await release();
  });
});
