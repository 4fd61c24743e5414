import { chiSquaredTail } from './chi-squared.ts';

/** A likelihood-ratio test of breaches. */
export interface BreachTest {
  readonly statistic: number;
  /** Probability of as much or more were the forecast right. Rejected at 5 % where it is under 0.05. */
  readonly p: number;
}

/** x ln y, 0 where x is 0. */
function xlogy(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y);
}

function bernoulli(misses: number, hits: number, p: number): number {
  return xlogy(misses, 1 - p) + xlogy(hits, p);
}

/** Whether there were as many breaches as said: proportion of failures, 1 degree of freedom. Kupiec (1995), J. Derivatives 3(2), 73-84. */
export function kupiec(breaches: number, n: number, level: number): BreachTest {
  const statistic = 2 * (bernoulli(n - breaches, breaches, breaches / n) - bernoulli(n - breaches, breaches, level));
  return { statistic, p: chiSquaredTail(statistic, 1) };
}

function transitions(breached: ArrayLike<number>): { n00: number; n01: number; n10: number; n11: number } {
  const counts = { n00: 0, n01: 0, n10: 0, n11: 0 };
  for (let i = 1; i < breached.length; i++) counts[`n${breached[i - 1] ? 1 : 0}${breached[i] ? 1 : 0}`] += 1;
  return counts;
}

/**
 * Whether a breach makes the next one no likelier: first-order Markov against independence, 1 degree of freedom. Christoffersen (1998), International
 * Economic Review 39, 841-862.
 * @param breached 0 or 1 for each period in order, periods that do not overlap.
 */
export function christoffersenIndependence(breached: ArrayLike<number>): BreachTest {
  const { n00, n01, n10, n11 } = transitions(breached);
  const together = (n01 + n11) / (n00 + n01 + n10 + n11);
  const apart = bernoulli(n00, n01, n01 / Math.max(1, n00 + n01)) + bernoulli(n10, n11, n11 / Math.max(1, n10 + n11));
  const statistic = Math.max(0, 2 * (apart - bernoulli(n00 + n10, n01 + n11, together)));
  return { statistic, p: chiSquaredTail(statistic, 1) };
}

/** Both at once: {@link kupiec} and {@link christoffersenIndependence} added, 2 degrees of freedom. Christoffersen (1998). */
export function christoffersenCoverage(breached: ArrayLike<number>, level: number): BreachTest {
  let breaches = 0;
  for (let i = 0; i < breached.length; i++) breaches += breached[i] ? 1 : 0;
  const statistic = kupiec(breaches, breached.length, level).statistic + christoffersenIndependence(breached).statistic;
  return { statistic, p: chiSquaredTail(statistic, 2) };
}

/**
 * Fissler and Ziegel's loss of a pair of VaR and ES, the member that is homogeneous of degree 0: Patton, Ziegel, Chen (2019), J. Econometrics 211, 388-413,
 * equation 6. Lower is better; only differences mean something.
 * @param outcome, `valueAtRisk` and `expectedShortfall` are returns: a loss is below 0, and the shortfall is the lower. For the upper tail turn all three signs.
 * @param level of the tail, 0.01 for 1 %.
 */
export function fisslerZiegel(outcome: number, valueAtRisk: number, expectedShortfall: number, level: number): number {
  const beyond = outcome <= valueAtRisk ? (valueAtRisk - outcome) / (level * expectedShortfall) : 0;
  return -beyond + valueAtRisk / expectedShortfall + Math.log(-expectedShortfall) - 1;
}
