import { STATE_BARS } from '@tickhub/plugin-sdk/host';
import type { MarketContext, MarketState, ModelAnswer } from '@tickhub/plugin-sdk/host';
import { featureMatrix, featureSet, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import type { AgentReason } from './agent-desk.ts';
import type { SeriesKey } from './archive/bar-archive.ts';

/** Below it no local model is sure enough to be left alone. */
export const SURE = 0.35;
/** A bar whose return is this many times the usual of the {@link USUAL_BARS} before it is a jump. */
export const JUMP = 4;
const USUAL_BARS = 48;
/** Volatility in several windows, ranges, momentum and direction, and the time: enough to know what kind of market it is. */
const TOLD_FEATURES = [
  'logrv_24',
  'logrv_120',
  'logrv_480',
  'logpark_24',
  'rv_24',
  'mom_24',
  'mom_120',
  'slope_t_49',
  'er_24',
  'hour_sin',
  'hour_cos',
];

/** What agents are told of a market. The user's positions and account are no part of it. */
export function marketState({ symbol, widthMs }: SeriesKey, digits: number, bars: Bars, context: MarketContext): MarketState {
  const { spread, minutesToEvent, minutesSinceEvent, lastSurprise } = context;
  return {
    symbol,
    digits,
    widthMs,
    times: Array.from(bars.time.slice(-STATE_BARS)),
    closes: Array.from(bars.close.slice(-STATE_BARS)),
    features: featuresOf(bars),
    context: { spread, minutesToEvent, minutesSinceEvent, lastSurprise },
  };
}

/** The named features as of the last bar, those that have bars enough. */
function featuresOf(bars: Bars): Record<string, number> {
  const count = bars.time.length;
  const names = TOLD_FEATURES.filter((name) => featureSet([name]).needs <= count);
  if (names.length === 0) return {};
  const { needs } = featureSet(names);
  const { values, rows } = featureMatrix(sliceBars(bars, count - needs), names);
  return Object.fromEntries(names.map((name, i) => [name, values[(rows - 1) * names.length + i] as number]));
}

/** Why agents should be asked; null where the local answers do. */
export function reasonToAsk(answers: readonly ModelAnswer[], bars: Bars): AgentReason | null {
  if (hasJumped(bars)) return 'volatility';
  const sure = answers.filter(({ abstained }) => abstained === null).map(({ confidence }) => confidence);
  return sure.length > 0 && Math.max(...sure) < SURE ? 'confidence' : null;
}

/** Whether the last return is far beyond the root mean square of those before it. */
function hasJumped({ close }: Bars): boolean {
  if (close.length < USUAL_BARS + 2) return false;
  const returns = Array.from(close.slice(-USUAL_BARS - 2))
    .map((price, i, all) => (i === 0 ? 0 : Math.log(price / (all[i - 1] as number))))
    .slice(1);
  const last = returns.pop() ?? 0;
  const usual = Math.sqrt(returns.reduce((sum, one) => sum + one * one, 0) / returns.length);
  return usual > 0 && Math.abs(last) > JUMP * usual;
}
