import { BAR_COLUMNS, emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BarSeries, KEPT_BARS } from './bar-series.ts';

const HOUR = 3_600_000;

function rising(count: number): ReturnType<typeof emptyBars> {
  const bars = emptyBars(count);
  for (let i = 0; i < count; i++) {
    bars.time[i] = i * HOUR;
    bars.volume[i] = i;
    for (const [k, name] of (['low', 'open', 'close', 'high'] as const).entries()) bars[name][i] = 10 + i + k / 10;
  }
  return bars;
}

it('a series gives its last bars, and where they lie, however often its ring has come round', () => {
  const bars = rising(2_600);
  const asked = fc.integer({ min: 0, max: KEPT_BARS + 5 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_600 }), asked, (count, last) => {
      const series = new BarSeries('EURUSD', 5, HOUR);
      series.append(sliceBars(bars, 0, count));
      const kept = Math.min(count, last, KEPT_BARS);
      const found = series.last(last);
      for (const column of BAR_COLUMNS) expect(found[column]).toEqual(bars[column].slice(count - kept, count));
      const [from, to] = kept === 0 ? [0, 0] : [(count - kept) * HOUR, (count - 1) * HOUR];
      expect(series.span(last)).toEqual({ from, to, count: kept });
    }),
    { numRuns: 20 },
  );
});

it('bars that are known are passed over', () => {
  const series = new BarSeries('EURUSD', 5, HOUR);
  const bars = rising(3);
  series.append(bars);
  expect([series.push(bars, 2), series.count, series.closedAt]).toEqual([false, 3, 3 * HOUR]);
});
