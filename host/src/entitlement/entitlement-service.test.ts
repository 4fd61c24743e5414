import { describe, expect, it } from 'vitest';
import { EntitlementService } from './entitlement-service.ts';
import type { EntitlementClock } from './entitlement-service.ts';
import type { Entitlement } from './entitlement.ts';
import { TokenError } from './errors.ts';
import { limitsOf } from './limits.ts';
import type { TokenVerifier } from './token-verifier.ts';

const GRACE = 1_000_000;

class VirtualClock implements EntitlementClock {
  time = 1_000_000_000;
  #due: { at: number; task: () => void }[] = [];
  now(): number {
    return this.time;
  }
  schedule(at: number, task: () => void): () => void {
    const entry = { at, task };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }
  moveTo(time: number): void {
    for (;;) {
      const next = this.#due.filter((entry) => entry.at <= time).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((entry) => entry !== next);
      this.time = Math.max(this.time, next.at);
      next.task();
    }
    this.time = time;
  }
}

/** Tokens of the form `tier@expirySeconds`; a scripted verifier in place of signatures, which token-verifier.test.ts covers. */
const scripted = {
  verify: async (token: string, now: number): Promise<Entitlement> => {
    const [tier, exp] = token.split('@');
    if (exp === undefined) throw new TokenError('TOKEN_FORGED', 'forged');
    if (now >= Number(exp) * 1000) throw new TokenError('TOKEN_EXPIRED', 'expired');
    return { tier: tier as 'pro', limits: limitsOf(tier as 'pro'), userId: 'u', expiresAt: Number(exp), ground: 'token' };
  },
} as unknown as TokenVerifier;

function service(): { clock: VirtualClock; entitlements: EntitlementService; seen: string[] } {
  const clock = new VirtualClock();
  const entitlements = new EntitlementService({ graceMs: GRACE }, clock);
  const seen: string[] = [];
  entitlements.onChange((now) => seen.push(now.tier));
  return { clock, entitlements, seen };
}

describe('EntitlementService', () => {
  it('is free without a token', () => {
    expect(service().entitlements.current).toMatchObject({ tier: 'free', userId: null });
  });

  it('changes live with each token that counts', async () => {
    const { entitlements, seen } = service();
    await entitlements.present('pro@2000000', scripted);
    await entitlements.present('enterprise@2000000', scripted);
    await entitlements.present('free@2000000', scripted);
    expect(seen).toEqual(['pro', 'enterprise', 'free']);
  });

  it('keeps the last verified entitlement when a token is refused', async () => {
    const { entitlements, seen } = service();
    await entitlements.present('pro@2000000', scripted);
    await expect(entitlements.present('forged', scripted)).rejects.toMatchObject({ code: 'TOKEN_FORGED' });
    expect(entitlements.current.tier).toBe('pro');
    expect(seen).toEqual(['pro']);
  });

  it('counts on for the grace after the end, then falls to free, and says so', async () => {
    const { clock, entitlements, seen } = service();
    await entitlements.present('pro@1000001', scripted);
    clock.moveTo(1_000_001_000);
    expect(entitlements.current).toMatchObject({ tier: 'pro', ground: expect.stringContaining('counts on until') });
    clock.moveTo(1_000_001_000 + GRACE - 1);
    expect(entitlements.current.tier).toBe('pro');
    clock.moveTo(1_000_001_000 + GRACE);
    expect(entitlements.current).toMatchObject({ tier: 'free', ground: expect.stringContaining('expired on') });
    expect(seen).toEqual(['pro', 'pro', 'free']);
  });

  it('takes an expired token within its grace after a restart, and none past it', async () => {
    const { entitlements, clock } = service();
    clock.time = 1_000_000_000 + GRACE / 2;
    await entitlements.present('pro@1000000', scripted);
    expect(entitlements.current).toMatchObject({ tier: 'pro', ground: expect.stringContaining('has expired') });
    const late = service();
    late.clock.time = 1_000_000_000 + GRACE;
    await expect(late.entitlements.present('pro@1000000', scripted)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(late.entitlements.current.tier).toBe('free');
  });

  it('forgets the end of an older token once a newer one is there', async () => {
    const { clock, entitlements } = service();
    await entitlements.present('pro@1000001', scripted);
    await entitlements.present('pro@9000000', scripted);
    clock.moveTo(1_000_001_000 + 2 * GRACE);
    expect(entitlements.current.tier).toBe('pro');
  });
});
