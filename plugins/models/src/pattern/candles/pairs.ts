import type { Candles } from './candles.ts';
import type { CandleRule } from './rule.ts';
import { afterFive, afterTen, bearishIf, bullishIf, signedIf } from './rule.ts';

/** Darkcloud's and piercing's share of the first body that the second must take back. */
const HALF = 0.5;

/** A white candle that opens under a long black one's low: the first half of piercing, on-neck, in-neck and thrusting. */
function opensUnderLongBlack(c: Candles, at: number): boolean {
  return c.isBlack(at - 1) && c.isLong(at - 1) && c.isWhite(at) && c.open(at) < c.low(at - 1);
}

/** Two long candles without shadows, of opposite colours, the second beyond the first. */
function kicks(c: Candles, at: number): boolean {
  const isMarubozu = (i: number): boolean => c.isLong(i) && c.lacksUpperShadow(i) && c.lacksLowerShadow(i);
  if (c.colour(at - 1) === c.colour(at) || !isMarubozu(at - 1) || !isMarubozu(at)) return false;
  return c.isBlack(at - 1) ? c.clearsUp(at, at - 1) : c.clearsDown(at, at - 1);
}

/** 100 where the body of `inner` lies strictly within that of `outer`, 80 where it touches an end of it, 0 otherwise. */
function encloses(c: Candles, outer: number, inner: number): number {
  const [above, below] = [c.top(outer) - c.top(inner), c.bottom(inner) - c.bottom(outer)];
  if (above > 0 && below > 0) return 100;
  return above >= 0 && below >= 0 ? 80 : 0;
}

/** Patterns of two candles. */
export const PAIRS: readonly CandleRule[] = [
  {
    name: 'ENGULFING',
    says: 'engulfing',
    lookback: 2,
    at: (c, at) => {
      // Of the same body in the other colour TA-Lib says nothing here, and 80 in a harami.
      if (c.colour(at) === c.colour(at - 1) || c.body(at) === c.body(at - 1)) return 0;
      return c.colour(at) * encloses(c, at, at - 1);
    },
  },
  {
    name: 'HARAMI',
    says: 'harami',
    lookback: afterTen(1),
    at: (c, at) => {
      if (!c.isLong(at - 1) || c.isLong(at)) return 0;
      return -c.colour(at - 1) * encloses(c, at - 1, at);
    },
  },
  {
    name: 'HARAMICROSS',
    says: 'harami cross',
    lookback: afterTen(1),
    at: (c, at) => {
      if (!c.isLong(at - 1) || !c.isDoji(at)) return 0;
      return -c.colour(at - 1) * encloses(c, at - 1, at);
    },
  },
  {
    name: 'HOMINGPIGEON',
    says: 'homing pigeon',
    lookback: afterTen(1),
    at: (c, at) =>
      bullishIf(
        c.isBlack(at - 1) &&
          c.isBlack(at) &&
          c.isLong(at - 1) &&
          !c.isLong(at) &&
          c.open(at) < c.open(at - 1) &&
          c.close(at) > c.close(at - 1),
      ),
  },
  {
    name: 'COUNTERATTACK',
    says: 'counterattack',
    lookback: afterTen(1),
    at: (c, at) =>
      signedIf(
        c.colour(at - 1) !== c.colour(at) && c.isLong(at - 1) && c.isLong(at) && c.isEqual(c.close(at), c.close(at - 1), at - 1),
        c.colour(at),
      ),
  },
  {
    name: 'SEPARATINGLINES',
    says: 'separating lines',
    lookback: afterTen(1),
    at: (c, at) =>
      signedIf(
        c.colour(at - 1) !== c.colour(at) &&
          c.isEqual(c.open(at), c.open(at - 1), at - 1) &&
          c.isLong(at) &&
          (c.isWhite(at) ? c.lacksLowerShadow(at) : c.lacksUpperShadow(at)),
        c.colour(at),
      ),
  },
  {
    name: 'MATCHINGLOW',
    says: 'matching low',
    lookback: afterFive(1),
    at: (c, at) => bullishIf(c.isBlack(at - 1) && c.isBlack(at) && c.isEqual(c.close(at), c.close(at - 1), at - 1)),
  },
  {
    name: 'DARKCLOUDCOVER',
    says: 'dark cloud cover',
    lookback: afterTen(1),
    at: (c, at) =>
      bearishIf(
        c.isWhite(at - 1) &&
          c.isLong(at - 1) &&
          c.isBlack(at) &&
          c.open(at) > c.high(at - 1) &&
          c.close(at) > c.open(at - 1) &&
          c.close(at) < c.close(at - 1) - c.body(at - 1) * HALF,
      ),
  },
  {
    name: 'PIERCING',
    says: 'piercing line',
    lookback: afterTen(1),
    at: (c, at) =>
      bullishIf(
        opensUnderLongBlack(c, at) && c.isLong(at) && c.close(at) < c.open(at - 1) && c.close(at) > c.close(at - 1) + c.body(at - 1) * HALF,
      ),
  },
  {
    name: 'ONNECK',
    says: 'on-neck',
    lookback: afterTen(1),
    at: (c, at) => bearishIf(opensUnderLongBlack(c, at) && c.isEqual(c.close(at), c.low(at - 1), at - 1)),
  },
  {
    name: 'INNECK',
    says: 'in-neck',
    lookback: afterTen(1),
    at: (c, at) =>
      bearishIf(opensUnderLongBlack(c, at) && c.close(at) <= c.close(at - 1) + c.equal(at - 1) && c.close(at) >= c.close(at - 1)),
  },
  {
    name: 'THRUSTING',
    says: 'thrusting',
    lookback: afterTen(1),
    at: (c, at) =>
      bearishIf(
        opensUnderLongBlack(c, at) &&
          c.close(at) > c.close(at - 1) + c.equal(at - 1) &&
          c.close(at) <= c.close(at - 1) + c.body(at - 1) * HALF,
      ),
  },
  { name: 'KICKING', says: 'kicking', lookback: afterTen(1), at: (c, at) => signedIf(kicks(c, at), c.colour(at)) },
  {
    name: 'KICKINGBYLENGTH',
    says: 'kicking, by the longer candle',
    lookback: afterTen(1),
    at: (c, at) => signedIf(kicks(c, at), c.colour(c.body(at) > c.body(at - 1) ? at : at - 1)),
  },
];
