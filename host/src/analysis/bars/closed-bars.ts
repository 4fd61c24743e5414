import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import type { ClosedBar } from './wide-bars.ts';

/** Bars one by one, as columns; the volume counts ticks. */
export function barsOf(list: readonly Omit<ClosedBar, 'whole'>[]): Bars {
  const bars = emptyBars(list.length);
  list.forEach((bar, i) => {
    bars.time[i] = bar.time;
    bars.open[i] = bar.open;
    bars.high[i] = bar.high;
    bars.low[i] = bar.low;
    bars.close[i] = bar.close;
    bars.volume[i] = bar.ticks;
  });
  return bars;
}
