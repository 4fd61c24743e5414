import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { LogFile } from './log-file.ts';

let file: string;
beforeEach(async () => {
  file = path.join(await mkdtemp(path.join(os.tmpdir(), 'tickhub-log-')), 'logs', 'tickhub.log');
});

describe('LogFile', () => {
  it('has each line in the file when write returns, behind what earlier runs wrote, for its owner only', async () => {
    new LogFile(file).write('one\n');
    new LogFile(file).write('two\n');
    expect(await readFile(file, 'utf8')).toBe('one\ntwo\n');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('keeps one predecessor, and so twice its size at most', async () => {
    const log = new LogFile(file, 30);
    for (const line of ['first 9 \n', 'second 10\n', 'third  10\n', 'fourth 10\n', 'fifth  10\n', 'sixth  10\n', 'seventh 1\n'])
      log.write(line);
    expect(await readFile(`${file}.1`, 'utf8')).toBe('fourth 10\nfifth  10\nsixth  10\n');
    expect(await readFile(file, 'utf8')).toBe('seventh 1\n');
  });

  it('goes on without the file when that cannot be written, and says how much it lacks when it can again', async () => {
    const log = new LogFile(file, 1_000);
    log.write('before\n');
    rmSync(path.dirname(file), { recursive: true });
    // A folder where the file should be: it cannot be opened.
    mkdirSync(file, { recursive: true });
    log.close();
    log.write('lost\n');
    log.write('lost too\n');
    rmSync(file, { recursive: true });
    log.write('after\n');
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(JSON.parse(lines[0] as string)).toMatchObject({ level: 'warn', msg: '2 lines could not be written to this file' });
    expect(lines[1]).toBe('after');
    expect(existsSync(`${file}.1`)).toBe(false);
  });
});
