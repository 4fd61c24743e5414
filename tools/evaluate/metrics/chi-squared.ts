/**
 * P(X > x) of a chi-squared variable. With 1 degree of freedom by the series and the continued fraction of the incomplete gamma function
 * (Abramowitz and Stegun 6.5.29, 6.5.31), with 2 exactly.
 */
export function chiSquaredTail(x: number, degrees: 1 | 2): number {
  if (x <= 0) return 1;
  const half = x / 2;
  if (degrees === 2) return Math.exp(-half);
  const front = Math.exp(-half) * Math.sqrt(half) * (1 / Math.sqrt(Math.PI));
  if (half < 1.5) {
    // The lower part, as a series; gamma(1/2) is the root of pi.
    let term = 2;
    let sum = term;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= half / (0.5 + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = half + 0.5;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 1_000; n++) {
    const a = -n * (n - 0.5);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return front * fraction;
}
