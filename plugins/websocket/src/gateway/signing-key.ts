/** The gateway's own signing key: an Ed25519 pair (RFC 8037), made once and kept in its data folder. */
import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { z } from '@tickhub/plugin-sdk';
import { GatewayError } from './errors.ts';

const KEY_FILE = 'gateway-key.json';

const StoredKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal('EdDSA'),
});

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  /** The same, as node:crypto signs with it. */
  readonly keyObject: KeyObject;
  /** For the key set. */
  readonly publicJwk: JWK;
}

/**
 * Reads the key in `dataDir`, and makes it when there is none.
 * @throws {GatewayError} GATEWAY_KEYS when the file is there and is no key.
 */
export async function loadSigningKey(dataDir: string): Promise<SigningKey> {
  const file = path.join(dataDir, KEY_FILE);
  const text = readIfThere(file) ?? (await makeKey(file));
  const parsed = StoredKey.safeParse(jsonOrNull(text));
  if (!parsed.success) {
    throw new GatewayError(
      'GATEWAY_KEYS',
      `${file} is not a signing key any more; put it back from a copy, or delete it: a new one is made, and tokens signed so far count no longer`,
    );
  }
  const { d, ...publicJwk } = parsed.data;
  const privateKey = await importJWK({ ...publicJwk, d }, 'EdDSA');
  // Octet keys come out as bytes, an OKP key never does.
  return {
    kid: publicJwk.kid,
    privateKey: privateKey as CryptoKey,
    keyObject: createPrivateKey({ key: parsed.data, format: 'jwk' }),
    publicJwk: { ...publicJwk, use: 'sig' },
  };
}

async function makeKey(file: string): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const text = JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, d: jwk.d, kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA' });
  const draft = `${file}.${process.pid}`;
  try {
    const handle = openSync(draft, 'w', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    // A link and not a rename: of two processes that make a key at once, the first one's counts for both.
    linkSync(draft, file);
    return text;
  } catch (error) {
    const other = (error as NodeJS.ErrnoException).code === 'EEXIST' ? readIfThere(file) : null;
    if (other !== null) return other;
    throw new GatewayError('GATEWAY_DATA', `${file}: the signing key cannot be written (${(error as Error).message})`, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new GatewayError(
      'GATEWAY_KEYS',
      `${file}: the signing key cannot be read (${(error as NodeJS.ErrnoException).code}); see to its permissions`,
      error,
    );
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
