import type { AgentRequest } from '@tickhub/plugin-sdk';
import type { Forecaster } from './agent.ts';
import { garchForecast } from './garch.ts';
import { HAR } from './har-coefficients.ts';
import { volatilityForecast, volatilityQuestions } from './questions.ts';

const LEAST_RETURNS = 60;
const EWMA = 0.97;

/**
 * Volatility of the horizon by three models of its own, met in their geometric mean: HAR (Corsi 2009) on the log variances of a day, a week and four weeks; GARCH(1,1) on the closes of the
 * question; RiskMetrics' exponential mean. All are functions of the question: it remembers nothing.
 */
export const harGarchBench: Forecaster = {
  id: 'har-garch-bench',
  version: '1.0.0',
  about: 'volatility by HAR, GARCH(1,1) and EWMA, in their geometric mean',
  forecast(request) {
    const variances = benchOf(request);
    if (variances === null) return `fewer than ${LEAST_RETURNS} returns, or no level of four weeks, in the question`;
    const forecasts = volatilityQuestions(request).map(({ local, bars, unitOf }) =>
      volatilityForecast(local, unitOf * Math.sqrt(bars * geometricMean(variances(bars))), 0.6),
    );
    return forecasts.length === 0 ? 'no volatility was asked' : forecasts;
  },
};

/** The models' variances a bar, by horizon in bars; null where the question holds too little. */
function benchOf({ market }: AgentRequest): ((bars: number) => number[]) | null {
  const { closes, features } = market;
  const [day, week, month] = [features['logrv_24'], features['logrv_120'], features['logrv_480']];
  const returns = closes.slice(1).map((close, i) => Math.log(close / (closes[i] as number)));
  if (day === undefined || week === undefined || month === undefined || returns.length < LEAST_RETURNS) return null;
  const longRun = Math.exp(month);
  const har = Math.exp(HAR.constant + HAR.day * day + HAR.week * week + HAR.month * month);
  let ewma = longRun;
  for (const one of returns) ewma = EWMA * ewma + (1 - EWMA) * one * one;
  return (bars) => [har, garchForecast(returns, longRun, bars), Math.max(ewma, longRun / 100)];
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
