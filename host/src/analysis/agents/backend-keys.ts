import { publicKeyOf } from '@tickhub/plugin-sdk/agents';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';

const KeySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), crv: z.string().optional(), kid: z.string().optional(), x: z.string().optional() })),
});

/** What of a backend its keys are read from; see `backend/backend.ts`. */
export interface KeySetOwner {
  verifier(): Promise<{ readonly jwks: unknown }>;
  freshVerifier(): Promise<{ readonly jwks: unknown }>;
}

/** The backend's Ed25519 keys by their ids: those of the key set that its tokens are verified with. */
export class BackendKeys {
  readonly #owner: KeySetOwner;

  constructor(owner: KeySetOwner) {
    this.#owner = owner;
  }

  /** Null where the backend has no such key, also when it is asked again. */
  async find(kid: string): Promise<KeyObject | null> {
    return keyIn((await this.#owner.verifier()).jwks, kid) ?? keyIn((await this.#owner.freshVerifier()).jwks, kid);
  }
}

function keyIn(jwks: unknown, kid: string): KeyObject | null {
  const found = KeySet.safeParse(jwks).data?.keys.find((key) => key.kid === kid && key.kty === 'OKP' && key.crv === 'Ed25519');
  if (found?.x === undefined) return null;
  try {
    return publicKeyOf(found.x);
  } catch {
    return null;
  }
}
