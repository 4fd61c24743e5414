import { BAR_COLUMNS, emptyBars, sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import type { ClosedBar } from './wide-bars.ts';

/** The newest closed bars of one symbol and width, as columns. At least {@link kept} of them are there once so many were put in. */
export class BarSeries {
  readonly kept: number;
  readonly #columns: Bars;
  #count = 0;

  constructor(kept: number) {
    this.kept = kept;
    this.#columns = emptyBars(kept * 2);
  }

  get count(): number {
    return this.#count;
  }

  /** When the first one opened; Infinity where there is none. */
  get firstTime(): number {
    return this.#count === 0 ? Infinity : (this.#columns.time[0] as number);
  }

  /** When the last one opened; -Infinity where there is none. */
  get lastTime(): number {
    return this.#count === 0 ? -Infinity : (this.#columns.time[this.#count - 1] as number);
  }

  /** Puts a bar behind the others. @returns false for one that is not later than the last: it changes nothing. */
  push(bar: Omit<ClosedBar, 'whole'>): boolean {
    if (bar.time <= this.lastTime) return false;
    this.#makeRoom();
    const i = this.#count++;
    const { time, open, high, low, close, volume } = this.#columns;
    time[i] = bar.time;
    open[i] = bar.open;
    high[i] = bar.high;
    low[i] = bar.low;
    close[i] = bar.close;
    volume[i] = bar.ticks;
    return true;
  }

  /** Puts the newest of `bars` in the place of all. */
  replace(bars: Bars): void {
    const { length } = bars.time;
    const newest = sliceBars(bars, Math.max(0, length - this.kept));
    this.#count = newest.time.length;
    for (const name of BAR_COLUMNS) this.#columns[name].set(newest[name]);
  }

  /** The bars that opened after `from` and up to `to`; a copy. */
  between(from: number, to: number): Bars {
    const { time } = this.#columns;
    let [start, end] = [this.#count, this.#count];
    while (end > 0 && (time[end - 1] as number) > to) end--;
    start = end;
    while (start > 0 && (time[start - 1] as number) > from) start--;
    return this.#copy(start, end);
  }

  /** The newest `count`; a copy. */
  newest(count: number): Bars {
    return this.#copy(Math.max(0, this.#count - count), this.#count);
  }

  #copy(start: number, end: number): Bars {
    const bars = emptyBars(end - start);
    for (const name of BAR_COLUMNS) bars[name].set(this.#columns[name].subarray(start, end));
    return bars;
  }

  #makeRoom(): void {
    if (this.#count < this.#columns.time.length) return;
    for (const name of BAR_COLUMNS) this.#columns[name].copyWithin(0, this.#count - this.kept, this.#count);
    this.#count = this.kept;
  }
}
