import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marketAt, nextOpening, openFor } from './market-hours.ts';
import type { TradingSession } from '../link/frames.ts';

const WEEK_S = 604_800;
const FULL = 4;
const at = (text: string): number => Date.parse(`${text}Z`);

/** Sunday 22:05 to Friday 21:55, as a market of five days is open by a clock of UTC. */
const FX: readonly TradingSession[] = [{ opens: 22 * 3_600 + 300, closes: 5 * 86_400 + 21 * 3_600 + 3_300 }];

describe('a market of five days', () => {
  it.each([
    ['2026-11-22T22:04:59', 'closed', '2026-11-22T22:05:00', 0],
    ['2026-11-22T22:05:00', 'open', '2026-11-29T22:05:00', 0],
    ['2026-11-25T12:00:00', 'open', '2026-11-29T22:05:00', (2 * 24 + 13) * 3_600_000 + 55 * 60_000],
    ['2026-11-27T21:54:59', 'open', '2026-11-29T22:05:00', (4 * 24 + 23) * 3_600_000 + 49 * 60_000 + 59_000],
    ['2026-11-27T21:55:00', 'closed', '2026-11-29T22:05:00', 0],
    ['2026-11-28T12:00:00', 'closed', '2026-11-29T22:05:00', 0],
  ] as const)('at %s is %s', (time, state, next, forMs) => {
    const hours = { tradeMode: FULL, sessions: FX };
    expect(marketAt(hours, at(time))).toBe(state);
    expect(nextOpening(hours, at(time))).toBe(at(next));
    expect(openFor(hours, at(time))).toBe(forMs);
  });
});

it('without sessions nothing is known; with trade switched off it is closed', () => {
  expect(marketAt({ tradeMode: FULL, sessions: [] }, 0)).toBe('unknown');
  expect(nextOpening({ tradeMode: FULL, sessions: [] }, 0)).toBeNull();
  expect(marketAt({ tradeMode: 0, sessions: FX }, at('2026-11-25T12:00:00'))).toBe('closed');
  expect(nextOpening({ tradeMode: 0, sessions: FX }, 0)).toBeNull();
});

it('it opens next at a moment that is open, after now, and within a week', () => {
  const session = fc
    .nat(WEEK_S - 2)
    .chain((opens) => fc.record({ opens: fc.constant(opens), closes: fc.integer({ min: opens + 1, max: WEEK_S }) }));
  fc.assert(
    fc.property(fc.array(session, { minLength: 1, maxLength: 10 }), fc.integer({ min: 0, max: 2 ** 41 }), (sessions, now) => {
      const hours = { tradeMode: FULL, sessions };
      const next = nextOpening(hours, now) ?? NaN;
      expect(next).toBeGreaterThan(now);
      expect(next - now).toBeLessThanOrEqual(WEEK_S * 1_000);
      expect(marketAt(hours, next)).toBe('open');
    }),
  );
});
