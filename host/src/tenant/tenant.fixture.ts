/** For tests: a backend whose keys and credentials the test sets, tokens it signs, and a log that remembers. */
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey } from 'jose';
import type { Backend, BackendCredentials } from '../backend/backend.ts';
import { Latest } from '../backend/latest.ts';
import { TokenVerifier } from '../entitlement/token-verifier.ts';
import type { Log } from '../telemetry/log.ts';

export function scratchDir(): Promise<string> {
  return mkdtemp(path.join(os.tmpdir(), 'tickhub-tenant-'));
}

/** A key pair, and the key set that names its public half. */
export class TestSigner {
  readonly jwks: { keys: Record<string, unknown>[] };
  readonly #key: CryptoKey;
  readonly #kid: string;

  private constructor(key: CryptoKey, kid: string, jwk: Record<string, unknown>) {
    this.#key = key;
    this.#kid = kid;
    this.jwks = { keys: [{ ...jwk, kid, alg: 'EdDSA' }] };
  }

  static async make(kid = 'k1'): Promise<TestSigner> {
    const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
    return new TestSigner(privateKey, kid, { ...(await exportJWK(publicKey)) });
  }

  get verifier(): TokenVerifier {
    return new TokenVerifier(this.jwks, { clockToleranceS: 60 });
  }

  /** @param seconds from now to its end. */
  sign(tier: string, seconds = 3_600, user = 'u'): Promise<string> {
    return new SignJWT({ tier })
      .setProtectedHeader({ alg: 'EdDSA', kid: this.#kid })
      .setSubject(user)
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(this.#key);
  }
}

export class ManualBackend implements Backend {
  authority = 'test';
  readonly description = 'a backend of the test';
  readonly keys = new Latest<TokenVerifier>();
  readonly tokens = new Latest<BackendCredentials>();
  /** What asking for the keys again gives; null: what is known. */
  fresh: TokenVerifier | null = null;
  asked = 0;

  gives(token: string): void {
    this.tokens.set({ url: 'ws://127.0.0.1:1/', userId: 'u', token });
  }

  verifier(): Promise<TokenVerifier> {
    return this.keys.get();
  }

  async freshVerifier(): Promise<TokenVerifier> {
    this.asked++;
    return this.fresh ?? (await this.keys.get());
  }

  credentials(): Promise<BackendCredentials> {
    return this.tokens.get();
  }

  get credentialsNow(): BackendCredentials | null {
    return this.tokens.now;
  }

  onCredentials(listener: (credentials: BackendCredentials) => void): () => void {
    return this.tokens.onSet(listener);
  }

  start(): void {}
  stop(): void {}
}

export interface MemoryLog extends Log {
  readonly lines: { readonly level: string; readonly message: string }[];
}

export function memoryLog(): MemoryLog {
  const lines: { level: string; message: string }[] = [];
  const write =
    (level: string) =>
    (message: string): void =>
      void lines.push({ level, message });
  const log: MemoryLog = {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: () => log,
  };
  return log;
}
