import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkToken } from '../src/link/token.ts';
import { startRig } from './rig.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-token-'));
});
afterEach(() => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

describe('the token', () => {
  it('is made once and kept, readable by its owner only', async () => {
    const token = await linkToken(dir, undefined, {});
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(await linkToken(dir, undefined, {})).toBe(token);
    const file = path.join(dir, 'tickhub.token');
    expect((await readFile(file, 'utf8')).trim()).toBe(token);
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['tickhub.token']);
  });

  it('comes from a variable or a file where the config says so', async () => {
    expect(await linkToken(dir, 'env:MT5_TOKEN', { MT5_TOKEN: ' 0123456789abcdef \n' })).toBe('0123456789abcdef');
    await writeFile(path.join(dir, 'mine'), 'fedcba9876543210\r\n');
    expect(await linkToken(dir, 'file:mine', {})).toBe('fedcba9876543210');
    expect(await linkToken(dir, `file:${path.join(dir, 'mine')}`, {})).toBe('fedcba9876543210');
    expect(await readdir(dir)).toEqual(['mine']);
  });

  it.each([
    ['env:NOT_THERE', /NOT_THERE/],
    ['file:not-there', /not-there/],
    ['env:SHORT', /16/],
    ['env:SPACED', /without spaces/],
  ])('of %s is an error that names the place and not the token', async (reference, why) => {
    const env = { SHORT: 'secret-short', SPACED: 'secret with a space in it' };
    const error = await linkToken(dir, reference, env).then(
      () => null,
      (it: unknown) => it,
    );
    expect(error).toMatchObject({ code: 'LINK_TOKEN', message: expect.stringMatching(why) });
    expect(String(error)).not.toContain('secret');
  });

  it('an emptied file is an error, not a new token behind the user’s back', async () => {
    await writeFile(path.join(dir, 'tickhub.token'), '');
    await expect(linkToken(dir, undefined, {})).rejects.toMatchObject({ code: 'LINK_TOKEN' });
  });

  it('is told to no one: link.json and the log name the file only', async () => {
    await using rig = await startRig({ dataDir: dir, ownToken: true });
    const token = await linkToken(dir, undefined, {});
    const link = await readFile(path.join(dir, 'link.json'), 'utf8');
    expect(JSON.parse(link)).toEqual({ host: '127.0.0.1', port: rig.port, tokenFile: path.join(dir, 'tickhub.token'), pid: process.pid });
    expect(link + rig.log.text + rig.detail).not.toContain(token);
    await rig.stop();
    expect(await readdir(dir)).toEqual(['tickhub.token']);
  });
});
