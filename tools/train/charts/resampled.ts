import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';

/** Hours that stay together: volatility and its daily round survive, and every chart is one that never was. */
const BLOCK = 48;
const START = 100;

/**
 * Bars made of blocks of real ones in random order (a block bootstrap of markets): each bar keeps its open, high, low and close against the close before, in
 * units of its market's mean volatility. The rules label them as they label any bars, so that a network sees far more patterns than the years had.
 * @param markets bars of the training years only.
 * @param random gives numbers from 0 to 1.
 */
export function resampledBars(markets: readonly Bars[], count: number, random: () => number): Bars {
  const scales = markets.map(scaleOf);
  const usual = 0.001;
  const out = emptyBars(count);
  let close = START;
  for (let at = 0; at < count;) {
    const which = Math.floor(random() * markets.length);
    const market = markets[which] as Bars;
    const { sigma, volume } = scales[which] as { sigma: number; volume: number };
    const from = 1 + Math.floor(random() * (market.time.length - BLOCK - 1));
    const upsideDown = random() < 0.5 ? -1 : 1;
    for (let i = from; i < from + BLOCK && at < count; i++, at++) {
      const before = close;
      const moved = (price: number): number =>
        before * Math.exp((upsideDown * Math.log(price / (market.close[i - 1] as number)) * usual) / sigma);
      const [open, high, low] = [moved(market.open[i] as number), moved(market.high[i] as number), moved(market.low[i] as number)];
      close = moved(market.close[i] as number);
      out.time[at] = at * 3_600_000;
      out.open[at] = open;
      out.high[at] = Math.max(high, low);
      out.low[at] = Math.min(high, low);
      out.close[at] = close;
      out.volume[at] = (market.volume[i] as number) / volume;
    }
  }
  return out;
}

function scaleOf({ close, volume }: Bars): { sigma: number; volume: number } {
  let squares = 0;
  for (let i = 1; i < close.length; i++) squares += Math.log((close[i] as number) / (close[i - 1] as number)) ** 2;
  // Tick counts of a thousand, as an hour has: the window adds 1 to each. EURUSD's source has none.
  return {
    sigma: Math.sqrt(squares / (close.length - 1)),
    volume: Math.max(1e-9, volume.reduce((sum, v) => sum + v, 0) / volume.length / 1_000),
  };
}
