/**
 * Quasi-likelihood loss of one variance forecast: rv/h - ln(rv/h) - 1, 0 where it is right. Patton, "Volatility forecast comparison using imperfect
 * volatility proxies" (2011), J. Econometrics 160, 246-256: it ranks forecasts rightly although rv is a noisy proxy.
 * @param realised and `forecast` variances of one unit, above 0.
 */
export function qlike(realised: number, forecast: number): number {
  const ratio = realised / forecast;
  return ratio - Math.log(ratio) - 1;
}

export interface Regression {
  readonly intercept: number;
  readonly slope: number;
  /** Share of the variance that the line explains, 0 to 1. */
  readonly r2: number;
}

/**
 * Mincer and Zarnowitz's regression (1969): realised = intercept + slope x forecast. An unbiased forecast has 0 and 1. Plain least squares: with outcomes
 * that overlap, take standard errors from `bootstrap`.
 */
export function mincerZarnowitz(realised: ArrayLike<number>, forecast: ArrayLike<number>): Regression {
  const n = realised.length;
  let [meanX, meanY] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanX += (forecast[i] as number) / n;
    meanY += (realised[i] as number) / n;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = (forecast[i] as number) - meanX;
    const y = (realised[i] as number) - meanY;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const slope = xy / xx;
  return { slope, intercept: meanY - slope * meanX, r2: (xy * xy) / (xx * yy) };
}
