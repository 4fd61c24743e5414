import type { BarColumns } from './bar-columns.ts';

/** The longest window of a feature, in bars. */
export const LONGEST_WINDOW = 1_000;

/**
 * Sums of a column over its last 1, 2, 3... rows, always added from the newest to the oldest. A sum so depends on its rows alone, not on who asked for which
 * window before, and all windows together cost one pass over the longest.
 */
export class TrailingSum {
  readonly #column: Float64Array;
  readonly #sums = new Float64Array(LONGEST_WINDOW + 1);
  #row = 0;
  #filled = 0;

  constructor(column: Float64Array) {
    this.#column = column;
  }

  moveTo(row: number): void {
    this.#row = row;
    this.#filled = 0;
  }

  over(window: number): number {
    if (this.#filled < window) {
      let sum = this.#sums[this.#filled] as number;
      for (let age = this.#filled; age < window; age++) {
        sum += this.#column[this.#row - age] as number;
        this.#sums[age + 1] = sum;
      }
      this.#filled = window;
    }
    return this.#sums[window] as number;
  }
}

/** The highest of one column and the lowest of another over their last 1, 2, 3... rows. */
class TrailingRange {
  readonly #high: Float64Array;
  readonly #low: Float64Array;
  readonly #highest = new Float64Array(LONGEST_WINDOW + 1).fill(-Infinity);
  readonly #lowest = new Float64Array(LONGEST_WINDOW + 1).fill(Infinity);
  #row = 0;
  #filled = 0;

  constructor(high: Float64Array, low: Float64Array) {
    this.#high = high;
    this.#low = low;
  }

  moveTo(row: number): void {
    this.#row = row;
    this.#filled = 0;
  }

  highest(window: number): number {
    this.#fill(window);
    return this.#highest[window] as number;
  }

  lowest(window: number): number {
    this.#fill(window);
    return this.#lowest[window] as number;
  }

  #fill(window: number): void {
    for (let age = this.#filled; age < window; age++) {
      this.#highest[age + 1] = Math.max(this.#highest[age] as number, this.#high[this.#row - age] as number);
      this.#lowest[age + 1] = Math.min(this.#lowest[age] as number, this.#low[this.#row - age] as number);
    }
    if (this.#filled < window) this.#filled = window;
  }
}

/**
 * What a least-squares line through the log closes of a window needs: sums of y, of age times y and of y², where y is the log close relative to the newest
 * (so that nothing is lost to cancellation) and age counts bars back from it.
 */
class TrailingLine {
  readonly #logClose: Float64Array;
  readonly #y = new Float64Array(LONGEST_WINDOW + 1);
  readonly #ageY = new Float64Array(LONGEST_WINDOW + 1);
  readonly #yy = new Float64Array(LONGEST_WINDOW + 1);
  #row = 0;
  #filled = 0;

  constructor(logClose: Float64Array) {
    this.#logClose = logClose;
  }

  moveTo(row: number): void {
    this.#row = row;
    this.#filled = 0;
  }

  /** Slope of the line, log price per bar. */
  slope(window: number): number {
    this.#fill(window);
    const meanAge = (window - 1) / 2;
    // Age runs against time: what is usually subtracted comes first.
    return (meanAge * (this.#y[window] as number) - (this.#ageY[window] as number)) / sumOfSquares(window);
  }

  /** Sum of the squared residuals about that line; rounding may leave it a hair under 0. */
  residuals(window: number): number {
    const slope = this.slope(window);
    const y = this.#y[window] as number;
    return (this.#yy[window] as number) - (y * y) / window - slope * slope * sumOfSquares(window);
  }

  #fill(window: number): void {
    const newest = this.#logClose[this.#row] as number;
    for (let age = this.#filled; age < window; age++) {
      const y = (this.#logClose[this.#row - age] as number) - newest;
      this.#y[age + 1] = (this.#y[age] as number) + y;
      this.#ageY[age + 1] = (this.#ageY[age] as number) + age * y;
      this.#yy[age + 1] = (this.#yy[age] as number) + y * y;
    }
    if (this.#filled < window) this.#filled = window;
  }
}

/** Sum of squared distances of 0, 1 ... n - 1 from their mean. */
export function sumOfSquares(n: number): number {
  return (n * (n * n - 1)) / 12;
}

/** The bars up to and including one row, as features look back from it. */
export class Trailing {
  readonly bars: BarColumns;
  row = 0;
  readonly squared: TrailingSum;
  readonly absolute: TrailingSum;
  readonly downward: TrailingSum;
  readonly parkinson: TrailingSum;
  readonly trueRange: TrailingSum;
  readonly volume: TrailingSum;
  readonly range: TrailingRange;
  readonly line: TrailingLine;

  constructor(bars: BarColumns) {
    this.bars = bars;
    this.squared = new TrailingSum(bars.squared);
    this.absolute = new TrailingSum(bars.absolute);
    this.downward = new TrailingSum(bars.downward);
    this.parkinson = new TrailingSum(bars.parkinson);
    this.trueRange = new TrailingSum(bars.trueRange);
    this.volume = new TrailingSum(bars.volume);
    this.range = new TrailingRange(bars.high, bars.low);
    this.line = new TrailingLine(bars.logClose);
  }

  /** Looks back from another row, or from the same one after its bar has changed. */
  moveTo(row: number): void {
    this.row = row;
    this.squared.moveTo(row);
    this.absolute.moveTo(row);
    this.downward.moveTo(row);
    this.parkinson.moveTo(row);
    this.trueRange.moveTo(row);
    this.volume.moveTo(row);
    this.range.moveTo(row);
    this.line.moveTo(row);
  }
}
