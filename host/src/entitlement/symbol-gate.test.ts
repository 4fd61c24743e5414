import type { GateVerdict } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIER_LIMITS } from './limits.ts';
import { SymbolGate } from './symbol-gate.ts';

const free = { tier: 'free', limits: TIER_LIMITS.free } as const;
const pro = { tier: 'pro', limits: TIER_LIMITS.pro } as const;
const enterprise = { tier: 'enterprise', limits: TIER_LIMITS.enterprise } as const;
const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `S${i}`);

describe('SymbolGate', () => {
  it('passes 5 symbols for free, 50 for pro, all for enterprise', () => {
    for (const [allowance, passes] of [
      [free, 5],
      [pro, 50],
      [enterprise, 60],
    ] as const) {
      const verdicts = new SymbolGate(allowance).announce(names(60));
      expect(verdicts.filter((verdict) => verdict.allowed)).toHaveLength(passes);
    }
  });

  it('says why a symbol is held back, and which ones pass', () => {
    const gate = new SymbolGate(free);
    gate.announce(names(6));
    expect(gate.verdict('S5')).toEqual({
      symbol: 'S5',
      allowed: false,
      reason: 'the free tier passes 5 symbols, and those are S0, S1, S2, S3, S4; name those that matter in "symbols.prefer" of the config',
    });
  });

  it('counts a symbol once, whichever source announces it', () => {
    const gate = new SymbolGate(free);
    gate.announce(['EURUSD']);
    gate.announce(['EURUSD']);
    gate.announce(['A', 'B', 'C', 'D']);
    expect(gate.isAllowed('D')).toBe(true);
  });

  it('takes the preferred symbols first, though they came last', () => {
    const gate = new SymbolGate(free, ['XAUUSD']);
    gate.announce(names(5));
    const told: string[] = [];
    gate.onChange((changed) => told.push(...changed.map((verdict) => `${verdict.symbol} ${verdict.allowed}`)));
    gate.announce(['XAUUSD']);
    expect(gate.isAllowed('XAUUSD')).toBe(true);
    expect(gate.isAllowed('S4')).toBe(false);
    expect(told).toEqual(['S4 false', 'XAUUSD true']);
  });

  it('gives back the same symbols after a restart', () => {
    const gate = new SymbolGate(free);
    gate.announce(names(9));
    const again = new SymbolGate(free, [], gate.announced);
    again.announce([...names(9)].reverse());
    expect(names(9).filter((name) => again.isAllowed(name))).toEqual(names(5));
  });

  it('opens and closes live with the tier', () => {
    const gate = new SymbolGate(free);
    gate.announce(names(50));
    const changes: number[] = [];
    gate.onChange((changed) => changes.push(changed.length));
    gate.setAllowance(pro);
    expect(names(50).every((name) => gate.isAllowed(name))).toBe(true);
    gate.setAllowance(free);
    expect(names(50).filter((name) => gate.isAllowed(name))).toEqual(names(5));
    expect(changes).toEqual([45, 45]);
  });

  it('tells those that stay held back why, when the ground of it changes', () => {
    const gate = new SymbolGate(free);
    gate.announce(names(51));
    const reasons = new Map<string, string | undefined>();
    gate.onChange((changed) => changed.forEach(({ symbol, reason }) => reasons.set(symbol, reason)));
    gate.setAllowance(pro);
    expect(reasons.get('S50')).toMatch(/^the pro tier passes 50 symbols/);
    expect(reasons.size).toBe(46);
  });

  it('never passes more symbols than the tier allows, and as many as it can', () => {
    const step = fc.oneof(
      fc.record({ announce: fc.array(fc.constantFrom(...names(70)), { maxLength: 12 }) }),
      fc.record({ tier: fc.constantFrom(free, pro, enterprise) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.constantFrom(...names(70)), { maxLength: 8 }), (steps, preferred) => {
        const gate = new SymbolGate(free, preferred);
        let limit: number = free.limits.symbols;
        const known = new Set<string>();
        const told = new Map<string, GateVerdict>();
        gate.onChange((changed) => changed.forEach((verdict) => told.set(verdict.symbol, verdict)));
        for (const action of steps) {
          if ('announce' in action) {
            for (const name of action.announce) known.add(name);
            for (const verdict of gate.announce(action.announce)) told.set(verdict.symbol, verdict);
          } else {
            limit = action.tier.limits.symbols;
            gate.setAllowance(action.tier);
          }
          const open = [...known].filter((name) => gate.isAllowed(name));
          expect(open).toHaveLength(Math.min(known.size, limit));
          // Whoever only listens knows the same as whoever asks.
          for (const name of known) expect(told.get(name)).toEqual(gate.verdict(name));
        }
      }),
    );
  });
});
