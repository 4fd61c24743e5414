import type { MarketContext, ModelAnswer } from '@tickhub/plugin-sdk/host';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { STATE_BARS } from './agent-desk.ts';
import type { AgentReason, MarketState } from './agent-desk.ts';
import type { SeriesKey } from './archive/bar-archive.ts';

/** Below it no local model is sure enough to be left alone. */
export const SURE = 0.35;
/** A bar whose return is this many times the usual of the {@link USUAL_BARS} before it is a jump. */
export const JUMP = 4;
const USUAL_BARS = 48;

/** What agents are told of a market. The user's positions and account are no part of it. */
export function marketState({ symbol, widthMs }: SeriesKey, digits: number, bars: Bars, context: MarketContext): MarketState {
  const { spread, minutesToEvent, minutesSinceEvent, lastSurprise } = context;
  return {
    symbol,
    digits,
    widthMs,
    times: Array.from(bars.time.slice(-STATE_BARS)),
    closes: Array.from(bars.close.slice(-STATE_BARS)),
    features: {},
    context: { spread, minutesToEvent, minutesSinceEvent, lastSurprise },
  };
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
