import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameOf, parseSecretReference, readSecret } from './secret-reference.ts';

const dir = await mkdtemp(path.join(os.tmpdir(), 'tickhub-secret-'));

describe('a secret reference', () => {
  it('names a file, relative to the data folder, or a variable', () => {
    expect(parseSecretReference('file:a/b', dir)).toEqual({ kind: 'file', path: path.join(dir, 'a', 'b') });
    expect(parseSecretReference(`file:${path.join(dir, 'x')}`, '/elsewhere')).toEqual({ kind: 'file', path: path.join(dir, 'x') });
    expect(parseSecretReference('env:TOKEN', dir)).toEqual({ kind: 'env', name: 'TOKEN' });
    expect(nameOf({ kind: 'env', name: 'TOKEN' })).toBe('the environment variable TOKEN');
  });

  it.each(['eyJhbGciOiJFZERTQSJ9.e30.c2ln', 'file:', 'env:', ''])(
    'is refused when it is the secret itself or nothing, and not repeated',
    (text) => {
      const parse = (): unknown => parseSecretReference(text, dir);
      expect(parse).toThrow(expect.objectContaining({ code: 'CONFIG_SECRET' }));
      if (text.length > 10) expect(parse).not.toThrow(text);
    },
  );

  it('is read without the white space around it, whichever way the file was written', async () => {
    const file = path.join(dir, 'token');
    const texts: [string, Buffer][] = [
      ['utf-8', Buffer.from(' \uFEFFabc.ü\r\n')],
      ['utf-8 with a mark', Buffer.from('\uFEFFabc.ü\n')],
      ['utf-16, as `>` of Windows PowerShell writes it', Buffer.from('\uFEFFabc.ü\r\n', 'utf16le')],
      ['utf-16, the other way round', Buffer.from('\uFEFFabc.ü\r\n', 'utf16le').swap16()],
    ];
    for (const [how, bytes] of texts) {
      await writeFile(file, bytes);
      expect(await readSecret({ kind: 'file', path: file }, {}), how).toBe('abc.ü');
    }
    expect(await readSecret({ kind: 'env', name: 'T' }, { T: ' abc ' })).toBe('abc');
  });

  it.each([
    ['a file that is missing', { kind: 'file', path: path.join(dir, 'none') }, /ENOENT/],
    ['a folder', { kind: 'file', path: dir }, /EISDIR/],
    ['a variable that is empty', { kind: 'env', name: 'EMPTY' }, /not set/],
    ['a variable that is missing', { kind: 'env', name: 'NONE' }, /not set/],
  ] as const)('is an error to act on for %s', async (_what, reference, message) => {
    await expect(readSecret(reference, { EMPTY: '' })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFIG_SECRET', message: expect.stringMatching(message) }),
    );
  });
});
