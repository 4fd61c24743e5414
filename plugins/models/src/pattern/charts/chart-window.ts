import type { Bars } from '@tickhub/plugin-sdk/features';

/** Bars that the network sees, and numbers of each. */
export const WINDOW = 128;
export const CHANNELS = 5;
/** Standard deviations of a bar's return that count as 1 in the window: the move of 64 bars. */
const PRICE_UNIT = 8;
const PRICE_LIMIT = 8;
const VOLUME_LIMIT = 3;
/** A flat window has this standard deviation, and is all zeros. */
const LEAST_SIGMA = 1e-7;

/**
 * Writes the last {@link WINDOW} bars up to and with `end`, oldest first, each as open, high, low, close and volume. Free of scale: prices are logs of their
 * ratio to the last close over the standard deviation of the window's log returns; volume is the log of its ratio to the window's mean.
 * @param end index of the last bar, at least {@link WINDOW} - 1.
 * @param out `WINDOW * CHANNELS` numbers from `offset` on are written.
 */
export function writeChartWindow(bars: Bars, end: number, out: Float32Array, offset = 0): void {
  const start = end - WINDOW + 1;
  const reference = Math.log(bars.close[end] as number);
  let squares = 0;
  let volume = 0;
  let before = Math.log(bars.close[start] as number);
  for (let at = start; at <= end; at++) {
    const price = Math.log(bars.close[at] as number);
    squares += (price - before) ** 2;
    before = price;
    volume += (bars.volume[at] as number) + 1;
  }
  const unit = PRICE_UNIT * Math.max(LEAST_SIGMA, Math.sqrt(squares / (WINDOW - 1)));
  const usual = volume / WINDOW;
  let to = offset;
  for (let at = start; at <= end; at++) {
    for (const column of [bars.open, bars.high, bars.low, bars.close]) {
      out[to++] = limited((Math.log(column[at] as number) - reference) / unit, PRICE_LIMIT);
    }
    out[to++] = limited(Math.log(((bars.volume[at] as number) + 1) / usual), VOLUME_LIMIT);
  }
}

function limited(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** The largest price in a window, without its sign: how far the market went, in the window's own units. */
export function windowReach(window: Float32Array): number {
  let reach = 0;
  for (let i = 0; i < window.length; i++) if (i % CHANNELS !== CHANNELS - 1) reach = Math.max(reach, Math.abs(window[i] as number));
  return reach;
}
