/** What came of a forecast, from the bars that followed, and the losses it is held against. */
import { featureMatrix, featureSet } from '@tickhub/plugin-sdk/features';

/** Closed bars, oldest first: when each opened (Unix epoch milliseconds) and its close. */
export interface Closes {
  readonly widthMs: number;
  readonly times: readonly number[];
  readonly closes: readonly number[];
}

export interface Terms {
  readonly at: number;
  readonly horizonMs: number;
  readonly unit: string | null;
  readonly classes: readonly string[] | null;
}

/** `sigma`: realised volatility of the horizon, in the forecast's unit. `class`: what happened. */
export type Outcome = { readonly kind: 'sigma'; readonly sigma: number } | { readonly kind: 'class'; readonly name: string };

/** Units of a volatility that can be scored, and what a logarithmic return is in them. */
const RETURNS: Readonly<Record<string, number>> = { '%': 100, fraction: 1 };
const NOWCAST = 'slope_t_49';
const NOWCAST_SIDE = 24;
/** As the trend's question has it: below, the market ranges. */
const NOWCAST_EDGE = 6;

/** Whether such a forecast can be scored at all: a volatility in a known unit; up or down after the horizon; the state of the trend now. */
export function isScored({ horizonMs, unit, classes }: Omit<Terms, 'at'>): boolean {
  if (classes === null) return horizonMs > 0 && unit !== null && unit in RETURNS;
  return isUpDown(classes) ? horizonMs > 0 : isNowcast(classes) && horizonMs === 0;
}

/** What came of it; null where it is not known yet, or never will be from these bars. Horizons count bars, so a weekend is none. */
export function outcomeOf({ at, horizonMs, unit, classes }: Terms, { widthMs, times, closes }: Closes): Outcome | null {
  const base = times.indexOf(at - widthMs);
  if (base < 0) return null;
  if (classes !== null && isNowcast(classes)) return nowcastOf(base, times, closes);
  const bars = Math.round(horizonMs / widthMs);
  const path = closes.slice(base, base + bars + 1);
  if (bars < 1 || path.length <= bars) return null;
  if (classes !== null) {
    const [from, to] = [path[0] as number, path[bars] as number];
    return from === to ? null : { kind: 'class', name: to > from ? 'up' : 'down' };
  }
  const unitOf = RETURNS[unit ?? ''];
  if (unitOf === undefined) return null;
  let sum = 0;
  for (let i = 1; i < path.length; i++) sum += Math.log((path[i] as number) / (path[i - 1] as number)) ** 2;
  return { kind: 'sigma', sigma: unitOf * Math.sqrt(sum) };
}

/** QLIKE (Patton 2011) of a volatility forecast, both in the same unit: r - ln r - 1, r the ratio of the variances. A market that stood still has none. */
export function qlike(forecast: number, realised: number): number | null {
  if (!(forecast > 0) || !(realised > 0)) return null;
  const ratio = (realised / forecast) ** 2;
  return ratio - Math.log(ratio) - 1;
}

/** Probabilities are never taken for smaller in a logarithm, so that one certainty that fails is a large loss and not an infinite one. */
const LEAST_SHARE = 1e-4;

export function logLoss(probabilities: Readonly<Record<string, number>>, happened: string): number {
  return -Math.log(Math.max(LEAST_SHARE, probabilities[happened] ?? 0));
}

function isUpDown(classes: readonly string[]): boolean {
  return classes.length === 2 && classes.includes('up') && classes.includes('down');
}

function isNowcast(classes: readonly string[]): boolean {
  return classes.length === 3 && classes.includes('up') && classes.includes('down') && classes.includes('range');
}

/** The trend of the 49 bars around the moment: the slope's t-statistic, known when 24 more have closed. */
function nowcastOf(base: number, times: readonly number[], closes: readonly number[]): Outcome | null {
  const from = base - NOWCAST_SIDE;
  const to = base + NOWCAST_SIDE + 1;
  const { needs } = featureSet([NOWCAST]);
  if (from < 0 || to > times.length || needs > 2 * NOWCAST_SIDE + 1) return null;
  const close = Float64Array.from(closes.slice(from, to));
  const bars = {
    time: Float64Array.from(times.slice(from, to)),
    open: close,
    high: close,
    low: close,
    close,
    volume: new Float64Array(close.length),
  };
  const { values, rows } = featureMatrix(bars, [NOWCAST]);
  const t = values[rows - 1];
  if (t === undefined) return null;
  return { kind: 'class', name: Math.abs(t) < NOWCAST_EDGE ? 'range' : t > 0 ? 'up' : 'down' };
}
