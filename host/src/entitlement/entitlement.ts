import type { Tier } from '@tickhub/plugin-sdk/host';
import { limitsOf } from './limits.ts';
import type { Limits } from './limits.ts';

/** What a tenant may use now, and on what ground. */
export interface Entitlement {
  readonly tier: Tier;
  readonly limits: Limits;
  /** The user the token was issued to; null without a valid token. */
  readonly userId: string | null;
  /** When the token ends, Unix epoch seconds; null without a valid token. */
  readonly expiresAt: number | null;
  /** Why it is what it is, in words for the user. */
  readonly ground: string;
}

/** What holds without a token that counts. */
export function freeEntitlement(ground: string): Entitlement {
  return { tier: 'free', limits: limitsOf('free'), userId: null, expiresAt: null, ground };
}
