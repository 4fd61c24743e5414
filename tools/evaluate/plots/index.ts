/** Plots of the cards, as SVG text that reads in light and in dark. */
import type { ReliabilityBin } from '../metrics/index.ts';
import { linearAxis, logAxis, timeAxis } from './axes.ts';
import { Frame } from './frame.ts';

const share = (value: number): string => `${Math.round(value * 100)} %`;
const sigma = (value: number): string => `${Number((value * 100).toPrecision(2))} %`;

/** What was said against what came, a dot for each bin, its area by the bin's cases; on the dashed line it was right. */
export function reliabilityPlot(
  title: string,
  series: readonly { readonly label: string; readonly bins: readonly ReliabilityBin[] }[],
): string {
  const frame = new Frame(title, linearAxis('said', 0, 1, share, 5), linearAxis('came', 0, 1, share, 5));
  frame.line('guide', [
    [0, 0],
    [1, 1],
  ]);
  const inks = ['blue', 'orange', 'red'] as const;
  series.forEach(({ label, bins }, i) => {
    const ink = inks[i % inks.length] as (typeof inks)[number];
    const most = Math.max(...bins.map(({ count }) => count));
    frame.line(
      ink,
      bins.map(({ said, came }) => [said, came] as const),
    );
    frame.dots(
      ink,
      bins.map(({ said, came, count }) => [said, came, 2 + 7 * Math.sqrt(count / most)] as const),
      label,
    );
  });
  return frame.toString();
}

export interface BreachSeries {
  /** Unix milliseconds, rising. */
  readonly time: ArrayLike<number>;
  /** Returns, and the value at risk of each period as a return; `upper` where both tails are drawn. */
  readonly outcome: ArrayLike<number>;
  readonly lower: ArrayLike<number>;
  readonly upper?: ArrayLike<number>;
}

/** Outcomes over time, the value at risk that was said before, and where it was breached. */
export function breachPlot(title: string, { time, outcome, lower, upper }: BreachSeries): string {
  const n = time.length;
  const places = Array.from({ length: n }, (_, i) => i);
  const at = (column: ArrayLike<number>, i: number): number => column[i] as number;
  const extreme = 1.05 * Math.max(...places.flatMap((i) => [outcome, lower, upper ?? lower].map((column) => Math.abs(at(column, i)))));
  const y = linearAxis('return over the horizon', -extreme, extreme, (value) => `${Number((value * 100).toPrecision(2))} %`);
  const breached = places.filter((i) => at(outcome, i) < at(lower, i) || (upper !== undefined && at(outcome, i) > at(upper, i)));
  const kept = places.filter((i) => !breached.includes(i));
  const frame = new Frame(title, timeAxis(at(time, 0), at(time, n - 1)), y);
  frame.dots(
    'faint',
    kept.map((i) => [at(time, i), at(outcome, i)] as const),
    'outcome',
    1.6,
  );
  frame.line(
    'blue',
    places.map((i) => [at(time, i), at(lower, i)] as const),
    'value at risk',
  );
  if (upper !== undefined)
    frame.line(
      'blue',
      places.map((i) => [at(time, i), at(upper, i)] as const),
    );
  return frame
    .dots(
      'red',
      breached.map((i) => [at(time, i), at(outcome, i)] as const),
      'breach',
      3,
    )
    .toString();
}

/** Realised against forecast volatility on logarithmic axes: dots, and the mean of the realised in twenty bins of equal count of the forecast. */
export function forecastPlot(title: string, forecast: ArrayLike<number>, realised: ArrayLike<number>, mostDots = 1_500): string {
  const pairs = Array.from(forecast, (said, i) => [said, realised[i] as number] as const).sort(([a], [b]) => a - b);
  const logs = pairs.flatMap(([said, came]) => [Math.log10(said), Math.log10(came)]).sort((a, b) => a - b);
  const [from, to] = [0.002, 0.998].map((q) => logs[Math.floor(q * (logs.length - 1))] as number) as [number, number];
  const frame = new Frame(title, logAxis('forecast volatility', from, to, sigma), logAxis('realised', from, to, sigma));
  const every = Math.max(1, Math.ceil(pairs.length / mostDots));
  frame.dots(
    'faint',
    pairs.filter((_, i) => i % every === 0).map(([said, came]) => [Math.log10(said), Math.log10(came)] as const),
    'a day',
    1.6,
  );
  frame.line('guide', [
    [from, from],
    [to, to],
  ]);
  const size = pairs.length / 20;
  const bins = Array.from({ length: 20 }, (_, i) => pairs.slice(Math.round(i * size), Math.round((i + 1) * size))).filter(
    (bin) => bin.length > 0,
  );
  // Variances are what is forecast: their means are taken, and shown as volatilities.
  const level = (bin: typeof pairs, side: 0 | 1): number =>
    Math.log10(Math.sqrt(bin.reduce((sum, pair) => sum + pair[side] ** 2, 0) / bin.length));
  return frame
    .dots(
      'orange',
      bins.map((bin) => [level(bin, 0), level(bin, 1)] as const),
      'mean of a twentieth',
      4.5,
    )
    .toString();
}

/** Forecast and outcome of the same periods over time, in percent. */
export function timelinePlot(title: string, time: ArrayLike<number>, forecast: ArrayLike<number>, realised: ArrayLike<number>): string {
  const points = (column: ArrayLike<number>): (readonly [number, number])[] =>
    Array.from(time, (at, i) => [at, column[i] as number] as const);
  const most = Math.max(...Array.from(forecast), ...Array.from(realised));
  const frame = new Frame(
    title,
    timeAxis(time[0] as number, time[time.length - 1] as number),
    linearAxis('volatility', 0, most * 1.03, sigma),
  );
  return frame.dots('faint', points(realised), 'realised', 1.8).line('blue', points(forecast), 'forecast').toString();
}
