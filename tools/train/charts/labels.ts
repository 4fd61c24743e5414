import type { Bars } from '@tickhub/plugin-sdk/features';
import { FIRST_LAG, LAST_LAG, POINTS, RULE_BARS, sigmaAt } from '../../../plugins/models/src/pattern/charts/completion.ts';
import { FUTURE_BARS } from '../../../plugins/models/src/pattern/charts/expected-moves.ts';
import { extremaWithHindsight, smoothed, turningPoint } from '../../../plugins/models/src/pattern/charts/extrema.ts';
import type { Extremum } from '../../../plugins/models/src/pattern/charts/extrema.ts';
import { patternAtEnd } from '../../../plugins/models/src/pattern/charts/rules.ts';
import type { ChartPattern } from '../../../plugins/models/src/pattern/charts/rules.ts';

/** A label knows so many bars after its own: the last turning point's neighbour with its kernel. */
export const LABEL_HORIZON = FUTURE_BARS;

/** For every bar the pattern that is complete there, or null. */
export type ChartLabels = readonly (ChartPattern | null)[];

/** What the bars were, with hindsight. */
export function labelsWithHindsight(bars: Bars): ChartLabels {
  const prices = bars.close.map(Math.log);
  const labels = Array.from({ length: prices.length }, (): ChartPattern | null => null);
  const points = extremaWithHindsight(prices);
  for (let last = POINTS - 1; last < points.length; last++) {
    const { at } = points[last] as Extremum;
    const found = patternAtEnd(points.slice(last - POINTS + 1, last + 1), sigmaAt(prices, at));
    // A later pattern takes the place of an earlier one, and so does a later turning point without one.
    for (let bar = at + FIRST_LAG; bar <= Math.min(at + LAST_LAG, prices.length - 1); bar++) labels[bar] = found;
  }
  return labels;
}

/**
 * The same rules as one would have run them: at every bar from the bars so far only.
 * @param lag how long after it a turning point is believed, bars.
 */
export function labelsSoFar(bars: Bars, lag: number): ChartLabels {
  const prices = bars.close.map(Math.log);
  return Array.from({ length: prices.length }, (_, bar) => {
    const first = bar - RULE_BARS + 1;
    if (first < 0) return null;
    const found = patternSoFar(prices.subarray(first, bar + 1), lag);
    return found === null ? null : { ...found, start: found.start + first, end: found.end + first };
  });
}

/**
 * The pattern that is complete at the last of these closes as far as they tell: the kernel is one-sided at the end.
 * @param prices {@link RULE_BARS} log closes, oldest first.
 * @param lag how long after it a turning point is believed, bars.
 * @returns a pattern whose places are those in `prices`.
 */
function patternSoFar(prices: Float64Array, lag: number): ChartPattern | null {
  const end = prices.length - 1;
  const points: Extremum[] = [];
  let [before, here] = [smoothed(prices, 0, end), smoothed(prices, 1, end)];
  for (let at = 1; at < end; at++) {
    const after = smoothed(prices, at + 1, end);
    const point = turningPoint(prices, at, end, [before, here, after]);
    if (point !== null) points.push(point);
    [before, here] = [here, after];
  }
  const believed = points.filter(({ at }) => end - at >= lag).slice(-POINTS);
  const last = believed.at(-1);
  if (last === undefined || believed.length < POINTS || end - last.at > LAST_LAG) return null;
  return patternAtEnd(believed, sigmaAt(prices, last.at));
}
