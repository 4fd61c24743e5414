/** GARCH(1,1) (Bollerslev 1986) with the long-run variance given (variance targeting, Engle and Mezrich 1996), by likelihood over a small grid. */
const ALPHAS = [0.02, 0.04, 0.06, 0.09, 0.13];
const PERSISTENCES = [0.9, 0.94, 0.97, 0.985, 0.995];

/**
 * Mean variance a bar over the next `horizon` bars.
 * @param returns logarithmic, oldest first; at least two.
 * @param longRun variance a bar that it returns to, above 0.
 */
export function garchForecast(returns: readonly number[], longRun: number, horizon: number): number {
  let best = { likelihood: -Infinity, persistence: 0, next: longRun };
  for (const persistence of PERSISTENCES) {
    for (const alpha of ALPHAS) {
      const fit = run(returns, longRun, alpha, persistence);
      if (fit.likelihood > best.likelihood) best = { ...fit, persistence };
    }
  }
  let sum = 0;
  let excess = best.next - longRun;
  for (let i = 0; i < horizon; i++) {
    sum += longRun + excess;
    excess *= best.persistence;
  }
  return sum / horizon;
}

function run(returns: readonly number[], longRun: number, alpha: number, persistence: number): { likelihood: number; next: number } {
  const beta = persistence - alpha;
  let variance = longRun;
  let likelihood = 0;
  for (const one of returns) {
    likelihood -= Math.log(variance) + (one * one) / variance;
    variance = longRun * (1 - persistence) + alpha * one * one + beta * variance;
  }
  return { likelihood, next: variance };
}
