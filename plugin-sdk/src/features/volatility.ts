import { BASE_WINDOW, baseVariance, VARIANCE_FLOOR } from './feature.ts';
import type { Feature } from './feature.ts';
import type { Trailing } from './trailing.ts';

const RETURN_WINDOWS = [4, 8, 24, 48, 120, 240, 480, 1_000] as const;
const RANGE_WINDOWS = [1, 2, 4, 8, 24, 48, 120, 240, 480] as const;
const SHARE_WINDOWS = [24, 120, 480] as const;
/** Decay per bar, by the hundredths in the feature's name. */
const DECAYS = [80, 94, 97, 99] as const;
/** Where exponential weights are cut off. */
const DECAY_WINDOW = 480;

/** A variance as its logarithm, and as its logarithm relative to the base's. */
function pair(name: string, needs: number, says: string, variance: (trailing: Trailing) => number): Feature[] {
  const level = (trailing: Trailing): number => Math.log(Math.max(variance(trailing), VARIANCE_FLOOR));
  return [
    { name: `log${name}`, needs, scaleFree: false, says: `log of ${says}`, compute: level },
    {
      name,
      needs: Math.max(needs, BASE_WINDOW + 1),
      scaleFree: true,
      says: `log of ${says}, minus logrv_${BASE_WINDOW}`,
      compute: (trailing) => level(trailing) - Math.log(baseVariance(trailing)),
    },
  ];
}

function exponential(percent: number): Feature[] {
  const weights = new Float64Array(DECAY_WINDOW);
  let weight = 1;
  let total = 0;
  for (let age = 0; age < DECAY_WINDOW; age++) {
    weights[age] = weight;
    total += weight;
    weight *= percent / 100;
  }
  return pair(
    `ewma_${percent}`,
    DECAY_WINDOW + 1,
    `the mean squared return with weights 0.${percent}^age over ${DECAY_WINDOW} bars (they sum to 1)`,
    ({ bars, row }) => {
      let sum = 0;
      for (let age = 0; age < DECAY_WINDOW; age++) sum += (weights[age] as number) * (bars.squared[row - age] as number);
      return sum / total;
    },
  );
}

/**
 * Realised volatility by squared returns, by Parkinson's range estimator (1980), by exponential weights (RiskMetrics 1996, here truncated), and the share of
 * it that came from falls (realised semivariance: Barndorff-Nielsen, Kinnebrock, Shephard 2010).
 */
export const volatilityFeatures: readonly Feature[] = [
  ...RETURN_WINDOWS.flatMap((window) =>
    pair(`rv_${window}`, window + 1, `the mean squared log return of ${window} bars`, (trailing) => trailing.squared.over(window) / window),
  ),
  ...RANGE_WINDOWS.flatMap((window) =>
    pair(
      `park_${window}`,
      window,
      `Parkinson's variance per bar over ${window} bars`,
      (trailing) => trailing.parkinson.over(window) / window,
    ),
  ),
  ...DECAYS.flatMap(exponential),
  ...SHARE_WINDOWS.map((window): Feature => ({
    name: `down_share_${window}`,
    needs: window + 1,
    scaleFree: true,
    says: `share of falls in the squared returns of ${window} bars, 0 to 1; 0.5 in a flat market`,
    compute(trailing) {
      const all = trailing.squared.over(window);
      return all < VARIANCE_FLOOR ? 0.5 : trailing.downward.over(window) / all;
    },
  })),
]
  // rv_480 would be 0 whatever the market does.
  .filter(({ name }) => name !== `rv_${BASE_WINDOW}`);
