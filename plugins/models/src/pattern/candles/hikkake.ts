import type { Candles } from './candles.ts';
import type { CandleRule } from './rule.ts';

/** Bars within which a hikkake may be confirmed. */
const CONFIRMED_WITHIN = 3;

/** An inside bar and a break out of it that is expected to fail: 1 (bullish) after a break downwards, -1 after one upwards. */
function hikkake(c: Candles, at: number): number {
  if (!c.isInside(at - 1)) return 0;
  return breakOf(c, at);
}

/** Two inside bars in a row; the first of them closes near its low (bullish) or its high (bearish). */
function modifiedHikkake(c: Candles, at: number): number {
  if (!c.isInside(at - 2) || !c.isInside(at - 1)) return 0;
  const sign = breakOf(c, at);
  const near = c.near(at - 2);
  if (sign === 1) return c.close(at - 2) <= c.low(at - 2) + near ? 1 : 0;
  return sign === -1 && c.close(at - 2) >= c.high(at - 2) - near ? -1 : 0;
}

function breakOf(c: Candles, at: number): number {
  if (c.high(at) < c.high(at - 1) && c.low(at) < c.low(at - 1)) return 1;
  return c.high(at) > c.high(at - 1) && c.low(at) > c.low(at - 1) ? -1 : 0;
}

/**
 * 100 and -100 on the bar of the break; 200 and -200 on the first of the next three bars that closes beyond the inside bar. TA-Lib remembers the last
 * pattern; looking back three bars comes to the same: a newer pattern takes the place of an older one, and a confirmation ends it.
 */
function confirmable(find: (c: Candles, at: number) => number, first: number): CandleRule['at'] {
  return (c, at) => {
    const now = find(c, at);
    if (now !== 0) return now * 100;
    for (let start = at - 1; start >= Math.max(first, at - CONFIRMED_WITHIN); start--) {
      const sign = find(c, start);
      if (sign === 0) continue;
      const confirms = (i: number): boolean => (sign === 1 ? c.close(i) > c.high(start - 1) : c.close(i) < c.low(start - 1));
      for (let i = start + 1; i < at; i++) if (confirms(i)) return 0;
      return confirms(at) ? sign * 200 : 0;
    }
    return 0;
  };
}

/** Patterns that a later bar confirms (Chesler 2004). */
export const HIKKAKE: readonly CandleRule[] = [
  { name: 'HIKKAKE', says: 'hikkake', lookback: 5, at: confirmable(hikkake, 2) },
  { name: 'HIKKAKEMOD', says: 'modified hikkake', lookback: 10, at: confirmable(modifiedHikkake, 7) },
];
