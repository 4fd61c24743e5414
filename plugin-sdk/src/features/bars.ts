/**
 * Closed bars of one symbol and one width, oldest first, as columns of one length. Prices are in the quote currency (bid where a source has both sides);
 * `volume` counts ticks. Bars without a tick do not exist: a weekend is a step in `time`.
 */
export interface Bars {
  /** When each bar opened, Unix epoch milliseconds, UTC, strictly rising. */
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** Columns of {@link Bars}, in the order in which files and messages have them. */
export const BAR_COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/** Columns for `count` bars, to be filled. */
export function emptyBars(count: number): Bars {
  return {
    time: new Float64Array(count),
    open: new Float64Array(count),
    high: new Float64Array(count),
    low: new Float64Array(count),
    close: new Float64Array(count),
    volume: new Float64Array(count),
  };
}

/** A view of the bars from `start` up to but without `end`, as `subarray` counts. Nothing is copied. */
export function sliceBars(bars: Bars, start: number, end?: number): Bars {
  return {
    time: bars.time.subarray(start, end),
    open: bars.open.subarray(start, end),
    high: bars.high.subarray(start, end),
    low: bars.low.subarray(start, end),
    close: bars.close.subarray(start, end),
    volume: bars.volume.subarray(start, end),
  };
}
