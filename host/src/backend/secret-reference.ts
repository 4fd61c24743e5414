import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../config/errors.ts';

/** A reference to a secret: where it is, never what it is. */
export type SecretReference = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'env'; readonly name: string };

/** @throws {ConfigError} CONFIG_SECRET when the text is neither `file:PATH` nor `env:NAME`; the text itself is not repeated. */
export function parseSecretReference(text: string, baseDir: string): SecretReference {
  if (text.startsWith('file:')) return { kind: 'file', path: path.resolve(baseDir, text.slice('file:'.length)) };
  if (text.startsWith('env:')) return { kind: 'env', name: text.slice('env:'.length) };
  throw new ConfigError('CONFIG_SECRET', 'a secret is given as file:PATH or env:NAME, never as itself');
}

/** @throws {ConfigError} CONFIG_SECRET naming the file or variable that is missing. */
export async function readSecret(reference: SecretReference, env: NodeJS.ProcessEnv): Promise<string> {
  if (reference.kind === 'env') {
    const value = env[reference.name];
    if (value === undefined || value === '') {
      throw new ConfigError('CONFIG_SECRET', `the environment variable ${reference.name} is not set; put the token there and start again`);
    }
    return value.trim();
  }
  try {
    return (await readFile(reference.path, 'utf8')).trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(
      'CONFIG_SECRET',
      `${reference.path}: the token file cannot be read (${code}); put the token there, and the host takes it at once`,
      error,
    );
  }
}
