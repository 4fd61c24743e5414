import { bootstrap } from './metrics/index.ts';

const WEEK = 7 * 86_400_000;
/** Weeks that stay together in a resample: patterns take up to 120 hours and overlap, and markets share their weeks. */
const BLOCK_WEEKS = 2;

/** Bars of all symbols: what was there with hindsight, and what each way of calling it said. Classes from 0 (none). */
export interface CalledBars {
  readonly classes: number;
  /** Unix milliseconds. */
  readonly time: readonly number[];
  /** Which symbol a bar is of: a run of one class ends where this changes. */
  readonly symbol: readonly string[];
  readonly truth: readonly number[];
}

/** Hits, times called and times there, by class, of every week. */
interface Counts {
  readonly weeks: number;
  readonly hits: Float64Array;
  readonly called: Float64Array;
  readonly there: Float64Array;
}

function countByWeek({ classes, time, truth }: CalledBars, calls: readonly number[]): Counts {
  const first = Math.floor((time[0] ?? 0) / WEEK);
  const starts = time.map((at) => Math.floor(at / WEEK) - first);
  const least = starts.reduce((low, week) => Math.min(low, week), Infinity);
  const weeks = starts.reduce((high, week) => Math.max(high, week), 0) - least + 1;
  const [hits, called, there] = [0, 1, 2].map(() => new Float64Array(weeks * classes)) as [Float64Array, Float64Array, Float64Array];
  const add = (to: Float64Array, place: number): void => {
    to[place] = (to[place] as number) + 1;
  };
  calls.forEach((call, i) => {
    const row = ((starts[i] as number) - least) * classes;
    add(called, row + call);
    add(there, row + (truth[i] as number));
    if (call === truth[i]) add(hits, row + call);
  });
  return { weeks, hits, called, there };
}

function f1Of({ weeks, hits, called, there }: Counts, classes: number, places?: Int32Array): number[] {
  return Array.from({ length: classes }, (_, k) => {
    let [hit, all] = [0, 0];
    for (let i = 0; i < weeks; i++) {
      const at = (places === undefined ? i : (places[i] as number)) * classes + k;
      hit += hits[at] as number;
      all += (called[at] as number) + (there[at] as number);
    }
    return all === 0 ? 0 : (2 * hit) / all;
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export interface BarScore {
  readonly f1: readonly number[];
  readonly macro: { readonly mean: number; readonly se: number };
}

/** F1 of every class by bars, and their mean with a standard error from blocks of weeks. */
export function scoreBars(bars: CalledBars, calls: readonly number[]): BarScore {
  const counts = countByWeek(bars, calls);
  const f1 = f1Of(counts, bars.classes);
  const se = bootstrap(counts.weeks, BLOCK_WEEKS, (places) => meanOf(f1Of(counts, bars.classes, places)));
  return { f1, macro: { mean: meanOf(f1), se } };
}

/** By how much the macro F1 of `calls` is above that of `others`, in the same weeks. */
export function scoreDifference(bars: CalledBars, calls: readonly number[], others: readonly number[]): BarScore['macro'] {
  const [mine, theirs] = [countByWeek(bars, calls), countByWeek(bars, others)];
  const difference = (places?: Int32Array): number => meanOf(f1Of(mine, bars.classes, places)) - meanOf(f1Of(theirs, bars.classes, places));
  return { mean: difference(), se: bootstrap(mine.weeks, BLOCK_WEEKS, difference) };
}

/** Where runs of one class other than none begin and end (not included). */
export function runsOf(
  { symbol }: CalledBars,
  calls: readonly number[],
): { readonly from: number; readonly to: number; readonly call: number }[] {
  const runs: { from: number; to: number; call: number }[] = [];
  for (let from = 0; from < calls.length;) {
    let to = from + 1;
    while (to < calls.length && calls[to] === calls[from] && symbol[to] === symbol[from]) to++;
    if (calls[from] !== 0) runs.push({ from, to, call: calls[from] as number });
    from = to;
  }
  return runs;
}

/** F1 by events, of every class but none: a run is found where one of its bars is called so, and a called run is right where one of its bars is so. */
export function scoreEvents(bars: CalledBars, calls: readonly number[]): number[] {
  const share = (of: readonly number[], among: readonly number[], k: number): number => {
    const runs = runsOf(bars, of).filter(({ call }) => call === k);
    const met = runs.filter(({ from, to }) => among.slice(from, to).includes(k));
    return runs.length === 0 ? 0 : met.length / runs.length;
  };
  return Array.from({ length: bars.classes - 1 }, (_, i) => {
    const [recall, precision] = [share(bars.truth, calls, i + 1), share(calls, bars.truth, i + 1)];
    return recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
  });
}
