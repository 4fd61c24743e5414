import { emptyBars } from './bars.ts';
import type { Bars } from './bars.ts';

const HOUR = 3_600_000;
const MONDAY = Date.UTC(2020, 0, 6);

/**
 * Bars of a market that walks, rests, jumps and closes at weekends, in whole points (1/100000) from a small integer generator, so that
 * `plugin-sdk/test/features/expected.py` makes the same ones. The numbers are Numerical Recipes' 32-bit linear congruential ones.
 */
export function walk(count: number, seed = 1): Bars {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * limit);
  };
  const bars = emptyBars(count);
  let time = MONDAY;
  let price = 110_000;
  for (let i = 0; i < count; i++) {
    // Some days move ten times as much as others, some hours not at all.
    const scale = Math.floor(i / 24) % 5 === 0 ? 300 : 30;
    const still = below(12) === 0;
    const open = price + (still ? 0 : below(7) - 3);
    const close = still ? open : Math.max(1_000, open + below(2 * scale + 1) - scale);
    const high = Math.max(open, close) + (still ? 0 : below(scale));
    const low = Math.min(open, close) - (still ? 0 : below(scale));
    bars.time[i] = time;
    bars.open[i] = open / 100_000;
    bars.high[i] = high / 100_000;
    bars.low[i] = low / 100_000;
    bars.close[i] = close / 100_000;
    bars.volume[i] = still ? 0 : below(5_000);
    price = close;
    time += i % 120 === 119 ? 49 * HOUR : HOUR;
  }
  return bars;
}
