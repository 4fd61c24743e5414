import { FeatureError } from './errors.ts';

/** 4 ln 2: the mean of ln(high/low)² over the variance of a Wiener process (Parkinson 1980, J. Business 53, 61-65). */
const PARKINSON = 4 * Math.LN2;

/**
 * Bars, and what every feature makes of one bar and the close before it. A row depends on its own bar and the one before, on nothing older:
 * that is what lets a feature be the same from wherever one began. In the first row, what needs the bar before is NaN, and no feature reads it.
 */
export class BarColumns {
  readonly time: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly logClose: Float64Array;
  /** Squared log return from close to close; the step over a weekend is one return. */
  readonly squared: Float64Array;
  readonly absolute: Float64Array;
  /** The squared return where it fell, else 0. */
  readonly downward: Float64Array;
  /** Parkinson's variance of the one bar. */
  readonly parkinson: Float64Array;
  /** Wilder's true range, in the quote currency. */
  readonly trueRange: Float64Array;

  constructor(rows: number) {
    this.time = new Float64Array(rows);
    this.high = new Float64Array(rows);
    this.low = new Float64Array(rows);
    this.close = new Float64Array(rows);
    this.volume = new Float64Array(rows);
    this.logClose = new Float64Array(rows);
    this.squared = new Float64Array(rows);
    this.absolute = new Float64Array(rows);
    this.downward = new Float64Array(rows);
    this.parkinson = new Float64Array(rows);
    this.trueRange = new Float64Array(rows);
  }

  /**
   * @param row 0 is the first bar of all.
   * @throws {FeatureError} BAD_BAR, and the row is as it was.
   */
  set(row: number, time: number, open: number, high: number, low: number, close: number, volume: number): void {
    const first = row === 0;
    const previousTime = first ? -Infinity : (this.time[row - 1] as number);
    const sound =
      low > 0 && high < Infinity && open >= low && open <= high && close >= low && close <= high && volume >= 0 && time > previousTime;
    if (!sound) throw badBar(time, open, high, low, close, volume, previousTime);
    const previous = first ? NaN : (this.close[row - 1] as number);
    const logClose = Math.log(close);
    const change = first ? NaN : logClose - (this.logClose[row - 1] as number);
    const logRange = Math.log(high / low);
    this.time[row] = time;
    this.high[row] = high;
    this.low[row] = low;
    this.close[row] = close;
    this.volume[row] = volume;
    this.logClose[row] = logClose;
    this.squared[row] = change * change;
    this.absolute[row] = Math.abs(change);
    this.downward[row] = change > 0 ? 0 : change * change;
    this.parkinson[row] = (logRange * logRange) / PARKINSON;
    this.trueRange[row] = Math.max(high, previous) - Math.min(low, previous);
  }

  /** Moves the last `rows` before `end` to the front. */
  keepLast(rows: number, end: number): void {
    for (const column of Object.values(this) as Float64Array[]) column.copyWithin(0, end - rows, end);
  }
}

function badBar(time: number, open: number, high: number, low: number, close: number, volume: number, previous: number): FeatureError {
  const which = Number.isFinite(time) ? new Date(time).toISOString() : String(time);
  const why =
    time > previous ? `open ${open}, high ${high}, low ${low}, close ${close}, volume ${volume}` : 'it is not later than the bar before';
  return new FeatureError(
    'BAD_BAR',
    `the bar of ${which} has no features: ${why}. Prices must be above 0 with low <= open, close <= high, and times must rise; leave the bar out or mend it`,
  );
}
