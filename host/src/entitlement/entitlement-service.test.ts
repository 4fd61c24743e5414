import { afterEach, describe, expect, it, vi } from 'vitest';
import { EntitlementService, systemEntitlementClock } from './entitlement-service.ts';
import type { EntitlementClock } from './entitlement-service.ts';
import type { Entitlement } from './entitlement.ts';
import { TokenError } from './errors.ts';
import { limitsOf } from './limits.ts';
import type { TokenVerifier } from './token-verifier.ts';

const GRACE = 1_000_000;

class VirtualClock implements EntitlementClock {
  time = 1_000_000_000;
  #due: { at: number; task: () => void }[] = [];
  get waiting(): number {
    return this.#due.length;
  }
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
  verify: async (token: string, now: number, graceMs = 0): Promise<Entitlement> => {
    const [tier, exp] = token.split('@');
    if (exp === undefined) throw new TokenError('TOKEN_FORGED', 'forged');
    if (now >= Number(exp) * 1000 + graceMs) throw new TokenError('TOKEN_EXPIRED', 'expired');
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

  it('changes nothing any more once it is stopped, and leaves no timer', async () => {
    const { clock, entitlements, seen } = service();
    const late = entitlements.present('pro@1000001', scripted);
    entitlements.stop();
    await late;
    expect(seen).toEqual([]);
    expect(clock.waiting).toBe(0);
    expect(entitlements.current.tier).toBe('free');
  });

  it('forgets the end of an older token once a newer one is there', async () => {
    const { clock, entitlements } = service();
    await entitlements.present('pro@1000001', scripted);
    await entitlements.present('pro@9000000', scripted);
    clock.moveTo(1_000_001_000 + 2 * GRACE);
    expect(entitlements.current.tier).toBe('pro');
  });
});

describe('systemEntitlementClock', () => {
  afterEach(() => void vi.useRealTimers());

  it('keeps a far time through a sleep of the machine, which stops timers and not the clock', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const day = 86_400_000;
    const at = Date.now() + 30 * day;
    let calls = 0;
    systemEntitlementClock.schedule(at, () => calls++);
    vi.advanceTimersByTime(10 * day);
    vi.setSystemTime(at);
    vi.advanceTimersByTime(day / 24 + 10);
    expect(calls).toBe(1);
    vi.advanceTimersByTime(40 * day);
    expect(calls).toBe(1);
  });

  it('forgets what is cancelled', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    let calls = 0;
    systemEntitlementClock.schedule(Date.now() + 10 ** 9, () => calls++)();
    vi.advanceTimersByTime(2 * 10 ** 9);
    expect(calls).toBe(0);
  });
});
