import { freeEntitlement } from './entitlement.ts';
import type { Entitlement } from './entitlement.ts';
import { TokenError } from './errors.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** A clock the service can be tested with. Times are Unix epoch milliseconds. */
export interface EntitlementClock {
  now(): number;
  /** Runs `task` at about `at`. */
  schedule(at: number, task: () => void): () => void;
}

/** What the service is to do with a token that it cannot replace in time. */
export interface EntitlementOptions {
  /** How long after `exp` an entitlement still counts while no fresh token is to be had, milliseconds. */
  readonly graceMs: number;
}

/** A time is approached in steps: setTimeout ends at 25 days, stands still while the machine sleeps, and knows nothing of a clock that is set. */
const STEP_MS = 60_000;

export const systemEntitlementClock: EntitlementClock = {
  now: () => Date.now(),
  schedule(at, task) {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = at - Date.now();
      timer = setTimeout(left > 0 ? wait : task, Math.min(Math.max(left, 0), STEP_MS));
      timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  },
};

/**
 * The tenant's current entitlement. It comes from a verified token and nothing else; without one it is free. A token that runs out counts
 * on for a stated grace, then the tenant falls to free. A token that is refused changes nothing: the last one that was verified goes on.
 */
export class EntitlementService {
  readonly #clock: EntitlementClock;
  readonly #options: EntitlementOptions;
  readonly #listeners = new Set<(now: Entitlement, before: Entitlement) => void>();
  #current: Entitlement = freeEntitlement('no subscription token yet');
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(options: EntitlementOptions, clock: EntitlementClock = systemEntitlementClock) {
    this.#options = options;
    this.#clock = clock;
  }

  get current(): Entitlement {
    return this.#current;
  }

  /** @returns ends the listening. */
  onChange(listener: (now: Entitlement, before: Entitlement) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes a new token. The entitlement has changed, and the listeners have run, when this resolves.
   * @throws {TokenError} when the token does not count; the entitlement stays as it was.
   */
  async present(token: string, verifier: TokenVerifier): Promise<Entitlement> {
    const entitlement = await this.#verifyWithGrace(token, verifier);
    this.#set(entitlement);
    return entitlement;
  }

  /** Nothing changes any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#listeners.clear();
  }

  async #verifyWithGrace(token: string, verifier: TokenVerifier): Promise<Entitlement> {
    const now = this.#clock.now();
    try {
      return await verifier.verify(token, now);
    } catch (error) {
      if (!(error instanceof TokenError) || error.code !== 'TOKEN_EXPIRED') throw error;
      // After a restart without a network the expired token is all there is; its signature is held as strictly.
      return verifier.verify(token, now, this.#options.graceMs);
    }
  }

  #set(next: Entitlement): void {
    if (this.#stopped) return;
    const before = this.#current;
    this.#current = this.#inWords(next);
    this.#cancel?.();
    this.#cancel = null;
    if (next.expiresAt !== null) this.#watchExpiry(next, next.expiresAt * 1000);
    for (const listener of this.#listeners) listener(this.#current, before);
  }

  #inWords(next: Entitlement): Entitlement {
    if (next.expiresAt === null || next.expiresAt * 1000 > this.#clock.now()) return next;
    const until = new Date(next.expiresAt * 1000 + this.#options.graceMs).toISOString();
    return { ...next, ground: `the token of ${next.userId} has expired; it counts on until ${until}` };
  }

  #watchExpiry(entitlement: Entitlement, expiresAt: number): void {
    const expired = this.#clock.now() >= expiresAt;
    this.#cancel = this.#clock.schedule(expired ? expiresAt + this.#options.graceMs : expiresAt, () => {
      const over = this.#clock.now() >= expiresAt + this.#options.graceMs;
      this.#set(over ? freeEntitlement(`the token of ${entitlement.userId} expired on ${new Date(expiresAt).toISOString()}`) : entitlement);
    });
  }
}
