import type { DailySymbol } from './daily-forecasts.ts';
import { outcomeOf } from './daily-forecasts.ts';
import { riskMetricsOf } from './volatility-baselines.ts';

const WINDOW = 500;
/** Density and quantile of the standard normal at the levels, to ten digits. */
const NORMAL: Readonly<Record<number, { quantile: number; density: number }>> = {
  0.01: { quantile: -2.326347874, density: 0.0266521422 },
  0.025: { quantile: -1.9599639845, density: 0.0584450702 },
  0.05: { quantile: -1.644853627, density: 0.1031356404 },
};

/** Moves against the holder: both below 0. */
export interface TailForecast {
  readonly valueAtRisk: number;
  readonly expectedShortfall: number;
}

export const RISK_BASELINES = ['historical simulation', 'EWMA and normal', 'FHS on EWMA'] as const;
export type RiskBaseline = (typeof RISK_BASELINES)[number];

/** By place of the day, for one level and side; nothing where there are fewer than 250 days before. */
export function tailBaselines(daily: DailySymbol, level: number, side: 'long' | 'short'): Record<RiskBaseline, Map<number, TailForecast>> {
  const riskMetrics = riskMetricsOf(daily);
  const sign = side === 'long' ? 1 : -1;
  const days = daily.days.flatMap((place) => {
    const variance = riskMetrics.get(place);
    return variance === undefined ? [] : [{ place, sigma: Math.sqrt(variance), move: sign * (outcomeOf(daily, place)?.move ?? NaN) }];
  });
  const out = Object.fromEntries(RISK_BASELINES.map((name) => [name, new Map<number, TailForecast>()])) as Record<
    RiskBaseline,
    Map<number, TailForecast>
  >;
  const { quantile, density } = NORMAL[level] as (typeof NORMAL)[number];
  days.forEach(({ place, sigma }, k) => {
    // The day before ended at this close or, after a holiday, later than it: what is not known is left out.
    const known = days
      .slice(Math.max(0, k - WINDOW - 1), k)
      .filter((day) => day.place + 24 <= place)
      .slice(-WINDOW);
    if (known.length < WINDOW / 2) return;
    out['EWMA and normal'].set(place, { valueAtRisk: sigma * quantile, expectedShortfall: (-sigma * density) / level });
    out['historical simulation'].set(
      place,
      worst(
        known.map(({ move }) => move),
        level,
        1,
      ),
    );
    out['FHS on EWMA'].set(
      place,
      worst(
        known.map((day) => day.move / day.sigma),
        level,
        sigma,
      ),
    );
  });
  return out;
}

/** The k-th worst, k = floor(level x n), and the mean of the k worst, times a scale. */
function worst(moves: number[], level: number, scale: number): TailForecast {
  moves.sort((a, b) => a - b);
  const tail = moves.slice(0, Math.max(1, Math.floor(level * moves.length)));
  return {
    valueAtRisk: scale * (tail.at(-1) as number),
    expectedShortfall: (scale * tail.reduce((sum, one) => sum + one, 0)) / tail.length,
  };
}
