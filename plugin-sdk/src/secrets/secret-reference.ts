import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** Where a secret is, as a config says it: `env:NAME`, a variable that `permissions.env` of plugin.json names, or `file:PATH`, relative to the plugin's data folder. */
export const SecretReference = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'must be a reference, env:NAME or file:PATH, never the secret itself');

/** The secret without space around it; or why there is none, for a person: "the environment variable X is not set". */
export type FoundSecret = { readonly value: string } | { readonly missing: string };

/** @param reference as {@link SecretReference} has it. @param dataDir the plugin's. */
export function readSecret(
  reference: string,
  dataDir: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): FoundSecret {
  if (reference.startsWith('env:')) {
    const name = reference.slice('env:'.length);
    return found(env[name], `the environment variable ${name} is not set`);
  }
  const file = path.resolve(dataDir, reference.slice('file:'.length));
  try {
    return found(readFileSync(file, 'utf8'), `the file ${file} is empty`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { missing: code === 'ENOENT' ? `there is no file ${file}` : `the file ${file} cannot be read (${code})` };
  }
}

function found(text: string | undefined, missing: string): FoundSecret {
  const value = text?.trim() ?? '';
  return value === '' ? { missing } : { value };
}
