import type { CandleRule } from './rule.ts';
import { afterTen, bullishIf, signedIf } from './rule.ts';

/** Patterns whose last candle hardly has a body. TA-Lib gives most of them 100 without meaning that they are bullish. */
export const DOJI: readonly CandleRule[] = [
  { name: 'DOJI', says: 'doji', lookback: afterTen(0), at: (c, at) => bullishIf(c.isDoji(at)) },
  {
    name: 'DRAGONFLYDOJI',
    says: 'dragonfly doji',
    lookback: afterTen(0),
    at: (c, at) => bullishIf(c.isDoji(at) && c.lacksUpperShadow(at) && c.hasLowerShadow(at)),
  },
  {
    name: 'GRAVESTONEDOJI',
    says: 'gravestone doji',
    lookback: afterTen(0),
    at: (c, at) => bullishIf(c.isDoji(at) && c.lacksLowerShadow(at) && c.hasUpperShadow(at)),
  },
  {
    name: 'LONGLEGGEDDOJI',
    says: 'long-legged doji',
    lookback: afterTen(0),
    at: (c, at) => bullishIf(c.isDoji(at) && (c.lowerShadow(at) > c.body(at) || c.upperShadow(at) > c.body(at))),
  },
  {
    name: 'RICKSHAWMAN',
    says: 'rickshaw man',
    lookback: afterTen(0),
    at: (c, at) => {
      const middle = c.low(at) + c.range(at) / 2;
      return bullishIf(
        c.isDoji(at) &&
          c.lowerShadow(at) > c.body(at) &&
          c.upperShadow(at) > c.body(at) &&
          c.bottom(at) <= middle + c.near(at) &&
          c.top(at) >= middle - c.near(at),
      );
    },
  },
  {
    name: 'TAKURI',
    says: 'takuri line',
    lookback: afterTen(0),
    at: (c, at) => bullishIf(c.isDoji(at) && c.lacksUpperShadow(at) && c.lowerShadow(at) > 2 * c.body(at)),
  },
  {
    name: 'DOJISTAR',
    says: 'doji star',
    lookback: afterTen(1),
    at: (c, at) =>
      signedIf(c.isLong(at - 1) && c.isDoji(at) && (c.isWhite(at - 1) ? c.gapsUp(at, at - 1) : c.gapsDown(at, at - 1)), -c.colour(at - 1)),
  },
  {
    name: 'TRISTAR',
    says: 'tristar',
    lookback: afterTen(2),
    at: (c, at) => {
      // All three are held against the bars before the first of them.
      const limit = c.dojiBody(at - 2);
      if (c.body(at - 2) > limit || c.body(at - 1) > limit || c.body(at) > limit) return 0;
      if (c.gapsUp(at - 1, at - 2) && c.top(at) < c.top(at - 1)) return -100;
      return bullishIf(c.gapsDown(at - 1, at - 2) && c.bottom(at) > c.bottom(at - 1));
    },
  },
];
