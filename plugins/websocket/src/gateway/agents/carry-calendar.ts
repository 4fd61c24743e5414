import type { AgentRequest } from '@tickhub/plugin-sdk';
import type { Forecaster } from './agent.ts';
import { directionForecast, directionQuestions, volatilityForecast, volatilityQuestions } from './questions.ts';
import type { ToldRecords } from './told-records.ts';

/** A market is this much more volatile over a horizon with a high-impact release in it, and this much less over one without. Rules of thumb, not fitted. */
const WITH_EVENT = 1.12;
const WITHOUT_EVENT = 0.97;
const MINUTE_MS = 60_000;
const YEAR_MS = 365.25 * 86_400_000;
/** A policy rate that was told of longer ago may have changed. */
const STALE_RATE_MS = 120 * 86_400_000;
/** No carry says more of a day than this. */
const MOST_LEAN = 0.02;

/**
 * Two rules. Volatility: the level of the last week, raised where a high-impact release falls into the horizon. Direction: over its horizon a currency pair is expected to earn its carry, the difference of
 * the two policy rates, which it knows from the rate decisions in the calendar that the user's host delivers; against a day's volatility that is next to nothing, and the probability says so.
 */
export const carryCalendar: Forecaster = {
  id: 'carry-calendar',
  version: '1.0.0',
  about: 'volatility raised by releases ahead; direction by the carry of policy rates',
  forecast(request, told) {
    const { features, context } = request.market;
    const week = features['logrv_120'];
    if (week === undefined) return 'the question has no level of volatility';
    const { minutesToEvent } = context;
    const volatilities =
      minutesToEvent === null
        ? []
        : volatilityQuestions(request).map(({ local, bars, unitOf }) => {
            const factor = minutesToEvent * MINUTE_MS <= local.horizonMs ? WITH_EVENT : WITHOUT_EVENT;
            return volatilityForecast(local, factor * unitOf * Math.sqrt(bars * Math.exp(week)), 0.4);
          });
    const carry = carryOf(request, told);
    const directions =
      carry === null
        ? []
        : directionQuestions(request).map((local) => {
            const bars = Math.max(1, local.horizonMs / request.market.widthMs);
            const drift = (carry / 100) * (local.horizonMs / YEAR_MS);
            return directionForecast(local, 0.5 + lean(drift / Math.sqrt(bars * Math.exp(week))), 0.1);
          });
    const forecasts = [...volatilities, ...directions];
    return forecasts.length === 0 ? 'it knows of no releases and of no policy rates of this symbol' : forecasts;
  },
};

/** Percent a year that the holder of the pair earns; null where one of the rates is not known, or old. */
function carryOf({ market: { symbol }, at }: AgentRequest, told: ToldRecords): number | null {
  if (!/^[A-Z]{6}$/.test(symbol)) return null;
  const [base, quote] = [told.rate(symbol.slice(0, 3)), told.rate(symbol.slice(3))];
  if (base === null || quote === null || at - Math.min(base.at, quote.at) > STALE_RATE_MS) return null;
  return base.rate - quote.rate;
}

/** Of a normal distribution: P(up) - 1/2 for a drift of so many standard deviations, near 0. */
function lean(deviations: number): number {
  return Math.min(MOST_LEAN, Math.max(-MOST_LEAN, deviations / Math.sqrt(2 * Math.PI)));
}
