import type { PriceSide } from '@tickhub/plugin-sdk/host';
import type { TickRun, WantedColumns } from '../store/tick-run.ts';
import type { BarGrid } from './bar-width.ts';

/** Columns that bars of a side are made of. */
export function columnsOf(side: PriceSide): WantedColumns {
  return { bid: side === 'bid' || side === 'mid', ask: side === 'ask' || side === 'mid', last: side === 'last', volume: true, rest: false };
}

export interface BarColumns {
  readonly count: number;
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly ticks: Float64Array;
  readonly volume: Float64Array;
}

const FIELDS = ['time', 'open', 'high', 'low', 'close', 'ticks', 'volume'] as const;

/**
 * Makes bars of ticks that come in the order of their series. A tick whose time in UTC lies before the bar that is open (its source had its offset corrected) goes into the bar where it belongs,
 * as if it came last there. Nothing is allocated per tick.
 */
export class BarBuilder {
  readonly #grid: BarGrid;
  readonly #side: PriceSide;
  readonly #prices = new Float64Array(65_536);
  #columns: Record<(typeof FIELDS)[number], Float64Array>;
  #count = 0;

  constructor(grid: BarGrid, side: PriceSide) {
    this.#grid = grid;
    this.#side = side;
    this.#columns = columnsFor(1_024);
  }

  /** Bars begun so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes all ticks of a run that are from `from` to before `to`, UTC. */
  add(run: TickRun, from: number, to: number): void {
    const prices = this.#pricesOf(run);
    const { time, utcOffset, volume, count } = run;
    // The bar that is open is kept in locals: five columns less to write per tick.
    let bar = -1;
    let [start, end, high, low, close, ticks, lots] = [NaN, NaN, 0, 0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const price = prices[i] as number;
      const utc = (time[i] as number) - (utcOffset[i] as number);
      if (!(utc >= start && utc < end)) {
        if (utc < from || utc >= to) continue;
        // 0 is no price of this side; no bar begins with it.
        if (price === 0 || Number.isNaN(price)) continue;
        if (bar >= 0) this.#write(bar, high, low, close, ticks, lots);
        const opened = this.#grid.startOf(utc);
        bar = this.#barAt(opened, price);
        const columns = this.#columns;
        high = columns.high[bar] as number;
        low = columns.low[bar] as number;
        ticks = columns.ticks[bar] as number;
        lots = columns.volume[bar] as number;
        start = Math.max(opened, from);
        end = Math.min(this.#grid.sureEnd(opened), to);
      }
      if (price === 0 || Number.isNaN(price)) continue;
      if (price > high) high = price;
      if (price < low) low = price;
      close = price;
      ticks++;
      lots += volume[i] as number;
    }
    if (bar >= 0) this.#write(bar, high, low, close, ticks, lots);
  }

  /** The first `limit` bars. */
  finish(limit: number): BarColumns {
    const count = Math.min(limit, this.#count);
    const cut = Object.fromEntries(FIELDS.map((name) => [name, this.#columns[name].slice(0, count)]));
    return { count, ...(cut as Record<(typeof FIELDS)[number], Float64Array>) };
  }

  #pricesOf(run: TickRun): Float64Array {
    if (this.#side !== 'mid') return run[this.#side];
    const { bid, ask, count } = run;
    const prices = count <= this.#prices.length ? this.#prices : new Float64Array(count);
    for (let i = 0; i < count; i++) {
      // A mid needs both: no price is 0, so the product is 0 where one is missing.
      const [b, a] = [bid[i] as number, ask[i] as number];
      prices[i] = b === 0 || a === 0 ? 0 : (b + a) / 2;
    }
    return prices;
  }

  #write(bar: number, high: number, low: number, close: number, ticks: number, lots: number): void {
    const columns = this.#columns;
    columns.high[bar] = high;
    columns.low[bar] = low;
    columns.close[bar] = close;
    columns.ticks[bar] = ticks;
    columns.volume[bar] = lots;
  }

  /** The bar that opens at `start`, made if there is none. */
  #barAt(start: number, price: number): number {
    const { time } = this.#columns;
    let at = this.#count;
    while (at > 0 && (time[at - 1] as number) > start) at--;
    if (at > 0 && time[at - 1] === start) return at - 1;
    this.#insert(at, start, price);
    return at;
  }

  #insert(at: number, start: number, price: number): void {
    if (this.#count === this.#columns.time.length) {
      const grown = columnsFor(this.#count * 2);
      for (const name of FIELDS) grown[name].set(this.#columns[name]);
      this.#columns = grown;
    }
    const columns = this.#columns;
    for (const name of FIELDS) columns[name].copyWithin(at + 1, at, this.#count);
    columns.time[at] = start;
    columns.open[at] = columns.high[at] = columns.low[at] = columns.close[at] = price;
    columns.ticks[at] = columns.volume[at] = 0;
    this.#count++;
  }
}

function columnsFor(capacity: number): Record<(typeof FIELDS)[number], Float64Array> {
  const column = (): Float64Array => new Float64Array(capacity);
  return { time: column(), open: column(), high: column(), low: column(), close: column(), ticks: column(), volume: column() };
}
