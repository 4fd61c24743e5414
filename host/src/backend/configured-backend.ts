import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { decodeJwt } from 'jose';
import type { Config } from '../config/schema.ts';
import { TokenVerifier } from '../entitlement/token-verifier.ts';
import { writeFileAtomic } from '../storage/write-file-atomic.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend, BackendCredentials } from './backend.ts';
import { Latest } from './latest.ts';
import { parseSecretReference, readSecret } from './secret-reference.ts';
import type { SecretReference } from './secret-reference.ts';

const JWKS_TIMEOUT_MS = 10_000;
const JWKS_RETRY_MS = 5_000;

export interface ConfiguredBackendOptions {
  readonly backend: NonNullable<Config['backend']>;
  /** Paths in the config are relative to it; the last good key set is kept in it, for starts without a network. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** A backend of the user's own: address, key set and token come from the config; a changed token file counts at once. */
export class ConfiguredBackend implements Backend {
  readonly #options: ConfiguredBackendOptions;
  readonly #secret: SecretReference;
  readonly #verifier = new Latest<TokenVerifier>();
  readonly #credentials = new Latest<BackendCredentials>();
  #watcher: FSWatcher | null = null;
  #retry: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: ConfiguredBackendOptions) {
    this.#options = options;
    this.#secret = parseSecretReference(options.backend.token, options.dataDir);
  }

  get description(): string {
    return this.#options.backend.url;
  }

  verifier(): Promise<TokenVerifier> {
    return this.#verifier.get();
  }

  credentials(): Promise<BackendCredentials> {
    return this.#credentials.get();
  }

  get credentialsNow(): BackendCredentials | null {
    return this.#credentials.now;
  }

  onCredentials(listener: (credentials: BackendCredentials) => void): () => void {
    return this.#credentials.onSet(listener);
  }

  async start(): Promise<void> {
    if (this.#secret.kind === 'file') {
      this.#watcher = watch(this.#secret.path, { ignoreInitial: true });
      this.#watcher.on('all', () => void this.#readToken());
    }
    await this.#readToken();
    void this.#loadKeys();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    await this.#watcher?.close();
  }

  async #readToken(): Promise<void> {
    const { backend, env, log } = this.#options;
    try {
      const token = await readSecret(this.#secret, env);
      const known = this.#credentials.now;
      if (known?.token === token) return;
      // Whether the token counts is the verifier's business; here only its user is wanted, for the address.
      const userId = userOf(token);
      this.#credentials.set({ url: backend.url.replaceAll('{user_id}', encodeURIComponent(userId)), userId, token });
    } catch (error) {
      log.error((error as Error).message);
    }
  }

  async #loadKeys(): Promise<void> {
    const { backend, log } = this.#options;
    try {
      const { text, fresh } = await this.#fetchKeys();
      this.#verifier.set(new TokenVerifier(JSON.parse(text), expectations(backend)));
      if (fresh) await writeFileAtomic(this.#cacheFile, text);
    } catch (error) {
      log.error(
        `the backend's key set ${backend.jwks} could not be read: ${(error as Error).message}; trying again in ${JWKS_RETRY_MS / 1000} s`,
      );
      if (!this.#stopped) this.#retry = setTimeout(() => void this.#loadKeys(), JWKS_RETRY_MS);
    }
  }

  get #cacheFile(): string {
    return path.join(this.#options.dataDir, 'backend-jwks.json');
  }

  async #fetchKeys(): Promise<{ text: string; fresh: boolean }> {
    const { backend, dataDir, log } = this.#options;
    if (!/^https?:\/\//.test(backend.jwks)) return { text: await readFile(path.resolve(dataDir, backend.jwks), 'utf8'), fresh: false };
    const url = new URL(backend.jwks);
    if (url.protocol === 'http:' && url.hostname !== '127.0.0.1' && url.hostname !== '[::1]') {
      throw new Error('a key set from another machine has to come over https');
    }
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(JWKS_TIMEOUT_MS), redirect: 'error' });
      if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
      return { text: await answer.text(), fresh: true };
    } catch (error) {
      const kept = await readFile(this.#cacheFile, 'utf8').catch(() => null);
      if (kept === null) throw error;
      log.warn(`the backend's key set could not be fetched (${(error as Error).message}); going on with the one of the last time`);
      return { text: kept, fresh: false };
    }
  }
}

function expectations(backend: NonNullable<Config['backend']>): ConstructorParameters<typeof TokenVerifier>[1] {
  return {
    clockToleranceS: 60,
    ...(backend.issuer === undefined ? {} : { issuer: backend.issuer }),
    ...(backend.audience === undefined ? {} : { audience: backend.audience }),
  };
}

/** The `sub` claim, unverified; an empty string when the token is none, which the verifier will say. */
function userOf(token: string): string {
  try {
    return decodeJwt(token).sub ?? '';
  } catch {
    return '';
  }
}
