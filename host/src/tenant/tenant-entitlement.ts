import { inject, injectable } from 'tsyringe';
import { BackendToken } from '../backend/backend.ts';
import type { Backend } from '../backend/backend.ts';
import type { Entitlement } from '../entitlement/entitlement.ts';
import type { EntitlementService } from '../entitlement/entitlement-service.ts';
import type { TokenVerifier } from '../entitlement/token-verifier.ts';
import { LogToken } from '../telemetry/log.ts';
import type { Log } from '../telemetry/log.ts';
import { KeptToken } from './kept-token.ts';
import { EntitlementServiceToken, TenantToken } from './tokens.ts';
import type { TenantIdentity } from './tokens.ts';

/** How long a very first start waits for the backend's token before it goes on as free. */
const FIRST_TOKEN_MS = 2_000;

/** Presents each token that the backend's credentials bring to the entitlement service, and says what came of it. */
@injectable()
export class TenantEntitlement {
  readonly #backend: Backend;
  readonly #service: EntitlementService;
  readonly #log: Log;
  readonly #kept: KeptToken;
  #release: () => void = () => undefined;
  #presented: () => void = () => undefined;
  readonly #firstPresented = new Promise<void>((resolve) => (this.#presented = resolve));

  constructor(
    @inject(BackendToken) backend: Backend,
    @inject(EntitlementServiceToken) service: EntitlementService,
    @inject(TenantToken) identity: TenantIdentity,
    @inject(LogToken) log: Log,
  ) {
    this.#kept = new KeptToken(identity.dataDir);
    this.#backend = backend;
    this.#service = service;
    this.#log = log.with({ component: 'entitlement' });
  }

  get current(): Entitlement {
    return this.#service.current;
  }

  onChange(listener: (now: Entitlement, before: Entitlement) => void): () => void {
    return this.#service.onChange(listener);
  }

  /**
   * Starts from the token of the last time, so that a restart opens no gap in what the tier allows. Where there is none it waits a moment for the backend; without
   * either the tenant is free until a token comes.
   */
  async start(): Promise<void> {
    this.#release = this.#backend.onCredentials(({ token }) => void this.#present(token).then(this.#presented));
    const kept = await this.#kept.read();
    if (kept !== null && (await this.#presentKept(kept))) return;
    // Credentials that were there before this listened are presented here, later ones by the listener.
    const there = this.#backend.credentialsNow;
    const first = there === null ? this.#firstPresented : this.#present(there.token);
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, FIRST_TOKEN_MS).unref())]);
  }

  stop(): void {
    this.#release();
    this.#service.stop();
  }

  async #presentKept({ token, verifier }: { token: string; verifier: TokenVerifier }): Promise<boolean> {
    try {
      await this.#service.present(token, verifier);
      return true;
    } catch (error) {
      this.#log.info(`the token of the last time no longer counts: ${(error as Error).message}`);
      return false;
    }
  }

  async #present(token: string): Promise<void> {
    const before = this.#service.current;
    try {
      const verifier = await this.#backend.verifier();
      const now = await this.#service.present(token, verifier);
      await this.#kept.write(token, verifier);
      if (now.tier !== before.tier || before.userId === null) this.#log.info(`the tier is ${now.tier}: ${now.ground}`);
    } catch (error) {
      this.#log.warn(`the token was refused: ${(error as Error).message}. The tier stays ${before.tier}.`, {
        code: (error as NodeJS.ErrnoException).code,
      });
    }
  }
}
