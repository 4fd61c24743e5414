/** Rows of a file as columns that are used again for the next block. Row i is in the bytes `[start[i], end[i])` of the chunk it was read from, newline included. */
export interface RowColumns {
  count: number;
  readonly capacity: number;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

/** Ticks. `time` is as the file has it: epoch milliseconds, or the source's wall clock coded as such. `flags` are MetaTrader's bits (2 to 64). */
export interface FileTicks extends RowColumns {
  readonly time: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  /** Price of the last trade; 0 where there is none. */
  readonly last: Float64Array;
  /** Of the last trade. */
  readonly volume: Float64Array;
  readonly flags: Uint16Array;
  /** Whether the file has flags; else they say which cells are filled. */
  readonly flagged: boolean;
}

/** Bars. `time` is when the bar opened, as the file has it; prices are of the bid, as MetaTrader draws them. */
export interface FileBars extends RowColumns {
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly ticks: Float64Array;
  readonly volume: Float64Array;
  /** In points. */
  readonly spread: Float64Array;
}

const f64 = (capacity: number): Float64Array => new Float64Array(capacity);

function rowColumns(capacity: number): RowColumns {
  return { count: 0, capacity, start: new Uint32Array(capacity), end: new Uint32Array(capacity) };
}

export function fileTicks(capacity: number, flagged = false): FileTicks {
  return {
    ...rowColumns(capacity),
    time: f64(capacity),
    bid: f64(capacity),
    ask: f64(capacity),
    last: f64(capacity),
    volume: f64(capacity),
    flags: new Uint16Array(capacity),
    flagged,
  };
}

export function fileBars(capacity: number): FileBars {
  return {
    ...rowColumns(capacity),
    time: f64(capacity),
    open: f64(capacity),
    high: f64(capacity),
    low: f64(capacity),
    close: f64(capacity),
    ticks: f64(capacity),
    volume: f64(capacity),
    spread: f64(capacity),
  };
}
