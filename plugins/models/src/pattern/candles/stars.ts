import type { Candles } from './candles.ts';
import type { CandleRule } from './rule.ts';
import { afterTen, bearishIf, bullishIf, signedIf } from './rule.ts';

/** The share of the first body that the third candle must take back. */
const PENETRATION = 0.3;

/** A long candle, a star beyond its body, and a candle of the other colour that is not short and closes well within the first. */
function turnsUp(c: Candles, at: number): boolean {
  return (
    c.isLong(at - 2) && c.isBlack(at - 2) && c.isLong(at) && c.isWhite(at) && c.close(at) > c.close(at - 2) + c.body(at - 2) * PENETRATION
  );
}

function turnsDown(c: Candles, at: number): boolean {
  return (
    c.isLong(at - 2) && c.isWhite(at - 2) && c.isLong(at) && c.isBlack(at) && c.close(at) < c.close(at - 2) - c.body(at - 2) * PENETRATION
  );
}

/** Reversals of three candles round one that stands apart. */
export const STARS: readonly CandleRule[] = [
  {
    name: 'MORNINGSTAR',
    says: 'morning star',
    lookback: afterTen(2),
    at: (c, at) => bullishIf(turnsUp(c, at) && !c.isLong(at - 1) && c.gapsDown(at - 1, at - 2)),
  },
  {
    name: 'EVENINGSTAR',
    says: 'evening star',
    lookback: afterTen(2),
    at: (c, at) => bearishIf(turnsDown(c, at) && !c.isLong(at - 1) && c.gapsUp(at - 1, at - 2)),
  },
  {
    name: 'MORNINGDOJISTAR',
    says: 'morning doji star',
    lookback: afterTen(2),
    at: (c, at) => bullishIf(turnsUp(c, at) && c.isDoji(at - 1) && c.gapsDown(at - 1, at - 2)),
  },
  {
    name: 'EVENINGDOJISTAR',
    says: 'evening doji star',
    lookback: afterTen(2),
    at: (c, at) => bearishIf(turnsDown(c, at) && c.isDoji(at - 1) && c.gapsUp(at - 1, at - 2)),
  },
  {
    name: 'ABANDONEDBABY',
    says: 'abandoned baby',
    lookback: afterTen(2),
    at: (c, at) => {
      if (!c.isDoji(at - 1)) return 0;
      if (turnsDown(c, at) && c.clearsUp(at - 1, at - 2) && c.clearsDown(at, at - 1)) return -100;
      return bullishIf(turnsUp(c, at) && c.clearsDown(at - 1, at - 2) && c.clearsUp(at, at - 1));
    },
  },
  {
    name: '2CROWS',
    says: 'two crows',
    lookback: afterTen(2),
    at: (c, at) =>
      bearishIf(
        c.isWhite(at - 2) &&
          c.isLong(at - 2) &&
          c.isBlack(at - 1) &&
          c.gapsUp(at - 1, at - 2) &&
          c.isBlack(at) &&
          c.open(at) < c.open(at - 1) &&
          c.open(at) > c.close(at - 1) &&
          c.close(at) > c.open(at - 2) &&
          c.close(at) < c.close(at - 2),
      ),
  },
  {
    name: 'UPSIDEGAP2CROWS',
    says: 'upside gap two crows',
    lookback: afterTen(2),
    at: (c, at) =>
      bearishIf(
        c.isWhite(at - 2) &&
          c.isLong(at - 2) &&
          c.isBlack(at - 1) &&
          !c.isLong(at - 1) &&
          c.gapsUp(at - 1, at - 2) &&
          c.isBlack(at) &&
          c.open(at) > c.open(at - 1) &&
          c.close(at) < c.close(at - 1) &&
          c.close(at) > c.close(at - 2),
      ),
  },
  {
    name: '3INSIDE',
    says: 'three inside',
    lookback: afterTen(2),
    at: (c, at) =>
      signedIf(
        c.isLong(at - 2) &&
          !c.isLong(at - 1) &&
          c.top(at - 1) < c.top(at - 2) &&
          c.bottom(at - 1) > c.bottom(at - 2) &&
          c.colour(at) !== c.colour(at - 2) &&
          (c.isWhite(at - 2) ? c.close(at) < c.open(at - 2) : c.close(at) > c.open(at - 2)),
        -c.colour(at - 2),
      ),
  },
  {
    name: '3OUTSIDE',
    says: 'three outside',
    lookback: 3,
    at: (c, at) =>
      signedIf(
        c.colour(at - 1) !== c.colour(at - 2) &&
          c.top(at - 1) > c.top(at - 2) &&
          c.bottom(at - 1) < c.bottom(at - 2) &&
          (c.isWhite(at - 1) ? c.close(at) > c.close(at - 1) : c.close(at) < c.close(at - 1)),
        c.colour(at - 1),
      ),
  },
  {
    name: 'UNIQUE3RIVER',
    says: 'unique three river',
    lookback: afterTen(2),
    at: (c, at) =>
      bullishIf(
        c.isLong(at - 2) &&
          c.isBlack(at - 2) &&
          c.isBlack(at - 1) &&
          c.close(at - 1) > c.close(at - 2) &&
          c.open(at - 1) <= c.open(at - 2) &&
          c.low(at - 1) < c.low(at - 2) &&
          c.isShort(at) &&
          c.isWhite(at) &&
          c.open(at) > c.low(at - 1),
      ),
  },
  {
    name: 'STICKSANDWICH',
    says: 'stick sandwich',
    lookback: 7,
    at: (c, at) =>
      bullishIf(
        c.isBlack(at - 2) &&
          c.isWhite(at - 1) &&
          c.isBlack(at) &&
          c.low(at - 1) > c.close(at - 2) &&
          c.isEqual(c.close(at), c.close(at - 2), at - 2),
      ),
  },
];
