import { BASE_WINDOW, baseVariance, clip, VARIANCE_FLOOR } from './feature.ts';
import type { Feature } from './feature.ts';
import { sumOfSquares } from './trailing.ts';

/** Each of the last 24 bars, because the nowcast of the trend takes the path itself, and longer ones. */
const MOMENTUM_WINDOWS = [...Array.from({ length: 24 }, (_, i) => i + 1), 36, 48, 72, 120, 240, 480];
const SLOPE_WINDOWS = [13, 25, 49, 97, 193, 385] as const;
const EFFICIENCY_WINDOWS = [12, 24, 48, 120, 480] as const;
const CHANNEL_WINDOWS = [12, 24, 49, 120, 240, 480] as const;
const MOMENTUM_LIMIT = 5;
/** A straight line has an infinite t; no market that moves comes near this one. */
const T_LIMIT = 100;

function momentum(window: number): Feature {
  return {
    name: `mom_${window}`,
    needs: Math.max(window, BASE_WINDOW) + 1,
    scaleFree: true,
    says: `log return over ${window} bars over its standard deviation by the base variance, clipped at ${MOMENTUM_LIMIT}`,
    compute(trailing) {
      const { bars, row } = trailing;
      const change = (bars.logClose[row] as number) - (bars.logClose[row - window] as number);
      return clip(change / Math.sqrt(window * baseVariance(trailing)), MOMENTUM_LIMIT);
    },
  };
}

function slope(window: number): Feature {
  return {
    name: `slope_t_${window}`,
    needs: window,
    scaleFree: true,
    says: `t-statistic of the least-squares slope of log price over ${window} bars, clipped at ${T_LIMIT}`,
    compute({ line }) {
      const variance = Math.max(line.residuals(window) / (window - 2), VARIANCE_FLOOR);
      return clip(line.slope(window) / Math.sqrt(variance / sumOfSquares(window)), T_LIMIT);
    },
  };
}

function efficiency(window: number): Feature {
  return {
    name: `er_${window}`,
    needs: window + 1,
    scaleFree: true,
    says: `Kaufman's efficiency ratio of log price over ${window} bars: net way over way gone, 0 to 1; 0 in a flat market`,
    compute(trailing) {
      const { bars, row } = trailing;
      const net = Math.abs((bars.logClose[row] as number) - (bars.logClose[row - window] as number));
      const gone = trailing.absolute.over(window);
      return gone * gone < VARIANCE_FLOOR ? 0 : Math.min(1, net / gone);
    },
  };
}

function channel(window: number): Feature {
  return {
    name: `channel_${window}`,
    needs: window,
    scaleFree: true,
    says: `where the close lies between the lowest low (-1) and the highest high (1) of ${window} bars; 0 in a flat market`,
    compute({ bars, row, range }) {
      const low = range.lowest(window);
      const width = range.highest(window) - low;
      return width === 0 ? 0 : (2 * ((bars.close[row] as number) - low)) / width - 1;
    },
  };
}

/** How far and how straight the market went. Efficiency ratio: Kaufman, Smarter Trading (1995). Channel: Donchian's. */
export const trendFeatures: readonly Feature[] = [
  ...MOMENTUM_WINDOWS.map(momentum),
  ...SLOPE_WINDOWS.map(slope),
  ...EFFICIENCY_WINDOWS.map(efficiency),
  ...CHANNEL_WINDOWS.map(channel),
];
