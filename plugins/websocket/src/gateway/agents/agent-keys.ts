/** One Ed25519 pair for each agent, made once and kept beside the gateway's own key. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from '@tickhub/plugin-sdk';
import { GatewayError } from '../errors.ts';

const KEYS_FILE = 'agent-keys.json';
const Stored = z.record(z.string(), z.object({ x: z.string(), d: z.string() }));

export interface AgentKey {
  /** Public, base64url. */
  readonly x: string;
  readonly privateKey: KeyObject;
}

/**
 * The keys of these agents; those that are missing are made. The caller holds the data folder's lock.
 * @throws {GatewayError} GATEWAY_KEYS when the file is there and does not hold keys.
 */
export function loadAgentKeys(dataDir: string, agents: readonly string[]): ReadonlyMap<string, AgentKey> {
  const file = path.join(dataDir, KEYS_FILE);
  const stored = read(file);
  const missing = agents.filter((id) => stored[id] === undefined);
  for (const id of missing) stored[id] = makeKey();
  if (missing.length > 0) write(file, stored);
  return new Map(
    agents.map((id) => {
      const { x, d } = stored[id] as { x: string; d: string };
      return [id, { x, privateKey: createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' }) }];
    }),
  );
}

export function makeKey(): { x: string; d: string } {
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { x, d };
}

function read(file: string): Record<string, { x: string; d: string }> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new GatewayError('GATEWAY_KEYS', `${file}: the agents' keys cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
  try {
    return Stored.parse(JSON.parse(text));
  } catch (error) {
    throw new GatewayError(
      'GATEWAY_KEYS',
      `${file} does not hold the agents' keys any more; put it back from a copy, or delete it: hosts that pinned the old keys have to delete their agents.json then`,
      error,
    );
  }
}

function write(file: string, stored: object): void {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(stored), { mode: 0o600, flush: true });
    renameSync(draft, file);
  } catch (error) {
    throw new GatewayError('GATEWAY_DATA', `${file}: the agents' keys cannot be written (${(error as Error).message})`, error);
  }
}
