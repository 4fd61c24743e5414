import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chiSquaredTail } from './chi-squared.ts';
import {
  agreement,
  bootstrap,
  brier,
  brierOfEvent,
  calibrationError,
  choiceOf,
  christoffersenCoverage,
  christoffersenIndependence,
  fisslerZiegel,
  kupiec,
  logLoss,
  mincerZarnowitz,
  pairedDifference,
  pooledMean,
  qlike,
  seededRandom,
  topLabel,
} from './index.ts';

// Constants below are of scipy 1.10 and scikit-learn 1.2 where nothing else is said.

describe('volatility', () => {
  it('QLIKE is 0 for the truth, and worse for too little than for too much', () => {
    expect(qlike(2e-4, 2e-4)).toBe(0);
    expect(qlike(1, 2)).toBeCloseTo(Math.LN2 - 0.5, 12);
    expect(qlike(2, 1)).toBeCloseTo(1 - Math.LN2, 12);
    expect(qlike(2, 1)).toBeGreaterThan(qlike(0.5, 1));
  });

  it('Mincer-Zarnowitz is scipy.stats.linregress', () => {
    const { slope, intercept, r2 } = mincerZarnowitz([1.2, 1.9, 4.4, 4.6, 8.3], [1, 2, 4, 5, 8]);
    expect(slope).toBeCloseTo(1.0133333333333334, 12);
    expect(intercept).toBeCloseTo(0.026666666666666394, 12);
    expect(r2).toBeCloseTo(0.986465138123906, 12);
  });
});

describe('classification', () => {
  const cases = {
    probabilities: [0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.2, 0.2, 0.6, 0.5, 0.3, 0.2, 0.3, 0.4, 0.3, 0.05, 0.05, 0.9],
    classes: 3,
    truth: [0, 1, 1, 0, 2, 2],
  };
  const choices = cases.truth.map((_, i) => choiceOf(cases, i));

  it('log-loss, Brier, accuracy and F1 are those of scikit-learn', () => {
    expect(logLoss(cases)).toBeCloseTo(0.7465698301137551, 12);
    expect(brier(cases)).toBeCloseTo(0.42916666666666664, 12);
    expect(agreement(choices, cases.truth, 3)).toMatchObject({
      f1: [1, 0.5, 0.5],
      confusion: [
        [2, 0, 0],
        [0, 1, 1],
        [0, 1, 1],
      ],
      accuracy: 4 / 6,
    });
    expect(agreement(choices, cases.truth, 3).macroF1).toBeCloseTo(2 / 3, 12);
  });

  it('a class that is nowhere does not count in macro F1', () => {
    expect(agreement([0, 1], [0, 1], 3).macroF1).toBe(1);
  });

  it('a coin called 0.5 has a Brier score of 0.25, whatever comes', () => {
    expect(brierOfEvent([0.5, 0.5, 0.5], [1, 0, 0])).toBe(0.25);
    expect(brierOfEvent([1, 0], [1, 1])).toBe(0.5);
  });

  it('the calibration error weighs the distance of each bin by its cases', () => {
    // Bin of 0.9: 3 cases, 2 came; bin of 0.3: 1 case, 0 came.
    expect(calibrationError([0.9, 0.9, 0.9, 0.3], [1, 1, 0, 0], 10)).toBeCloseTo((3 * (0.9 - 2 / 3) + 0.3) / 4, 12);
    expect(calibrationError([1, 0], [1, 0])).toBe(0);
    const { said, came } = topLabel(cases);
    expect(Array.from(said)).toEqual([0.7, 0.6, 0.6, 0.5, 0.4, 0.9]);
    expect(Array.from(came)).toEqual([1, 1, 0, 1, 0, 1]);
  });
});

describe('value at risk', () => {
  it.each([
    [0.1, 1, 0.7518296340458492],
    [1, 1, 0.31731050786291115],
    [2.5, 1, 0.11384629800665763],
    [3.841458820694124, 1, 0.05],
    [10, 1, 0.001565402258002549],
    [40, 1, 2.5396285894708634e-10],
    [5.991464547107979, 2, 0.05],
    [0, 1, 1],
  ] as const)('chi-squared beyond %d with %d degrees of freedom', (x, degrees, tail) => {
    expect(Math.abs(chiSquaredTail(x, degrees) / tail - 1)).toBeLessThan(1e-9);
  });

  it.each([
    [0, 5.025167926750721, 0.024981503053449754],
    [5, 1.956809788230622, 0.1618549171960387],
    [10, 12.955491062356032, 0.00031898450821338177],
  ])('Kupiec of %d breaches in 250 days at 1 %', (breaches, statistic, p) => {
    expect(kupiec(breaches, 250, 0.01).statistic).toBeCloseTo(statistic, 10);
    expect(kupiec(breaches, 250, 0.01).p).toBeCloseTo(p, 10);
  });

  it('Christoffersen finds that breaches cluster', () => {
    const breached = Array.from('0001100000100000011100000000010000000000', Number);
    expect(christoffersenIndependence(breached).statistic).toBeCloseTo(3.033964745936977, 10);
    expect(christoffersenIndependence(breached).p).toBeCloseTo(0.08153854742968916, 10);
    expect(christoffersenCoverage(breached, 0.1).statistic).toBeCloseTo(5.125834895717325, 10);
    expect(christoffersenCoverage(breached, 0.1).p).toBeCloseTo(0.07707953656385214, 10);
    expect(christoffersenIndependence(Array.from({ length: 50 }, () => 0))).toEqual({ statistic: 0, p: 1 });
  });

  it('the Fissler-Ziegel loss is that of equation 6, and least for the true VaR and ES', () => {
    expect(fisslerZiegel(-3, -1, -2, 0.05)).toBeCloseTo(20 + 0.5 + Math.LN2 - 1, 12);
    expect(fisslerZiegel(0, -1, -2, 0.05)).toBeCloseTo(0.5 + Math.LN2 - 1, 12);
    // 1000 equally likely outcomes of -1 ... 0: VaR and ES of 5 % are -0.95 and -0.975.
    const mean = (valueAtRisk: number, shortfall: number): number => {
      let sum = 0;
      for (let i = 0; i < 1_000; i++) sum += fisslerZiegel(-(i + 0.5) / 1_000, valueAtRisk, shortfall, 0.05) / 1_000;
      return sum;
    };
    const best = mean(-0.95, -0.975);
    for (const [v, e] of [
      [-0.93, -0.975],
      [-0.97, -0.98],
      [-0.95, -0.99],
      [-0.95, -0.96],
    ] as const)
      expect(mean(v, e)).toBeGreaterThan(best);
  });
});

describe('standard errors', () => {
  it('are those of independent values where values are independent, and larger where they hang together', () => {
    const random = seededRandom(7);
    const independent = Float64Array.from({ length: 2_000 }, () => random() - 0.5);
    const repeated = independent.map((_, i) => independent[Math.floor(i / 10)] as number);
    const days = independent.map((_, i) => i);
    const plain = Math.sqrt(1 / 12 / 2_000);
    expect(pooledMean(independent, days).se / plain).toBeGreaterThan(0.85);
    expect(pooledMean(independent, days).se / plain).toBeLessThan(1.15);
    expect(pooledMean(repeated, days, 50).se / plain).toBeGreaterThan(2);
  });

  it('keep the symbols of one day together', () => {
    const random = seededRandom(3);
    const days = Float64Array.from({ length: 4_000 }, (_, i) => i % 500);
    const byDay = Float64Array.from({ length: 500 }, random);
    const values = days.map((day) => byDay[day] as number);
    const { mean, se, n } = pooledMean(values, days, 1);
    expect(n).toBe(4_000);
    expect(mean).toBeCloseTo(
      byDay.reduce((sum, value) => sum + value / 500, 0),
      10,
    );
    // Eight equal copies say no more than one.
    expect(se / Math.sqrt(1 / 12 / 500)).toBeGreaterThan(0.85);
    expect(pairedDifference(values, values, days)).toEqual({ mean: 0, se: 0, n: 4_000 });
  });

  it('are the same in every run, of whatever statistic', () => {
    const range = (places: Int32Array): number => Math.max(...places) - Math.min(...places);
    expect(bootstrap(30, 5, range, 50)).toBe(bootstrap(30, 5, range, 50));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }), (n, block) => {
        expect(bootstrap(n, block, (places) => (places.every((place) => place >= 0 && place < n) ? 1 : NaN), 3)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
