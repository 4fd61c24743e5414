import { z } from '@tickhub/plugin-sdk';

const limit = z.union([z.number().int().nonnegative(), z.literal('unlimited').transform(() => Infinity)]).optional();

/** What of a token's `limits` is of agents; PROTOCOL.md section 8. */
export const AgentLimits = z.object({ agents: limit, requestsPerSecond: limit }).default({});
export type AgentLimits = z.infer<typeof AgentLimits>;

/** Of the product's plan: agents of one question, and questions a second. */
const OF_TIER = {
  free: { agents: 1, perSecond: 10 },
  pro: { agents: 5, perSecond: 100 },
  enterprise: { agents: Infinity, perSecond: Infinity },
} as const;

/** How many agents a connection may ask, and how often: by its token, never by what a request says. */
export class AskAllowance {
  readonly most: number;
  readonly #perSecond: number;
  readonly #monotonic: () => number;
  #left: number;
  #at: number;

  constructor(tier: keyof typeof OF_TIER, limits: AgentLimits, monotonic: () => number = () => performance.now()) {
    this.most = limits.agents ?? OF_TIER[tier].agents;
    this.#perSecond = limits.requestsPerSecond ?? OF_TIER[tier].perSecond;
    this.#monotonic = monotonic;
    this.#left = this.#perSecond;
    this.#at = monotonic();
  }

  /** Whether one more question may be asked now. */
  take(): boolean {
    if (this.#perSecond === Infinity) return true;
    const now = this.#monotonic();
    this.#left = Math.min(this.#perSecond, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
