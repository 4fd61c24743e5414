import { TickFlag } from '@tickhub/plugin-sdk/host';
import type { TickBatch } from '@tickhub/plugin-sdk/host';
import { SourceDelay } from '../../streams/source-delay.ts';
import { commonWidth, openingOf } from './bar-time.ts';
import { SourceChoice } from './source-choice.ts';
import type { NamedSymbols } from './source-choice.ts';
import { WideBars } from './wide-bars.ts';
import type { ClosedBar } from './wide-bars.ts';

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

/** Places in a row. They lie together, so that a tick touches one piece of memory. */
const Row = {
  start: 0,
  end: 1,
  open: 2,
  high: 3,
  low: 4,
  close: 5,
  ticks: 6,
  lastTime: 7,
  lastAsk: 8,
  cameAt: 9,
  isFilling: 10,
  source: 11,
} as const;
const ROW = 16;

function emptyRows(slots: number): Float64Array<ArrayBuffer> {
  const rows = new Float64Array(slots * ROW);
  for (let at = 0; at < rows.length; at += ROW)
    for (const place of [Row.start, Row.end, Row.lastTime, Row.cameAt]) rows[at + place] = -Infinity;
  return rows;
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
  #widths: WideBars[] = [];
  #base = 0;
  /** Of each slot the bar of the common width that is open, and what is known of its last tick: see the places of {@link Row}. */
  #rows = emptyRows(GROWTH);
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

  /** When the clock closes the next bar, if no tick does before; Infinity where none is open. */
  get nextDue(): number {
    return this.#due;
  }

  /** How long after its end a bar of the symbol that no tick ends is closed. */
  waitOf(symbol: string): number {
    const slot = this.#choice.slotOf(symbol);
    return slot === null ? this.#options.graceMs : this.#waitOf(slot);
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
    const size = this.#rows.length / ROW;
    this.#widths = widths.map((ms) => this.#widths.find((known) => known.ms === ms) ?? new WideBars(ms, size));
    this.#base = widths.length === 0 ? 0 : commonWidth(widths);
  }

  lastTick(symbol: string): LastTick | null {
    const slot = this.#choice.slotOf(symbol);
    if (slot === null) return null;
    return { time: this.#at(slot, Row.lastTime), bid: this.#at(slot, Row.close), ask: this.#at(slot, Row.lastAsk) };
  }

  /** When the bar that is open began, UTC; null where none is. */
  openBar(symbol: string, widthMs: number): number | null {
    const slot = this.#choice.slotOf(symbol);
    const width = this.#widths.find(({ ms }) => ms === widthMs);
    if (slot === null || width === undefined) return null;
    const open = this.#at(slot, Row.ticks) > 0 ? openingOf(this.#at(slot, Row.start), widthMs) : -Infinity;
    const start = Math.max(width.isOpen(slot) ? width.startOf(slot) : -Infinity, open);
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
    let { chosen } = this.#choice;
    let rows = this.#rows;
    // Places of a batch's columns below `count` are there by its contract, rows by the choice's.
    for (let i = 0; i < count; i++) {
      const price = bid[i] as number;
      if (!(price > 0)) continue;
      const id = symbol[i] as number;
      const utc = (time[i] as number) - utcOffsetMs;
      const isFilling = (flags[i] as number) & TickFlag.late ? 1 : 0;
      if (isFilling === 0 && utc > newest) newest = utc;
      if (utc > most) {
        this.#ahead++;
        continue;
      }
      let slot = chosen[id] ?? this.#choice.unknown;
      if (slot < 0) {
        if (!this.#choose(slot, id, utc, now)) continue;
        chosen = this.#choice.chosen;
        rows = this.#rows;
        slot = chosen[id] as number;
      }
      const row = slot * ROW;
      if (!(utc >= (rows[row + Row.start] as number) && utc < (rows[row + Row.end] as number)) && !this.#turn(slot, utc, sourceId))
        continue;
      const before = rows[row + Row.ticks] as number;
      if (before === 0) rows[row + Row.open] = rows[row + Row.high] = rows[row + Row.low] = price;
      else if (price > (rows[row + Row.high] as number)) rows[row + Row.high] = price;
      else if (price < (rows[row + Row.low] as number)) rows[row + Row.low] = price;
      rows[row + Row.close] = price;
      rows[row + Row.ticks] = before + 1;
      rows[row + Row.lastTime] = utc;
      rows[row + Row.lastAsk] = ask[i] as number;
      rows[row + Row.cameAt] = now;
      rows[row + Row.isFilling] = isFilling;
    }
    if (newest > -Infinity) this.#delay.note(sourceId, now - newest, now);
  }

  /** Closes what is over by the clock. */
  closeDue(now: number): void {
    this.#due = Infinity;
    for (let slot = 0; slot < this.#choice.count; slot++) {
      const cameAt = this.#at(slot, Row.cameAt);
      if (this.#at(slot, Row.isFilling) === 1 && now - cameAt < BACKFILL_PAUSE_MS) {
        this.#due = Math.min(this.#due, cameAt + BACKFILL_PAUSE_MS);
        continue;
      }
      const wait = this.#waitOf(slot);
      const end = this.#at(slot, Row.end);
      if (end + wait <= now) this.#closeBase(slot);
      else if (this.#at(slot, Row.ticks) > 0) this.#due = Math.min(this.#due, end + wait);
      for (const width of this.#widths) {
        if (!width.isOpen(slot)) continue;
        if (width.endOf(slot) + wait <= now) this.#closeByClock(width, slot);
        else this.#due = Math.min(this.#due, width.endOf(slot) + wait);
      }
    }
  }

  #at(slot: number, place: (typeof Row)[keyof typeof Row]): number {
    return this.#rows[slot * ROW + place] as number;
  }

  /** Its base bar is closed already, having ended before; what comes of this width from here on is late. */
  #closeByClock(width: WideBars, slot: number): void {
    const end = width.endOf(slot);
    this.#closeWidth(width, slot);
    if (this.#at(slot, Row.end) < end) this.#rows[slot * ROW + Row.start] = this.#rows[slot * ROW + Row.end] = end;
  }

  #waitOf(slot: number): number {
    const usual = this.#delay.usual(this.#at(slot, Row.source));
    return this.#options.graceMs + (usual === Infinity ? 0 : Math.max(0, usual));
  }

  /** Whether a tick of an id that is not the chosen one of its symbol makes it that. */
  #choose(code: number, id: number, utc: number, now: number): boolean {
    const slot = this.#choice.slotOfOther(code, id);
    if (slot < 0) return false;
    this.#reserve(slot + 1);
    return this.#choice.takesOver(slot, id, now - this.#at(slot, Row.cameAt), utc > this.#at(slot, Row.lastTime));
  }

  /** A tick outside of the bar that is open begins the next. @returns false when its bar is closed already. */
  #turn(slot: number, utc: number, sourceId: number): boolean {
    const rows = this.#rows;
    const row = slot * ROW;
    if (utc < (rows[row + Row.start] as number)) {
      this.#late++;
      return false;
    }
    // Whoever looks at what closes sees that the market goes on.
    rows[row + Row.lastTime] = utc;
    this.#closeBase(slot);
    for (const width of this.#widths) if (utc >= width.endOf(slot)) this.#closeWidth(width, slot);
    const start = openingOf(utc, this.#base);
    rows[row + Row.start] = start;
    rows[row + Row.end] = start + this.#base;
    rows[row + Row.source] = sourceId;
    this.#due = Math.min(this.#due, start + this.#base + this.#waitOf(slot));
    return true;
  }

  /** The bar of the common width goes into those of the others. Its start moves to its end: what comes before that is late. */
  #closeBase(slot: number): void {
    const rows = this.#rows;
    const row = slot * ROW;
    const end = rows[row + Row.end] as number;
    if ((rows[row + Row.ticks] as number) > 0) {
      for (const width of this.#widths) {
        this.#merge(width, slot);
        // The last piece of it: no need to wait for its own end.
        if (end >= width.endOf(slot)) this.#closeWidth(width, slot);
      }
    }
    rows[row + Row.ticks] = 0;
    rows[row + Row.start] = Math.max(end, rows[row + Row.start] as number);
  }

  #merge(width: WideBars, slot: number): void {
    const at = (place: (typeof Row)[keyof typeof Row]): number => this.#at(slot, place);
    width.merge(slot, at(Row.start), at(Row.open), at(Row.high), at(Row.low), at(Row.close), at(Row.ticks));
    this.#due = Math.min(this.#due, width.endOf(slot) + this.#waitOf(slot));
  }

  #closeWidth(width: WideBars, slot: number): void {
    const bar = width.close(slot);
    if (bar !== null) this.#options.onBar(this.#choice.names[slot] as string, width.ms, bar);
  }

  /** The bars of the common width that are open go into the wider ones; what follows begins another. */
  #flush(): void {
    for (let slot = 0; slot < this.#choice.count; slot++) {
      if (this.#at(slot, Row.ticks) > 0) for (const width of this.#widths) this.#merge(width, slot);
      const row = slot * ROW;
      this.#rows[row + Row.ticks] = 0;
      // The tick after the last one may be of the same moment.
      this.#rows[row + Row.start] = this.#rows[row + Row.end] = this.#at(slot, Row.lastTime);
    }
  }

  #reserve(count: number): void {
    const before = this.#rows;
    if (count * ROW <= before.length) return;
    const size = Math.max(count, (before.length / ROW) * 2);
    this.#rows = emptyRows(size);
    this.#rows.set(before);
    for (const width of this.#widths) width.reserve(size);
  }
}
