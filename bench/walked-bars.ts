import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';

const HOUR_MS = 3_600_000;

/** Hourly bars of a random walk whose volatility clusters, the same for the same seed: for timing, not for judging forecasts. */
export function walkedBars(count: number, seed: number): Bars {
  const random = generator(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const bars = emptyBars(count);
  let close = 1.1;
  let variance = 1e-6;
  for (let i = 0; i < count; i++) {
    const shock = Math.sqrt(variance) * normal();
    const open = close;
    close = open * Math.exp(shock);
    const reach = 1 + Math.abs(shock) * random() * 0.5;
    bars.time[i] = Date.UTC(2024, 0, 1) + i * HOUR_MS;
    bars.open[i] = open;
    bars.high[i] = Math.max(open, close) * reach;
    bars.low[i] = Math.min(open, close) / reach;
    bars.close[i] = close;
    bars.volume[i] = 500 + Math.floor(random() * 4_000);
    variance = 0.5e-7 + 0.05 * shock * shock + 0.9 * variance;
  }
  return bars;
}

/** Mulberry32: 32 bits of state, enough for a walk. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
