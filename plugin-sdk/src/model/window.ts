import type { Bars } from '../features/bars.ts';
import type { WindowField, WindowInput } from '../manifest/model.ts';

/** Bars that a window looks at: returns need the close before the first one. */
export function barsOfWindow({ window, scaling }: WindowInput): number {
  return scaling === 'log-return' ? window + 1 : window;
}

/**
 * Writes a window as the model takes it. A function of its bars alone, summed in their order: the same live and in batch.
 * @param bars as many as {@link barsOfWindow} says.
 * @param out `window * fields` numbers.
 * @returns why there is no answer; null where all is well.
 */
export function writeWindow(input: WindowInput, bars: Bars, out: Float32Array | Float64Array): string | null {
  const { window, fields, layout } = input;
  for (const [column, field] of fields.entries()) {
    const scale = scalingOf(input, field, bars);
    if (typeof scale === 'string') return scale;
    const first = bars.time.length - window;
    for (let row = 0; row < window; row++) {
      out[layout === 'bars-first' ? row * fields.length + column : column * window + row] = scale(first + row);
    }
  }
  return null;
}

type Scale = (bar: number) => number;

const FLAT = 'the market did not move in the window, so that there is nothing to scale by';

function scalingOf({ scaling }: WindowInput, field: WindowField, bars: Bars): Scale | string {
  const values = bars[field];
  const isVolume = field === 'volume';
  if (scaling === 'raw') return (i) => values[i] as number;
  // A source without volumes gives zeros.
  const log: Scale = isVolume ? (i) => Math.log1p(values[i] as number) : (i) => Math.log(values[i] as number);
  const logClose: Scale = (i) => Math.log(bars.close[i] as number);
  const last = bars.time.length - 1;
  switch (scaling) {
    case 'log-return':
      return isVolume ? (i) => log(i) - log(i - 1) : (i) => log(i) - logClose(i - 1);
    case 'relative': {
      const end = isVolume ? log(last) : logClose(last);
      return (i) => log(i) - end;
    }
    case 'volatility': {
      const end = isVolume ? log(last) : logClose(last);
      if (isVolume) return (i) => log(i) - end;
      const { deviation } = spread((i) => logClose(i + 1) - logClose(i), last);
      return deviation > 0 ? (i) => (log(i) - end) / deviation : FLAT;
    }
    case 'z-score': {
      const value: Scale = isVolume ? log : (i) => values[i] as number;
      const { mean, deviation } = spread(value, last + 1);
      if (deviation > 0) return (i) => (value(i) - mean) / deviation;
      return isVolume ? () => 0 : FLAT;
    }
  }
}

/** Mean and standard deviation of the population, in two passes. */
function spread(value: Scale, count: number): { mean: number; deviation: number } {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (value(i) - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / count) };
}
