import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { TokenVerifier } from '../entitlement/token-verifier.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';

const Kept = z.strictObject({ token: z.string(), jwks: z.unknown() });

/** Clocks of backend and PC may differ by this much. */
const CLOCK_TOLERANCE_S = 60;

/**
 * The last token that counted, with the keys that signed it: what a start without a backend goes by. In the tenant's folder, readable by its owner only.
 */
export class KeptToken {
  readonly #file: string;

  constructor(tenantDir: string) {
    this.#file = path.join(tenantDir, 'subscription.json');
  }

  /** Null when there is none, or it cannot be read. It still has to be verified. */
  async read(): Promise<{ token: string; verifier: TokenVerifier } | null> {
    try {
      const { token, jwks } = Kept.parse(JSON.parse(await readFile(this.#file, 'utf8')));
      return { token, verifier: new TokenVerifier(jwks, { clockToleranceS: CLOCK_TOLERANCE_S }) };
    } catch {
      return null;
    }
  }

  async write(token: string, verifier: TokenVerifier): Promise<void> {
    await writeFileAtomic(this.#file, `${JSON.stringify({ token, jwks: verifier.jwks })}\n`);
  }
}
