import type { TickCursor } from '../../batch/cursor.ts';
import { TickFlag } from '../../batch/tick-batch.ts';
import type { TickColumns } from '../../batch/tick-columns.ts';
import type { TickSymbol, TickVerdict } from '../../capabilities/publish.ts';
import type { RefusedTicks } from '../../protocol/control.ts';
import type { SymbolEntry } from '../../protocol/records.ts';

/** The largest time a Date holds, in epoch milliseconds. */
const MAX_TIME = 8.64e15;
/** One below what 32 bits hold: the cursor behind it is one more. */
const MAX_ORDINAL = 0xffff_fffe;

/** Where the ticks of a symbol go. */
export interface TickSink {
  readonly columns: TickColumns;
  /** The columns have their first tick, or no room for another. */
  turned(): void;
}

/** One symbol of one source: decides about its ticks. */
export class PublishedSymbol implements TickSymbol {
  readonly entry: SymbolEntry;
  /** Written by the publisher when the gate or the life of the plugin changes it. */
  allowed: boolean;
  readonly #sink: TickSink;
  readonly #columns: TickColumns;
  readonly #id: number;
  #time = 0;
  #same = 0;
  #durableTime = 0;
  #durableSame = 0;
  #duplicate = 0;
  #outOfOrder = 0;
  #invalid = 0;

  constructor(entry: SymbolEntry, cursor: TickCursor, allowed: boolean, sink: TickSink) {
    this.entry = entry;
    this.allowed = allowed;
    this.#sink = sink;
    this.#columns = sink.columns;
    this.#id = entry.id;
    this.#time = cursor.time;
    this.#same = cursor.same;
    this.#durableTime = cursor.time;
    this.#durableSame = cursor.same;
  }

  get name(): string {
    return this.entry.name;
  }

  get cursor(): TickCursor {
    return { time: this.#time, same: this.#same };
  }

  get durable(): TickCursor {
    return { time: this.#durableTime, same: this.#durableSame };
  }

  /** What was refused so far; null when nothing was. */
  get refused(): Omit<RefusedTicks, 'source'> | null {
    if (this.#duplicate + this.#outOfOrder + this.#invalid === 0) return null;
    return { symbol: this.entry.name, duplicate: this.#duplicate, outOfOrder: this.#outOfOrder, invalid: this.#invalid };
  }

  push(time: number, ordinal: number, bid: number, ask: number, last: number, volume: number, flags: number): TickVerdict {
    const at = Math.floor(time);
    // Each comparison is false for NaN. Prices may be negative: oil's was on 2020-04-20, and spreads are.
    if (!(at > 0 && at <= MAX_TIME && volume >= 0 && Math.abs(bid) + Math.abs(ask) + Math.abs(last) + volume < Infinity)) {
      this.#invalid++;
      return 'invalid';
    }
    let nth = ordinal;
    if (ordinal === -1) {
      if (at < this.#time) {
        this.#outOfOrder++;
        return 'out-of-order';
      }
      nth = at === this.#time ? this.#same : 0;
    } else if (ordinal >>> 0 !== ordinal || ordinal > MAX_ORDINAL) {
      this.#invalid++;
      return 'invalid';
    } else if (at < this.#time || (at === this.#time && ordinal < this.#same)) {
      this.#duplicate++;
      return 'duplicate';
    }
    if (!this.allowed) return 'held-back';
    this.#time = at;
    this.#same = nth + 1;
    // Written here and not in a method of the columns: see TickColumns.
    const columns = this.#columns;
    const row = columns.count;
    columns.time[row] = at;
    columns.bid[row] = bid;
    columns.ask[row] = ask;
    columns.last[row] = last;
    columns.volume[row] = volume;
    columns.ordinal[row] = nth;
    columns.symbol[row] = this.#id;
    columns.flags[row] = ask < bid ? flags | TickFlag.crossed : flags;
    if (last !== 0) columns.hasLast = true;
    if (volume !== 0) columns.hasVolume = true;
    columns.count = row + 1;
    if (row === 0 || row + 1 === columns.capacity) this.#sink.turned();
    return 'taken';
  }

  /** The host has made its ticks durable up to there. False when that was known. */
  advanceDurable(time: number, same: number): boolean {
    if (time < this.#durableTime || (time === this.#durableTime && same <= this.#durableSame)) return false;
    this.#durableTime = time;
    this.#durableSame = same;
    return true;
  }
}
