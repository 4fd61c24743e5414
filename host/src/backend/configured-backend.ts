import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { decodeJwt } from 'jose';
import type { Config } from '../config/schema.ts';
import { malformedToken, missingToken } from '../entitlement/errors.ts';
import { CLOCK_TOLERANCE_S, TokenVerifier } from '../entitlement/token-verifier.ts';
import type { Log } from '../telemetry/log.ts';
import type { Backend, BackendCredentials } from './backend.ts';
import { KeySetSource, reason } from './key-set-source.ts';
import { Latest } from './latest.ts';
import { nameOf, parseSecretReference, readSecret } from './secret-reference.ts';
import type { SecretReference } from './secret-reference.ts';

/** How soon a key set that could not be read is asked for again. */
const RETRY_MS = { first: 250, longest: 60_000 };
/** Tokens of unknown keys lead to no more questions than this. */
const ASK_AGAIN_MS = 10_000;

export interface ConfiguredBackendOptions {
  readonly backend: NonNullable<Config['backend']>;
  /** Paths in the config are relative to it; the last good key set is kept in it, for starts without a network. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/** A backend of the user's own: address, key set and token come from the config; a changed token file counts at once. */
export class ConfiguredBackend implements Backend {
  readonly authority: string;
  readonly #options: ConfiguredBackendOptions;
  readonly #secret: SecretReference;
  readonly #keySet: KeySetSource;
  readonly #verifier = new Latest<TokenVerifier>();
  readonly #credentials = new Latest<BackendCredentials>();
  #keys = '';
  #loading: Promise<void> | null = null;
  /** Ends when the token file was read as often as it changed: one read after another, so that the newest is the last. */
  #reading: Promise<void> = Promise.resolve();
  #watcher: FSWatcher | null = null;
  #retry: NodeJS.Timeout | null = null;
  #failures = 0;
  #askedAgainAt = -Infinity;
  #complaint = '';
  #stopped = false;

  /** @throws {ConfigError} CONFIG_SECRET when the token's place is no reference. */
  constructor(options: ConfiguredBackendOptions) {
    const { backend, dataDir, log } = options;
    this.#options = options;
    this.authority = [backend.jwks, backend.issuer, backend.audience].join(' ').trim();
    this.#secret = parseSecretReference(backend.token, dataDir);
    this.#keySet = new KeySetSource(backend.jwks, dataDir, log);
  }

  get description(): string {
    return this.#options.backend.url;
  }

  verifier(): Promise<TokenVerifier> {
    return this.#verifier.get();
  }

  async freshVerifier(): Promise<TokenVerifier> {
    if (performance.now() - this.#askedAgainAt > ASK_AGAIN_MS) {
      this.#askedAgainAt = performance.now();
      // One that is under way may have begun before the keys changed.
      await this.#loading;
      await this.#load();
    }
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
    const { log } = this.#options;
    if (this.#secret.kind === 'file') {
      this.#watcher = watch(this.#secret.path);
      this.#watcher.on('all', (event) => {
        // The known token counts on when its file goes.
        if (event === 'add' || event === 'change') void this.#read();
      });
      this.#watcher.on('error', (error) => log.warn(`${nameOf(this.#secret)} is not watched: ${(error as Error).message}`));
    }
    await this.#read();
    void this.#load();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    await this.#watcher?.close();
  }

  #read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readToken());
    return this.#reading;
  }

  async #readToken(): Promise<void> {
    const { backend, env, log } = this.#options;
    try {
      const token = await readSecret(this.#secret, env);
      if (this.#stopped || this.#credentials.now?.token === token) return;
      const userId = userOf(token);
      this.#credentials.set({ url: backend.url.replaceAll('{user_id}', encodeURIComponent(userId)), userId, token });
      this.#complaint = '';
    } catch (error) {
      // A file may change twice in a moment: what is wrong with it is said once.
      const complaint = (error as Error).message;
      if (complaint !== this.#complaint) log.warn(`${nameOf(this.#secret)}: ${complaint}`);
      this.#complaint = complaint;
    }
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadKeys().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #loadKeys(): Promise<void> {
    const { backend, log } = this.#options;
    if (this.#retry !== null) clearTimeout(this.#retry);
    try {
      const { text, isKept } = await this.#keySet.read();
      this.#takeKeys(text);
      if (!isKept) {
        this.#failures = 0;
        await this.#keySet.keep(text);
        return;
      }
    } catch (error) {
      if (this.#failures === 0) log.error(`the backend's key set ${backend.jwks} could not be read: ${reason(error)}; trying on`);
    }
    if (this.#stopped) return;
    const delay = Math.min(RETRY_MS.first * 2 ** this.#failures++, RETRY_MS.longest);
    this.#retry = setTimeout(() => void this.#load(), delay);
  }

  #takeKeys(text: string): void {
    if (text === this.#keys) return;
    const { issuer, audience } = this.#options.backend;
    const isFirst = this.#keys === '';
    this.#verifier.set(new TokenVerifier(JSON.parse(text), { clockToleranceS: CLOCK_TOLERANCE_S, issuer, audience }));
    this.#keys = text;
    // A token that an older key set refused may count under this one.
    const { now } = this.#credentials;
    if (!isFirst && now !== null) this.#credentials.set(now);
  }
}

/** The `sub` claim, unverified: whether the token counts is the verifier's business; here only the user is wanted, for the address. */
function userOf(token: string): string {
  if (token === '') throw missingToken();
  try {
    return decodeJwt(token).sub ?? '';
  } catch (error) {
    throw malformedToken(error);
  }
}
