import type { DailySymbol } from './daily-forecasts.ts';
import { HORIZON_BARS } from './daily-forecasts.ts';

const GARCH_WINDOW = 1_000;
const GARCH_REFIT = 60;

/** Variance of the next 24 bars by what needs no network, by place of the day; NaN before there is enough. */
export interface DailyBaselines {
  readonly randomWalk: ReadonlyMap<number, number>;
  readonly realisedEwma: ReadonlyMap<number, number>;
  readonly riskMetrics: ReadonlyMap<number, number>;
  readonly garch: ReadonlyMap<number, number>;
}

/** {@link DailyBaselines.riskMetrics} alone. */
export function riskMetricsOf({ bars, days }: DailySymbol): Map<number, number> {
  const used = days.filter((place) => place >= HORIZON_BARS);
  const levels = exponential(
    dailyReturns(bars, used).map((one) => one * one),
    0.94,
  );
  return new Map(used.map((place, k) => [place, levels[k] as number]));
}

function dailyReturns(bars: DailySymbol['bars'], used: readonly number[]): number[] {
  return used.map((place, k) => (k === 0 ? 0 : Math.log((bars.close[place] as number) / (bars.close[used[k - 1] as number] as number))));
}

export function dailyBaselines(daily: DailySymbol): DailyBaselines {
  const { bars, days } = daily;
  const used = days.filter((place) => place >= HORIZON_BARS);
  const realised = used.map((place) => {
    let sum = 0;
    for (let i = place - HORIZON_BARS + 1; i <= place; i++) sum += Math.log((bars.close[i] as number) / (bars.close[i - 1] as number)) ** 2;
    return sum;
  });
  const returns = dailyReturns(bars, used);
  const byPlace = (values: readonly number[]): Map<number, number> => new Map(used.map((place, k) => [place, values[k] as number]));
  return {
    randomWalk: byPlace(realised),
    realisedEwma: byPlace(exponential(realised, 0.8)),
    riskMetrics: riskMetricsOf(daily),
    garch: byPlace(garch(returns)),
  };
}

function exponential(values: readonly number[], decay: number): number[] {
  const start = values.slice(1, 51);
  let level = start.reduce((sum, one) => sum + one, 0) / Math.max(1, start.length);
  return values.map((value) => (level = decay * level + (1 - decay) * value));
}

/** GARCH(1,1) of daily returns (Bollerslev 1986) with variance targeting, by Gaussian likelihood over the last 1,000 days, anew every 60, on a grid that is refined. */
function garch(returns: readonly number[]): number[] {
  const out = returns.map(() => NaN);
  for (let from = 500; from < returns.length; from += GARCH_REFIT) {
    const past = returns.slice(Math.max(1, from - GARCH_WINDOW), from);
    const mean = past.reduce((sum, one) => sum + one * one, 0) / past.length;
    let [alpha, beta] = [0.05, 0.9];
    let best = -Infinity;
    for (let step = 0.03; step > 0.004; step /= 2) {
      const [a0, b0] = [alpha, beta];
      for (let i = -4; i <= 4; i++) {
        for (let k = -6; k <= 6; k++) {
          const [a, b] = [a0 + i * step, b0 + k * step];
          if (a < 0.005 || b < 0.3 || a + b > 0.998) continue;
          const found = likelihood(past, mean, a, b);
          if (found > best) [best, alpha, beta] = [found, a, b];
        }
      }
    }
    let variance = mean;
    for (const one of past) variance = mean * (1 - alpha - beta) + alpha * one * one + beta * variance;
    for (let t = from; t < Math.min(returns.length, from + GARCH_REFIT); t++) {
      variance = mean * (1 - alpha - beta) + alpha * (returns[t] as number) ** 2 + beta * variance;
      out[t] = variance;
    }
  }
  return out;
}

function likelihood(returns: readonly number[], mean: number, alpha: number, beta: number): number {
  let variance = mean;
  let sum = 0;
  for (const one of returns) {
    sum -= Math.log(variance) + (one * one) / variance;
    variance = mean * (1 - alpha - beta) + alpha * one * one + beta * variance;
  }
  return sum;
}
