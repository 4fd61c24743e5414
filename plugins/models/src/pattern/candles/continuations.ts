import type { Candles } from './candles.ts';
import type { CandleRule } from './rule.ts';
import { afterFive, afterTen, bullishIf, signedIf } from './rule.ts';

const HALF = 0.5;

/** The first of two candles of one colour lies beyond the body before it, in the direction of its colour. */
function gapsOn(c: Candles, at: number): boolean {
  return c.isWhite(at) ? c.gapsUp(at, at - 1) : c.gapsDown(at, at - 1);
}

function opensInOrNearBody(c: Candles, at: number): boolean {
  const near = c.near(at - 1);
  return c.open(at) >= c.bottom(at - 1) - near && c.open(at) <= c.top(at - 1) + near;
}

function tasukiGap(c: Candles, at: number): number {
  const sign = c.colour(at - 1);
  if (c.colour(at) === sign || !gapsOn(c, at - 1)) return 0;
  const opensInBody = c.open(at) < c.top(at - 1) && c.open(at) > c.bottom(at - 1);
  const closesInGap =
    sign === 1
      ? c.close(at) < c.open(at - 1) && c.close(at) > c.top(at - 2)
      : c.close(at) > c.open(at - 1) && c.close(at) < c.bottom(at - 2);
  return signedIf(opensInBody && closesInGap && Math.abs(c.body(at - 1) - c.body(at)) < c.near(at - 1), sign);
}

function matHold(c: Candles, at: number): boolean {
  const floor = c.close(at - 4) - c.body(at - 4) * HALF;
  return (
    c.isLong(at - 4) &&
    [at - 3, at - 2, at - 1].every((i) => c.isShort(i)) &&
    c.isWhite(at - 4) &&
    c.isBlack(at - 3) &&
    c.isWhite(at) &&
    c.gapsUp(at - 3, at - 4) &&
    [at - 2, at - 1].every((i) => c.bottom(i) < c.close(at - 4) && c.bottom(i) > floor) &&
    c.top(at - 2) < c.open(at - 3) &&
    c.top(at - 1) < c.top(at - 2) &&
    c.open(at) > c.close(at - 1) &&
    c.close(at) > Math.max(c.high(at - 3), c.high(at - 2), c.high(at - 1))
  );
}

function threeMethods(c: Candles, at: number): boolean {
  const sign = c.colour(at - 4);
  const resting = [at - 3, at - 2, at - 1];
  return (
    c.isLong(at - 4) &&
    c.isLong(at) &&
    c.colour(at) === sign &&
    resting.every((i) => c.isShort(i) && c.colour(i) !== sign && c.bottom(i) < c.high(at - 4) && c.top(i) > c.low(at - 4)) &&
    c.close(at - 2) * sign < c.close(at - 3) * sign &&
    c.close(at - 1) * sign < c.close(at - 2) * sign &&
    c.open(at) * sign > c.close(at - 1) * sign &&
    c.close(at) * sign > c.close(at - 4) * sign
  );
}

function breakaway(c: Candles, at: number): number {
  const sign = c.colour(at);
  if (!c.isLong(at - 4) || [at - 4, at - 3, at - 1].some((i) => c.colour(i) === sign)) return 0;
  const away = (i: number): boolean =>
    sign === 1 ? c.high(i) < c.high(i - 1) && c.low(i) < c.low(i - 1) : c.high(i) > c.high(i - 1) && c.low(i) > c.low(i - 1);
  const closesInGap =
    sign === 1
      ? c.close(at) > c.open(at - 3) && c.close(at) < c.close(at - 4)
      : c.close(at) < c.open(at - 3) && c.close(at) > c.close(at - 4);
  return signedIf(gapsOn(c, at - 3) && away(at - 2) && away(at - 1) && closesInGap, sign);
}

/** Gaps, and rests within a move. */
export const CONTINUATIONS: readonly CandleRule[] = [
  { name: 'TASUKIGAP', says: 'Tasuki gap', lookback: afterFive(2), at: tasukiGap },
  {
    name: 'XSIDEGAP3METHODS',
    says: 'gap three methods',
    lookback: 2,
    at: (c, at) =>
      signedIf(
        c.colour(at - 2) === c.colour(at - 1) &&
          c.colour(at) !== c.colour(at - 1) &&
          c.open(at) < c.top(at - 1) &&
          c.open(at) > c.bottom(at - 1) &&
          c.close(at) < c.top(at - 2) &&
          c.close(at) > c.bottom(at - 2) &&
          gapsOn(c, at - 1),
        c.colour(at - 2),
      ),
  },
  {
    name: 'GAPSIDESIDEWHITE',
    says: 'side-by-side white lines after a gap',
    lookback: afterFive(2),
    at: (c, at) => {
      const up = c.gapsUp(at - 1, at - 2) && c.gapsUp(at, at - 2);
      const down = c.gapsDown(at - 1, at - 2) && c.gapsDown(at, at - 2);
      const near = c.near(at - 1);
      return signedIf(
        (up || down) &&
          c.isWhite(at - 1) &&
          c.isWhite(at) &&
          c.body(at) >= c.body(at - 1) - near &&
          c.body(at) <= c.body(at - 1) + near &&
          c.isEqual(c.open(at), c.open(at - 1), at - 1),
        up ? 1 : -1,
      );
    },
  },
  {
    name: '3LINESTRIKE',
    says: 'three-line strike',
    lookback: afterFive(3),
    at: (c, at) => {
      const sign = c.colour(at - 1);
      const moves = (i: number): boolean => c.close(i) * sign > c.close(i - 1) * sign;
      return signedIf(
        c.colour(at - 3) === sign &&
          c.colour(at - 2) === sign &&
          c.colour(at) !== sign &&
          opensInOrNearBody(c, at - 2) &&
          opensInOrNearBody(c, at - 1) &&
          moves(at - 2) &&
          moves(at - 1) &&
          c.open(at) * sign > c.close(at - 1) * sign &&
          c.close(at) * sign < c.open(at - 3) * sign,
        sign,
      );
    },
  },
  { name: 'MATHOLD', says: 'mat hold', lookback: afterTen(4), at: (c, at) => bullishIf(matHold(c, at)) },
  {
    name: 'RISEFALL3METHODS',
    says: 'rising or falling three methods',
    lookback: afterTen(4),
    at: (c, at) => signedIf(threeMethods(c, at), c.colour(at - 4)),
  },
  { name: 'BREAKAWAY', says: 'breakaway', lookback: afterTen(4), at: breakaway },
];
