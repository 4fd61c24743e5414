import { BASE_WINDOW, baseVariance, clip } from './feature.ts';
import type { Feature } from './feature.ts';
import type { Trailing } from './trailing.ts';

const WILDER = 14;
/** Bars from which Wilder's averages are made anew: a weight of (13/14)^200, under a millionth, is what the truncation leaves out of the first average. */
const WILDER_WINDOW = 200;
const [FAST, SLOW, SIGNAL] = [12, 26, 9];
const MACD_WINDOW = 300;
const MACD_LIMIT = 10;
const SPAN_WINDOWS = [24, 120, 480] as const;

/** Reused, so that nothing is allocated: the two figures that one pass gives. */
const directional = { adx: 0, difference: 0 };
const macd = { line: 0, signal: 0 };

/**
 * Wilder's directional movement (New Concepts in Technical Trading Systems, 1978) over the last {@link WILDER_WINDOW} bars: sums of 14 at first, smoothed
 * from then on; the index is the mean of the first 14 values, smoothed from then on.
 */
function directionalMovement({ bars, row }: Trailing): typeof directional {
  let plus = 0;
  let minus = 0;
  let range = 0;
  let difference = 0;
  let adx = 0;
  for (let bar = 1; bar <= WILDER_WINDOW; bar++) {
    const at = row - WILDER_WINDOW + bar;
    const up = (bars.high[at] as number) - (bars.high[at - 1] as number);
    const down = (bars.low[at - 1] as number) - (bars.low[at] as number);
    const keep = bar > WILDER ? 1 - 1 / WILDER : 1;
    plus = plus * keep + (up > down && up > 0 ? up : 0);
    minus = minus * keep + (down > up && down > 0 ? down : 0);
    range = range * keep + (bars.trueRange[at] as number);
    if (bar < WILDER) continue;
    const moved = plus + minus;
    difference = range > 0 ? (100 * (plus - minus)) / range : 0;
    const index = moved > 0 ? (100 * Math.abs(plus - minus)) / moved : 0;
    const seen = bar - WILDER + 1;
    adx += (index - adx) / Math.min(seen, WILDER);
  }
  directional.adx = adx;
  directional.difference = difference;
  return directional;
}

/** Appel's MACD on log closes: exponential means that begin with the first close of {@link MACD_WINDOW}. */
function convergence({ bars, row }: Trailing): typeof macd {
  let fast = bars.logClose[row - MACD_WINDOW + 1] as number;
  let slow = fast;
  let signal = 0;
  for (let at = row - MACD_WINDOW + 2; at <= row; at++) {
    const price = bars.logClose[at] as number;
    fast += ((price - fast) * 2) / (FAST + 1);
    slow += ((price - slow) * 2) / (SLOW + 1);
    signal += ((fast - slow - signal) * 2) / (SIGNAL + 1);
  }
  macd.line = fast - slow;
  macd.signal = signal;
  return macd;
}

function averageRange(trailing: Trailing, window: number): number {
  return trailing.trueRange.over(window) / window;
}

/** The indicators that traders look at, for baselines and for models. True range's averages are plain means, Wilder's smoothing only where it is said. */
export const indicatorFeatures: readonly Feature[] = [
  {
    name: `adx_${WILDER}`,
    needs: WILDER_WINDOW + 1,
    scaleFree: true,
    says: `Wilder's ADX(${WILDER}), 0 to 100, begun anew ${WILDER_WINDOW} bars back; 0 in a flat market`,
    compute: (trailing) => directionalMovement(trailing).adx,
  },
  {
    name: `di_${WILDER}`,
    needs: WILDER_WINDOW + 1,
    scaleFree: true,
    says: `+DI minus -DI of ${WILDER} bars, -100 to 100, begun anew ${WILDER_WINDOW} bars back; 0 in a flat market`,
    compute: (trailing) => directionalMovement(trailing).difference,
  },
  {
    name: `macd_${FAST}_${SLOW}`,
    needs: Math.max(MACD_WINDOW, BASE_WINDOW + 1),
    scaleFree: true,
    says: `MACD line of log price over the volatility of a bar by the base variance, clipped at ${MACD_LIMIT}; begun anew ${MACD_WINDOW} bars back`,
    compute: (trailing) => clip(convergence(trailing).line / Math.sqrt(baseVariance(trailing)), MACD_LIMIT),
  },
  {
    name: `macd_hist_${FAST}_${SLOW}_${SIGNAL}`,
    needs: Math.max(MACD_WINDOW, BASE_WINDOW + 1),
    scaleFree: true,
    says: `MACD line minus its signal, over the volatility of a bar by the base variance, clipped at ${MACD_LIMIT}`,
    compute(trailing) {
      const { line, signal } = convergence(trailing);
      return clip((line - signal) / Math.sqrt(baseVariance(trailing)), MACD_LIMIT);
    },
  },
  {
    name: 'range_atr_14',
    needs: 15,
    scaleFree: true,
    says: 'true range of the last bar over the mean of 14; 1 in a flat market',
    compute(trailing) {
      const mean = averageRange(trailing, 14);
      return mean === 0 ? 1 : averageRange(trailing, 1) / mean;
    },
  },
  {
    name: 'atr_14_120',
    needs: 121,
    scaleFree: true,
    says: 'mean true range of 14 bars over that of 120; 1 in a flat market',
    compute(trailing) {
      const mean = averageRange(trailing, 120);
      return mean === 0 ? 1 : averageRange(trailing, 14) / mean;
    },
  },
  ...SPAN_WINDOWS.map((window): Feature => ({
    name: `span_${window}`,
    needs: window + 1,
    scaleFree: true,
    says: `highest high minus lowest low of ${window} bars over the mean true range of these bars times the root of ${window}; 0 in a flat market`,
    compute(trailing) {
      const mean = averageRange(trailing, window);
      if (mean === 0) return 0;
      return (trailing.range.highest(window) - trailing.range.lowest(window)) / (mean * Math.sqrt(window));
    },
  })),
];
