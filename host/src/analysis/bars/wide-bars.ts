import { openingOf } from './bar-time.ts';

/** A bar that is over, of the bid side. `time` is when it opened, UTC. */
export interface ClosedBar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly ticks: number;
  /** Whether its ticks were seen from its beginning on: not so of the first bar after a start. */
  readonly whole: boolean;
}

const COLUMNS = ['start', 'end', 'open', 'high', 'low', 'close', 'ticks'] as const;
type Columns = Record<(typeof COLUMNS)[number], Float64Array<ArrayBuffer>>;

function columnsOf(size: number): Columns {
  const column = (value: number): Float64Array<ArrayBuffer> => new Float64Array(size).fill(value);
  return {
    start: column(-Infinity),
    end: column(-Infinity),
    open: column(0),
    high: column(0),
    low: column(0),
    close: column(0),
    ticks: column(0),
  };
}

/** The open bars of one width, by slot of their symbols, put together of narrower ones as those close. */
export class WideBars {
  readonly ms: number;
  #columns: Columns;
  /** 1 while the bar that is open is the first, and so not whole. */
  #first: Uint8Array;

  constructor(ms: number, slots: number) {
    this.ms = ms;
    this.#columns = columnsOf(slots);
    this.#first = new Uint8Array(slots).fill(1);
  }

  isOpen(slot: number): boolean {
    return (this.#columns.ticks[slot] as number) > 0;
  }

  startOf(slot: number): number {
    return this.#columns.start[slot] as number;
  }

  /** Of the bar that is open, or was the last; -Infinity before the first. */
  endOf(slot: number): number {
    return this.#columns.end[slot] as number;
  }

  /** Takes a narrower bar that opened at `start` into the one that is open, or opens one with it. */
  merge(slot: number, start: number, open: number, high: number, low: number, close: number, ticks: number): void {
    const columns = this.#columns;
    if ((columns.ticks[slot] as number) === 0) {
      columns.start[slot] = openingOf(start, this.ms);
      columns.end[slot] = (columns.start[slot] as number) + this.ms;
      columns.open[slot] = open;
      columns.high[slot] = high;
      columns.low[slot] = low;
    } else {
      columns.high[slot] = Math.max(columns.high[slot] as number, high);
      columns.low[slot] = Math.min(columns.low[slot] as number, low);
    }
    columns.close[slot] = close;
    columns.ticks[slot] = (columns.ticks[slot] as number) + ticks;
  }

  /** The bar that was open; null where none was. */
  close(slot: number): ClosedBar | null {
    if (!this.isOpen(slot)) return null;
    const at = (name: keyof Columns): number => this.#columns[name][slot] as number;
    const bar: ClosedBar = {
      time: at('start'),
      open: at('open'),
      high: at('high'),
      low: at('low'),
      close: at('close'),
      ticks: at('ticks'),
      whole: this.#first[slot] === 0,
    };
    this.#columns.ticks[slot] = 0;
    this.#first[slot] = 0;
    return bar;
  }

  reserve(slots: number): void {
    const grown = columnsOf(slots);
    for (const name of COLUMNS) grown[name].set(this.#columns[name]);
    this.#columns = grown;
    const first = new Uint8Array(slots).fill(1);
    first.set(this.#first);
    this.#first = first;
  }
}
