import type { Bars } from '@tickhub/plugin-sdk/features';
import { LAST_LAG, patternsSoFar, POINTS, RULE_BARS, sigmaAt } from '../../../plugins/models/src/pattern/charts/causal.ts';
import { extremaWithHindsight, RADIUS } from '../../../plugins/models/src/pattern/charts/extrema.ts';
import type { Extremum } from '../../../plugins/models/src/pattern/charts/extrema.ts';
import { patternAtEnd } from '../../../plugins/models/src/pattern/charts/rules.ts';
import type { ChartPattern } from '../../../plugins/models/src/pattern/charts/rules.ts';

/** A pattern is complete on the bar after its last turning point, and is the label from there on. */
const FIRST_LAG = 1;
/** A label knows so many bars after its own: the last turning point's neighbour with its kernel. */
export const LABEL_HORIZON = 1 + 1 + RADIUS - FIRST_LAG;

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
    const [found] = patternsSoFar(prices.subarray(first, bar + 1), [lag]);
    return found === undefined || found === null ? null : { ...found, start: found.start + first, end: found.end + first };
  });
}
