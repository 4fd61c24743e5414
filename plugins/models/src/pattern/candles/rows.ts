import type { Candles } from './candles.ts';
import type { CandleRule } from './rule.ts';
import { afterTen, bearishIf, bullishIf } from './rule.ts';

/** Each opens within the body before it or near its end. */
function opensWithinOrNear(c: Candles, at: number): boolean {
  return c.open(at) > c.open(at - 1) && c.open(at) <= c.close(at - 1) + c.near(at - 1);
}

function threeRisingWhites(c: Candles, at: number): boolean {
  return c.isWhite(at - 2) && c.isWhite(at - 1) && c.isWhite(at) && c.close(at) > c.close(at - 1) && c.close(at - 1) > c.close(at - 2);
}

function threeFallingBlacks(c: Candles, at: number): boolean {
  return c.isBlack(at - 2) && c.isBlack(at - 1) && c.isBlack(at) && c.close(at - 1) < c.close(at - 2) && c.close(at) < c.close(at - 1);
}

function noLowerShadows(c: Candles, at: number): boolean {
  return c.lacksLowerShadow(at - 2) && c.lacksLowerShadow(at - 1) && c.lacksLowerShadow(at);
}

/** The four ways in which three whites grow weaker. */
function tires(c: Candles, at: number): boolean {
  const [first, second, third] = [c.body(at - 2), c.body(at - 1), c.body(at)];
  return (
    (second < first - c.far(at - 2) && third < second + c.near(at - 1)) ||
    third < second - c.far(at - 1) ||
    (third < second && second < first && (c.upperShadow(at) > c.shortShadow(at) || c.upperShadow(at - 1) > c.shortShadow(at - 1))) ||
    (third < second && c.upperShadow(at) > third)
  );
}

/** Rows of candles of one colour. */
export const ROWS: readonly CandleRule[] = [
  {
    name: '3WHITESOLDIERS',
    says: 'three white soldiers',
    lookback: afterTen(2),
    at: (c, at) =>
      bullishIf(
        threeRisingWhites(c, at) &&
          c.lacksUpperShadow(at - 2) &&
          c.lacksUpperShadow(at - 1) &&
          c.lacksUpperShadow(at) &&
          opensWithinOrNear(c, at - 1) &&
          opensWithinOrNear(c, at) &&
          c.body(at - 1) > c.body(at - 2) - c.far(at - 2) &&
          c.body(at) > c.body(at - 1) - c.far(at - 1) &&
          c.isLong(at),
      ),
  },
  {
    name: 'ADVANCEBLOCK',
    says: 'advance block',
    lookback: afterTen(2),
    at: (c, at) =>
      bearishIf(
        threeRisingWhites(c, at) &&
          opensWithinOrNear(c, at - 1) &&
          opensWithinOrNear(c, at) &&
          c.isLong(at - 2) &&
          c.upperShadow(at - 2) < c.shortShadow(at - 2) &&
          tires(c, at),
      ),
  },
  {
    name: 'STALLEDPATTERN',
    says: 'stalled pattern',
    lookback: afterTen(2),
    at: (c, at) =>
      bearishIf(
        threeRisingWhites(c, at) &&
          c.isLong(at - 2) &&
          c.isLong(at - 1) &&
          c.lacksUpperShadow(at - 1) &&
          opensWithinOrNear(c, at - 1) &&
          c.isShort(at) &&
          c.open(at) >= c.close(at - 1) - c.body(at) - c.near(at - 1),
      ),
  },
  {
    name: '3BLACKCROWS',
    says: 'three black crows',
    lookback: afterTen(3),
    at: (c, at) =>
      bearishIf(
        c.isWhite(at - 3) &&
          threeFallingBlacks(c, at) &&
          noLowerShadows(c, at) &&
          c.open(at - 1) < c.open(at - 2) &&
          c.open(at - 1) > c.close(at - 2) &&
          c.open(at) < c.open(at - 1) &&
          c.open(at) > c.close(at - 1) &&
          c.high(at - 3) > c.close(at - 2),
      ),
  },
  {
    name: 'IDENTICAL3CROWS',
    says: 'identical three crows',
    lookback: afterTen(2),
    at: (c, at) =>
      bearishIf(
        threeFallingBlacks(c, at) &&
          noLowerShadows(c, at) &&
          c.isEqual(c.open(at - 1), c.close(at - 2), at - 2) &&
          c.isEqual(c.open(at), c.close(at - 1), at - 1),
      ),
  },
  {
    name: '3STARSINSOUTH',
    says: 'three stars in the south',
    lookback: afterTen(2),
    at: (c, at) =>
      bullishIf(
        c.isBlack(at - 2) &&
          c.isBlack(at - 1) &&
          c.isBlack(at) &&
          c.isLong(at - 2) &&
          c.lowerShadow(at - 2) > c.body(at - 2) &&
          c.body(at - 1) < c.body(at - 2) &&
          c.open(at - 1) > c.close(at - 2) &&
          c.open(at - 1) <= c.high(at - 2) &&
          c.low(at - 1) < c.close(at - 2) &&
          c.low(at - 1) >= c.low(at - 2) &&
          c.hasLowerShadow(at - 1) &&
          c.isShort(at) &&
          c.lacksLowerShadow(at) &&
          c.lacksUpperShadow(at) &&
          c.low(at) > c.low(at - 1) &&
          c.high(at) < c.high(at - 1),
      ),
  },
  {
    name: 'CONCEALBABYSWALL',
    says: 'concealing baby swallow',
    lookback: afterTen(3),
    at: (c, at) =>
      bullishIf(
        [at - 3, at - 2, at - 1, at].every((i) => c.isBlack(i)) &&
          [at - 3, at - 2].every((i) => c.lacksLowerShadow(i) && c.lacksUpperShadow(i)) &&
          c.gapsDown(at - 1, at - 2) &&
          c.hasUpperShadow(at - 1) &&
          c.high(at - 1) > c.close(at - 2) &&
          c.high(at) > c.high(at - 1) &&
          c.low(at) < c.low(at - 1),
      ),
  },
  {
    name: 'LADDERBOTTOM',
    says: 'ladder bottom',
    lookback: afterTen(4),
    at: (c, at) =>
      bullishIf(
        threeFallingBlacks(c, at - 2) &&
          c.open(at - 4) > c.open(at - 3) &&
          c.open(at - 3) > c.open(at - 2) &&
          c.isBlack(at - 1) &&
          c.hasUpperShadow(at - 1) &&
          c.isWhite(at) &&
          c.open(at) > c.open(at - 1) &&
          c.close(at) > c.high(at - 1),
      ),
  },
];
