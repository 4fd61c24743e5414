import path from 'node:path';
import { ConfigError } from '../config/errors.ts';
import { readText } from '../storage/read-text.ts';

/** A reference to a secret: where it is, never what it is. */
export type SecretReference = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'env'; readonly name: string };

/**
 * @param baseDir what a relative path is relative to.
 * @throws {ConfigError} CONFIG_SECRET when the text is neither `file:PATH` nor `env:NAME`; the text itself is not repeated.
 */
export function parseSecretReference(text: string, baseDir: string): SecretReference {
  const [, kind, place] = /^(file|env):(.+)$/.exec(text) ?? [];
  if (place === undefined) throw new ConfigError('CONFIG_SECRET', 'a secret is given as file:PATH or env:NAME, never as itself');
  return kind === 'file' ? { kind, path: path.resolve(baseDir, place) } : { kind: 'env', name: place };
}

/** Where the secret is, for people. */
export function nameOf(reference: SecretReference): string {
  return reference.kind === 'file' ? reference.path : `the environment variable ${reference.name}`;
}

/**
 * The secret, without white space around it.
 * @throws {ConfigError} CONFIG_SECRET when the file or variable is missing, saying what to do.
 */
export async function readSecret(reference: SecretReference, env: NodeJS.ProcessEnv): Promise<string> {
  if (reference.kind === 'env') {
    const value = env[reference.name];
    if (value === undefined || value === '') throw new ConfigError('CONFIG_SECRET', 'it is not set; put the token there and start again');
    return value.trim();
  }
  try {
    return (await readText(reference.path)).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(
      'CONFIG_SECRET',
      `the token file cannot be read (${code}); put the token there, and the host takes it at once`,
      error,
    );
  }
}
