import type { CandleRule } from './rule.ts';
import { afterTen, bearishIf, bullishIf, signedIf } from './rule.ts';

/** Patterns of one candle, and of one candle beside the price before it. */
export const SINGLE: readonly CandleRule[] = [
  {
    name: 'BELTHOLD',
    says: 'belt-hold',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isLong(at) && (c.isWhite(at) ? c.lacksLowerShadow(at) : c.lacksUpperShadow(at)), c.colour(at)),
  },
  {
    name: 'CLOSINGMARUBOZU',
    says: 'closing marubozu',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isLong(at) && (c.isWhite(at) ? c.lacksUpperShadow(at) : c.lacksLowerShadow(at)), c.colour(at)),
  },
  {
    name: 'MARUBOZU',
    says: 'marubozu',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isLong(at) && c.lacksUpperShadow(at) && c.lacksLowerShadow(at), c.colour(at)),
  },
  {
    name: 'LONGLINE',
    says: 'long line',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isLong(at) && c.upperShadow(at) < c.shortShadow(at) && c.lowerShadow(at) < c.shortShadow(at), c.colour(at)),
  },
  {
    name: 'SHORTLINE',
    says: 'short line',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isShort(at) && c.upperShadow(at) < c.shortShadow(at) && c.lowerShadow(at) < c.shortShadow(at), c.colour(at)),
  },
  {
    name: 'SPINNINGTOP',
    says: 'spinning top',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isShort(at) && c.upperShadow(at) > c.body(at) && c.lowerShadow(at) > c.body(at), c.colour(at)),
  },
  {
    name: 'HIGHWAVE',
    says: 'high-wave candle',
    lookback: afterTen(0),
    at: (c, at) => signedIf(c.isShort(at) && c.upperShadow(at) > 2 * c.body(at) && c.lowerShadow(at) > 2 * c.body(at), c.colour(at)),
  },
  {
    name: 'HAMMER',
    says: 'hammer',
    lookback: afterTen(1),
    at: (c, at) =>
      bullishIf(
        c.isShort(at) && c.lowerShadow(at) > c.body(at) && c.lacksUpperShadow(at) && c.bottom(at) <= c.low(at - 1) + c.near(at - 1),
      ),
  },
  {
    name: 'HANGINGMAN',
    says: 'hanging man',
    lookback: afterTen(1),
    at: (c, at) =>
      bearishIf(
        c.isShort(at) && c.lowerShadow(at) > c.body(at) && c.lacksUpperShadow(at) && c.bottom(at) >= c.high(at - 1) - c.near(at - 1),
      ),
  },
  {
    name: 'INVERTEDHAMMER',
    says: 'inverted hammer',
    lookback: afterTen(1),
    at: (c, at) => bullishIf(c.isShort(at) && c.upperShadow(at) > c.body(at) && c.lacksLowerShadow(at) && c.gapsDown(at, at - 1)),
  },
  {
    name: 'SHOOTINGSTAR',
    says: 'shooting star',
    lookback: afterTen(1),
    at: (c, at) => bearishIf(c.isShort(at) && c.upperShadow(at) > c.body(at) && c.lacksLowerShadow(at) && c.gapsUp(at, at - 1)),
  },
];
