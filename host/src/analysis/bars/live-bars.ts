import { TickFlag } from '@tickhub/plugin-sdk/host';
import type { TickBatch } from '@tickhub/plugin-sdk/host';
import { SourceDelay } from '../../streams/source-delay.ts';
import { commonWidth, openingOf } from './bar-time.ts';
import { SourceChoice } from './source-choice.ts';
import type { NamedSymbols } from './source-choice.ts';

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

export type OnClosedBar = (symbol: string, widthMs: number, bar: ClosedBar) => void;

/** What is known of a symbol's market now. Prices are 0, and times -Infinity, before the first tick. */
export interface LastTick {
  /** UTC by the source's own time. */
  readonly time: number;
  readonly bid: number;
  readonly ask: number;
}

export interface LiveBarsOptions {
  readonly symbols: NamedSymbols;
  /** Sources that are taken first where several carry a symbol, as name patterns; the first that matches. */
  readonly prefer: readonly string[];
  /** A bar that no later tick ends is closed so long after its end, and after the usual delay of its source. */
  readonly graceMs: number;
  /** Unix epoch milliseconds; in a replay the recording's. */
  readonly now: () => number;
  readonly onBar: OnClosedBar;
}

/** A tick further ahead of the clock is no tick of now: its bar would shut out all that come before it. */
const MOST_AHEAD_MS = 300_000;
/** A backfill comes in pieces: its last bar is not over because the next piece is on its way. */
const BACKFILL_PAUSE_MS = 30_000;
const GROWTH = 64;

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

function grownColumns(columns: Columns, size: number): Columns {
  const grown = columnsOf(size);
  for (const name of COLUMNS) grown[name].set(columns[name]);
  return grown;
}

/** Bars of one width that are put together of those of the common width. */
interface Width {
  readonly ms: number;
  columns: Columns;
  /** 1 while the bar that is open is the first, and so not whole. */
  first: Uint8Array;
}

/**
 * Builds bars of the bid as ticks pass by, of every width that a model wants, one series per symbol. A tick costs a lookup, a comparison of times and some stores, whatever the
 * number of widths: ticks go into bars of the widths' common divisor, and those into the wider ones as they close. A bar is over with the first tick of a later one, or by the
 * clock, {@link LiveBarsOptions.graceMs} after its end; a tick that comes later than that is counted, and changes no bar. What is due by the clock is closed before a batch
 * is looked at, so that what becomes of a tick depends on the recording alone when it is played again.
 */
export class LiveBars {
  readonly #options: LiveBarsOptions;
  readonly #choice: SourceChoice;
  readonly #delay = new SourceDelay();
  #widths: Width[] = [];
  #base = 0;
  #bars: Columns = columnsOf(GROWTH);
  /** By slot. */
  #lastTime = new Float64Array(GROWTH).fill(-Infinity);
  #lastBid = new Float64Array(GROWTH);
  #lastAsk = new Float64Array(GROWTH);
  #cameAt = new Float64Array(GROWTH).fill(-Infinity);
  /** 1 where the last tick came by a backfill. */
  #filling = new Uint8Array(GROWTH);
  #source = new Uint16Array(GROWTH);
  /** Nothing is to be closed by the clock before. */
  #due = Infinity;
  #late = 0;
  #ahead = 0;

  constructor(options: LiveBarsOptions) {
    this.#options = options;
    this.#choice = new SourceChoice(options.symbols, options.prefer);
  }

  /** Ticks that came after their bar was closed. */
  get lateTicks(): number {
    return this.#late;
  }

  /** Ticks whose time is more than five minutes ahead of the clock: they are in no bar. */
  get aheadTicks(): number {
    return this.#ahead;
  }

  /** Symbols that have had a tick, in the order in which they appeared. */
  get symbols(): readonly string[] {
    return this.#choice.names;
  }

  /** The source whose ticks a symbol's bars are made of, and the digits that it gives its prices; null before the first tick. */
  sourceOf(symbol: string): { readonly source: string; readonly digits: number } | null {
    return this.#choice.of(symbol);
  }

  /** Which widths are built from now on; see {@link widthFault} for what is none. A width that is new begins with a bar that is not whole. */
  setWidths(wanted: readonly number[]): void {
    const widths = [...new Set(wanted)].sort((a, b) => a - b);
    if (widths.length === this.#widths.length && widths.every((ms, i) => this.#widths[i]?.ms === ms)) return;
    this.#flush();
    const size = this.#lastTime.length;
    this.#widths = widths.map(
      (ms) => this.#widths.find((known) => known.ms === ms) ?? { ms, columns: columnsOf(size), first: new Uint8Array(size).fill(1) },
    );
    this.#base = widths.length === 0 ? 0 : commonWidth(widths);
  }

  lastTick(symbol: string): LastTick | null {
    const slot = this.#choice.slotOf(symbol);
    if (slot === null) return null;
    return { time: this.#lastTime[slot] as number, bid: this.#lastBid[slot] as number, ask: this.#lastAsk[slot] as number };
  }

  /** When the bar that is open began, UTC; null where none is. */
  openBar(symbol: string, widthMs: number): number | null {
    const slot = this.#choice.slotOf(symbol);
    const width = this.#widths.find(({ ms }) => ms === widthMs);
    if (slot === null || width === undefined) return null;
    const open = (this.#bars.ticks[slot] as number) > 0 ? openingOf(this.#bars.start[slot] as number, widthMs) : -Infinity;
    const start = Math.max((width.columns.ticks[slot] as number) > 0 ? (width.columns.start[slot] as number) : -Infinity, open);
    return start === -Infinity ? null : start;
  }

  /** Takes a batch with host ids. */
  take(batch: TickBatch): void {
    if (this.#base === 0) return;
    const now = this.#options.now();
    if (now >= this.#due) this.closeDue(now);
    const { count, time, bid, ask, symbol, flags, utcOffsetMs, sourceId } = batch;
    const most = now + MOST_AHEAD_MS;
    let newest = -Infinity;
    // Rows below `count` are there by the batch's contract, slots by the choice's.
    for (let i = 0; i < count; i++) {
      const utc = (time[i] as number) - utcOffsetMs;
      const slot = this.#choice.chosen[symbol[i] as number] ?? this.#choice.unknown;
      const price = bid[i] as number;
      if (!(price > 0)) continue;
      const isLate = ((flags[i] as number) & TickFlag.late) !== 0;
      if (!isLate && utc > newest) newest = utc;
      if (slot < 0) {
        this.#unchosen(slot, batch, i, utc, now);
        continue;
      }
      if (utc > most) {
        this.#ahead++;
        continue;
      }
      if (!(utc >= (this.#bars.start[slot] as number) && utc < (this.#bars.end[slot] as number)) && !this.#turn(slot, utc)) continue;
      this.#lastTime[slot] = utc;
      this.#lastBid[slot] = price;
      this.#lastAsk[slot] = ask[i] as number;
      this.#cameAt[slot] = now;
      this.#filling[slot] = isLate ? 1 : 0;
      this.#source[slot] = sourceId;
      this.#add(slot, price);
    }
    if (newest > -Infinity) this.#delay.note(sourceId, now - newest, now);
  }

  /** Closes what is over by the clock. */
  closeDue(now: number): void {
    this.#due = Infinity;
    for (let slot = 0; slot < this.#choice.count; slot++) {
      if (this.#isFilling(slot, now)) {
        this.#due = Math.min(this.#due, (this.#cameAt[slot] as number) + BACKFILL_PAUSE_MS);
        continue;
      }
      const wait = this.#waitOf(slot);
      if ((this.#bars.end[slot] as number) + wait <= now) this.#closeBase(slot);
      else if ((this.#bars.ticks[slot] as number) > 0) this.#due = Math.min(this.#due, (this.#bars.end[slot] as number) + wait);
      for (const width of this.#widths) {
        if ((width.columns.ticks[slot] as number) === 0) continue;
        if ((width.columns.end[slot] as number) + wait <= now) this.#closeByClock(width, slot);
        else this.#due = Math.min(this.#due, (width.columns.end[slot] as number) + wait);
      }
    }
  }

  /** Its base bar is closed already, having ended before; what comes of this width from here on is late. */
  #closeByClock(width: Width, slot: number): void {
    const end = width.columns.end[slot] as number;
    this.#closeWidth(width, slot);
    const { start, end: ends } = this.#bars;
    if ((ends[slot] as number) < end) start[slot] = ends[slot] = end;
  }

  #isFilling(slot: number, now: number): boolean {
    return this.#filling[slot] === 1 && now - (this.#cameAt[slot] as number) < BACKFILL_PAUSE_MS;
  }

  #waitOf(slot: number): number {
    const usual = this.#delay.usual(this.#source[slot] as number);
    return this.#options.graceMs + (usual === Infinity ? 0 : Math.max(0, usual));
  }

  #unchosen(slot: number, batch: TickBatch, i: number, utc: number, now: number): void {
    if (!this.#choice.consider(slot, batch.symbol[i] as number, utc, now, this.#lastTime, this.#cameAt)) return;
    this.#reserve(this.#choice.count);
    const chosen = this.#choice.chosen[batch.symbol[i] as number] as number;
    if (utc > now + MOST_AHEAD_MS || !this.#turn(chosen, utc)) return;
    this.#lastTime[chosen] = utc;
    this.#lastBid[chosen] = batch.bid[i] as number;
    this.#lastAsk[chosen] = batch.ask[i] as number;
    this.#cameAt[chosen] = now;
    this.#filling[chosen] = (batch.flags[i] as number) & TickFlag.late ? 1 : 0;
    this.#source[chosen] = batch.sourceId;
    this.#add(chosen, batch.bid[i] as number);
  }

  #add(slot: number, price: number): void {
    const { open, high, low, close, ticks } = this.#bars;
    const before = ticks[slot] as number;
    if (before === 0) open[slot] = high[slot] = low[slot] = price;
    else if (price > (high[slot] as number)) high[slot] = price;
    else if (price < (low[slot] as number)) low[slot] = price;
    close[slot] = price;
    ticks[slot] = before + 1;
  }

  /** A tick outside of the bar that is open begins the next. @returns false when its bar is closed already. */
  #turn(slot: number, utc: number): boolean {
    const { start, end, ticks } = this.#bars;
    if (utc < (start[slot] as number)) {
      this.#late++;
      return false;
    }
    // Whatever is open and over by this tick's time; and a bar that the clock has closed does not open again.
    if (utc >= (end[slot] as number)) {
      // Whoever looks at what closes sees that the market goes on.
      this.#lastTime[slot] = utc;
      this.#closeBase(slot);
      for (const width of this.#widths) if (utc >= (width.columns.end[slot] as number)) this.#closeWidth(width, slot);
      start[slot] = openingOf(utc, this.#base);
      end[slot] = (start[slot] as number) + this.#base;
      ticks[slot] = 0;
      this.#due = Math.min(this.#due, (end[slot] as number) + this.#waitOf(slot));
    }
    return true;
  }

  /** The bar of the common width goes into those of the others. Its start moves to its end: what comes before that is late. */
  #closeBase(slot: number): void {
    const { start, end, ticks } = this.#bars;
    if ((ticks[slot] as number) > 0) {
      for (const width of this.#widths) {
        this.#merge(width, slot);
        // The last piece of it: no need to wait for its own end.
        if ((end[slot] as number) >= (width.columns.end[slot] as number)) this.#closeWidth(width, slot);
      }
    }
    ticks[slot] = 0;
    if ((end[slot] as number) > (start[slot] as number)) start[slot] = end[slot] as number;
  }

  #merge(width: Width, slot: number): void {
    const { columns } = width;
    const from = this.#bars;
    const start = openingOf(from.start[slot] as number, width.ms);
    if ((columns.ticks[slot] as number) === 0) {
      columns.start[slot] = start;
      columns.end[slot] = start + width.ms;
      columns.open[slot] = from.open[slot] as number;
      columns.high[slot] = from.high[slot] as number;
      columns.low[slot] = from.low[slot] as number;
    } else {
      columns.high[slot] = Math.max(columns.high[slot] as number, from.high[slot] as number);
      columns.low[slot] = Math.min(columns.low[slot] as number, from.low[slot] as number);
    }
    columns.close[slot] = from.close[slot] as number;
    columns.ticks[slot] = (columns.ticks[slot] as number) + (from.ticks[slot] as number);
    this.#due = Math.min(this.#due, (columns.end[slot] as number) + this.#waitOf(slot));
  }

  #closeWidth({ ms, columns, first }: Width, slot: number): void {
    const at = (column: Float64Array): number => column[slot] as number;
    if (at(columns.ticks) === 0) return;
    const bar: ClosedBar = {
      time: at(columns.start),
      open: at(columns.open),
      high: at(columns.high),
      low: at(columns.low),
      close: at(columns.close),
      ticks: at(columns.ticks),
      whole: first[slot] === 0,
    };
    columns.ticks[slot] = 0;
    first[slot] = 0;
    this.#options.onBar(this.#choice.names[slot] as string, ms, bar);
  }

  /** The bars of the common width that are open go into the wider ones; what follows begins another. */
  #flush(): void {
    for (let slot = 0; slot < this.#choice.count; slot++) {
      const { start, end, ticks } = this.#bars;
      if ((ticks[slot] as number) > 0) for (const width of this.#widths) this.#merge(width, slot);
      ticks[slot] = 0;
      // The tick after the last one may be of the same moment.
      start[slot] = this.#lastTime[slot] as number;
      end[slot] = this.#lastTime[slot] as number;
    }
  }

  #reserve(count: number): void {
    if (count <= this.#lastTime.length) return;
    const size = Math.max(count, this.#lastTime.length * 2);
    const grown = (column: Float64Array, value = 0): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(size).fill(value);
      next.set(column);
      return next;
    };
    this.#bars = grownColumns(this.#bars, size);
    this.#lastTime = grown(this.#lastTime, -Infinity);
    this.#lastBid = grown(this.#lastBid);
    this.#lastAsk = grown(this.#lastAsk);
    this.#cameAt = grown(this.#cameAt, -Infinity);
    const [filling, source] = [new Uint8Array(size), new Uint16Array(size)];
    filling.set(this.#filling);
    source.set(this.#source);
    this.#filling = filling;
    this.#source = source;
    for (const width of this.#widths) {
      width.columns = grownColumns(width.columns, size);
      const first = new Uint8Array(size).fill(1);
      first.set(width.first);
      width.first = first;
    }
  }
}
