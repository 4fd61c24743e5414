/** The gateway as a child of the host, which talks to it over IPC; README.md, "Embedded". */
import { z } from '@tickhub/plugin-sdk';
import type { Gateway } from './gateway.ts';
import { Tier } from './tokens.ts';

const HostMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('issue'), tier: Tier }),
  z.object({ type: z.literal('stats') }),
]);

/** A new token is sent when this much of the old one's time is over. */
const RENEW_AT = 0.8;
/** setTimeout takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface EmbeddedTerms {
  readonly gateway: Gateway;
  readonly userId: string;
  readonly tier: Tier;
  /** Seconds a token counts. */
  readonly expiresIn: number;
  send(message: object): void;
  warn(text: string): void;
}

export class EmbeddedLink {
  readonly #terms: EmbeddedTerms;
  #tier: Tier;
  #renewal: NodeJS.Timeout | null = null;

  constructor(terms: EmbeddedTerms) {
    this.#terms = terms;
    this.#tier = terms.tier;
  }

  /** Tells the host where the gateway is, its keys, and a token. */
  async announce(): Promise<void> {
    const { gateway, userId, send } = this.#terms;
    const token = await this.#issue();
    send({ type: 'listening', url: gateway.urlOf(userId), jwks: gateway.tokens.jwks, token });
  }

  async onMessage(raw: unknown): Promise<void> {
    const parsed = HostMessage.safeParse(raw);
    if (!parsed.success) {
      this.#terms.warn('the host sent a message that is not understood');
      return;
    }
    if (parsed.data.type === 'stats') {
      this.#terms.send({ type: 'stats', ...(await this.#terms.gateway.stats()) });
      return;
    }
    this.#tier = parsed.data.tier;
    await this.#sendToken();
  }

  stop(): void {
    if (this.#renewal !== null) clearTimeout(this.#renewal);
  }

  async #sendToken(): Promise<void> {
    this.#terms.send({ type: 'token', token: await this.#issue() });
  }

  async #issue(): Promise<string> {
    const { gateway, userId, expiresIn } = this.#terms;
    const token = await gateway.tokens.issueToken({ userId, tier: this.#tier, expiresIn });
    this.stop();
    this.#renewal = setTimeout(() => void this.#sendToken(), Math.min(expiresIn * 1_000 * RENEW_AT, LONGEST_TIMER_MS));
    return token;
  }
}
