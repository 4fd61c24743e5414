import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSecret } from '@tickhub/plugin-sdk';
import { writeDurably } from './durable-file.ts';

export const TOKEN_FILE = 'tickhub.token';
const MIN_LENGTH = 16;
const MAX_LENGTH = 1_024;

/** The token cannot be had. Code `LINK_TOKEN`; the message names the place and never the token. */
export class TokenError extends Error {
  readonly code = 'LINK_TOKEN';

  constructor(what: string) {
    super(what);
    this.name = 'TokenError';
  }
}

/**
 * The token that terminals must show. With `reference` (`env:NAME` or `file:PATH`) from there; without one from `tickhub.token` in `dataDir`,
 * which is made once and kept.
 * @throws {TokenError}
 */
export async function linkToken(dataDir: string, reference: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (reference !== undefined) {
    const found = readSecret(reference, dataDir, env);
    if ('value' in found) return checked(found.value, reference);
    throw new TokenError(
      `plugins.mt5.token is ${reference}, but ${found.missing}: set it (of variables, a plugin sees those that permissions.env in its plugin.json names)`,
    );
  }
  const file = path.join(dataDir, TOKEN_FILE);
  const kept = await read(file);
  if (kept !== null) return checked(kept, file);
  const made = randomBytes(24).toString('base64url');
  try {
    await writeDurably(file, `${made}\n`);
  } catch (error) {
    throw new TokenError(`cannot write ${file} (${codeOf(error)}): free the disk or give Tickhub the right to write there`);
  }
  return made;
}

async function read(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new TokenError(`cannot read ${file} (${codeOf(error)}): give Tickhub the right to read it`);
  }
}

function checked(text: string, where: string): string {
  const token = text.trim();
  if (token.length < MIN_LENGTH || token.length > MAX_LENGTH || /\s/.test(token)) {
    throw new TokenError(`${where} holds no usable token: it needs ${MIN_LENGTH} to ${MAX_LENGTH} characters without spaces`);
  }
  return token;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
