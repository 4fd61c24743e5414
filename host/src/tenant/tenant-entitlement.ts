import { inject, injectable } from 'tsyringe';
import { serviceToken } from '../hub/token.ts';
import { BackendToken } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import type { Entitlement } from '../entitlement/entitlement.ts';
import type { EntitlementService } from '../entitlement/entitlement-service.ts';
import { TokenError } from '../entitlement/errors.ts';
import type { TokenVerifier } from '../entitlement/token-verifier.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { KeptToken } from './kept-token.ts';
import { EntitlementServiceToken, TenantToken } from './tokens.ts';
import type { TenantIdentity } from './tokens.ts';

/** How long a very first start waits for the backend's token before it goes on as free. */
const FIRST_TOKEN_MS = 2_000;

export const TenantEntitlementToken = serviceToken<TenantEntitlement>('entitlement');

/** Presents each token that the backend's credentials bring to the entitlement service, and says what came of it. */
@injectable()
export class TenantEntitlement {
  readonly #backend: Backend;
  readonly #service: EntitlementService;
  readonly #log: Log;
  readonly #kept: KeptToken;
  /** Resolves when a token was presented, or the time to wait for one is over. */
  readonly #firstPresented = Promise.withResolvers<void>();
  /** Ends when all tokens so far were presented: one after another, so that the newest is the last. */
  #presented: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;
  #stopped = false;

  constructor(
    @inject(BackendToken) backend: Backend,
    @inject(EntitlementServiceToken) service: EntitlementService,
    @inject(TenantToken) identity: TenantIdentity,
    @inject(LogToken) log: Log,
  ) {
    this.#kept = new KeptToken(identity.dataDir, backend.authority);
    this.#backend = backend;
    this.#service = service;
    this.#log = log.with({ component: 'entitlement' });
  }

  get current(): Entitlement {
    return this.#service.current;
  }

  /** @returns ends the listening. */
  onChange(listener: (now: Entitlement, before: Entitlement) => void): () => void {
    return this.#service.onChange(listener);
  }

  /**
   * Starts from the token of the last time, so that a restart opens no gap in what the tier allows, and takes the backend's as soon as it
   * is there. It waits a moment for that one where the backend has told it already, or where there is no other; without either the tenant
   * is free until a token comes.
   */
  async start(): Promise<void> {
    const counts = await this.#presentKept();
    this.#release = this.#backend.onCredentials(({ token }) => this.#present(token));
    const { credentialsNow } = this.#backend;
    if (credentialsNow !== null) this.#present(credentialsNow.token);
    else if (counts) return;
    const late = setTimeout(this.#firstPresented.resolve, FIRST_TOKEN_MS);
    await this.#firstPresented.promise;
    clearTimeout(late);
  }

  stop(): void {
    this.#stopped = true;
    this.#release();
    this.#service.stop();
  }

  /** Whether there is a token of the last time that counts. */
  async #presentKept(): Promise<boolean> {
    const kept = await this.#kept.read();
    if (kept === null) return false;
    try {
      await this.#service.present(kept.token, kept.verifier);
      return true;
    } catch (error) {
      this.#log.info(`the token of the last time no longer counts: ${(error as Error).message}`);
      return false;
    }
  }

  #present(token: string): void {
    this.#presented = this.#presented.then(() => this.#presentNow(token)).then(this.#firstPresented.resolve);
  }

  async #presentNow(token: string): Promise<void> {
    const before = this.#service.current;
    try {
      const verifier = await this.#backend.verifier();
      // While the keys were awaited a newer one may have come, or the end.
      if (this.#stopped || token !== this.#backend.credentialsNow?.token) return;
      await this.#keep(token, await this.#verify(token, verifier));
      const now = this.#service.current;
      if (now.tier !== before.tier || before.userId === null) this.#log.info(`the tier is ${now.tier}: ${now.ground}`);
    } catch (error) {
      this.#log.warn(`the token was refused: ${(error as Error).message}. The tier stays ${before.tier}.`, {
        code: (error as NodeJS.ErrnoException).code,
      });
    }
  }

  /** @returns the verifier under which it counts. */
  async #verify(token: string, known: TokenVerifier): Promise<TokenVerifier> {
    try {
      await this.#service.present(token, known);
      return known;
    } catch (error) {
      if (!(error instanceof TokenError) || error.code !== 'TOKEN_FORGED') throw error;
      // A key that is not known may be one that the backend has begun to sign with.
      const fresh = await this.#backend.freshVerifier();
      if (fresh === known) throw error;
      await this.#service.present(token, fresh);
      return fresh;
    }
  }

  async #keep(token: string, verifier: TokenVerifier): Promise<void> {
    try {
      await this.#kept.write(token, verifier);
    } catch (error) {
      this.#log.warn(`the token counts, but could not be kept for a start without the backend: ${(error as Error).message}`);
    }
  }
}
