import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CLOCK_TOLERANCE_S, TokenVerifier } from '../entitlement/token-verifier.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

const Kept = z.strictObject({ authority: z.string(), token: z.string(), jwks: z.unknown() });

/**
 * The last token that counted, with the keys that signed it: what a start without a backend goes by. In the tenant's folder, readable by
 * its owner only. It counts under the authority under which it was kept, and no other.
 */
export class KeptToken {
  readonly #file: string;
  readonly #authority: string;

  constructor(tenantDir: string, authority: string) {
    this.#file = path.join(tenantDir, 'subscription.json');
    this.#authority = authority;
  }

  /** Null when there is none, or it cannot be read, or it is another authority's. It still has to be verified. */
  async read(): Promise<{ token: string; verifier: TokenVerifier } | null> {
    try {
      const { authority, token, jwks } = Kept.parse(JSON.parse(await readFile(this.#file, 'utf8')));
      if (authority !== this.#authority) return null;
      return { token, verifier: new TokenVerifier(jwks, { clockToleranceS: CLOCK_TOLERANCE_S }) };
    } catch {
      return null;
    }
  }

  async write(token: string, verifier: TokenVerifier): Promise<void> {
    await writeFileAtomic(this.#file, `${JSON.stringify({ authority: this.#authority, token, jwks: verifier.jwks })}\n`);
  }
}
