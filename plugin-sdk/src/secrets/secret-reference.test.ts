import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSecret, SecretReference } from './secret-reference.ts';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-secret-'));
});
afterEach(() => rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

describe('a secret by reference', () => {
  it('is in a variable or a file, without space around it', async () => {
    await writeFile(path.join(dir, 'key'), ' from file \r\n');
    expect(readSecret('env:KEY', dir, { KEY: ' from env\n' })).toEqual({ value: 'from env' });
    expect(readSecret('file:key', dir, {})).toEqual({ value: 'from file' });
    expect(readSecret(`file:${path.join(dir, 'key')}`, os.tmpdir(), {})).toEqual({ value: 'from file' });
  });

  it('that is not there says where it was looked for', async () => {
    await writeFile(path.join(dir, 'empty'), '\n');
    expect(readSecret('env:KEY', dir, {})).toEqual({ missing: 'the environment variable KEY is not set' });
    expect(readSecret('env:KEY', dir, { KEY: ' ' })).toEqual({ missing: 'the environment variable KEY is not set' });
    expect(readSecret('file:none', dir, {})).toEqual({ missing: `there is no file ${path.join(dir, 'none')}` });
    expect(readSecret('file:empty', dir, {})).toEqual({ missing: `the file ${path.join(dir, 'empty')} is empty` });
    expect(readSecret('file:.', dir, {})).toEqual({ missing: expect.stringMatching(/cannot be read \(E[A-Z]+\)/) });
  });

  it.each(['s3cret', 'env:', 'env:A-B', 'file:', ''])('is not what %j could be: the message does not repeat it', (text) => {
    const { success, error } = SecretReference.safeParse(text);
    expect(success).toBe(false);
    expect(error?.message).toContain('never the secret itself');
    expect(error?.message).not.toContain('s3cret');
  });
});
