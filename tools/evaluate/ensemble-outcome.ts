import type { Bars } from '@tickhub/plugin-sdk/features';
import { trendState } from './trend-labels.ts';

const HORIZON = 24;

/** What came after one bar. */
export interface Outcome {
  /** Sum of the squared log returns of the next 24 bars. */
  readonly variance: number;
  /** 0 down, 1 range, 2 up, by the slope of the 49 bars around it. */
  readonly state: 0 | 1 | 2;
  /** The log distance of the farthest high or low of the next 24 bars. */
  readonly farthest: number;
  /** The log distance of the close 24 bars later. */
  readonly move: number;
}

/** Null where the bars that it takes are not all there, and where nothing moved at all. */
export function outcomeOf(bars: Bars, place: number): Outcome | null {
  const state = trendState(bars, place);
  const { close, high, low } = bars;
  const last = close[place + HORIZON];
  if (state === null || last === undefined) return null;
  const now = close[place] as number;
  let variance = 0;
  let farthest = 0;
  for (let i = place + 1; i <= place + HORIZON; i++) {
    variance += Math.log((close[i] as number) / (close[i - 1] as number)) ** 2;
    farthest = Math.max(farthest, Math.log((high[i] as number) / now), Math.log(now / (low[i] as number)));
  }
  return variance > 0 ? { variance, state, farthest, move: Math.abs(Math.log(last / now)) } : null;
}
