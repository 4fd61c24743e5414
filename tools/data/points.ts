import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';

/** Bars with prices in whole points, as integers: what both the originals and the packed files hold. `time` is Unix epoch milliseconds, UTC. */
export type PointBars = Bars;

/** Prices in the quote currency: points over a power of ten, which is the double nearest to the decimal price. */
export function fromPoints(points: PointBars, digits: number): Bars {
  const unit = 10 ** digits;
  const bars = emptyBars(points.time.length);
  bars.time.set(points.time);
  bars.volume.set(points.volume);
  for (const name of ['open', 'high', 'low', 'close'] as const) {
    points[name].forEach((price, i) => {
      bars[name][i] = price / unit;
    });
  }
  return bars;
}
