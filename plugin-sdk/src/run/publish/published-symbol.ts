import type { TickCursor } from '../../batch/cursor.ts';
import { TickFlag } from '../../batch/tick-batch.ts';
import type { TickColumns } from '../../batch/tick-columns.ts';
import type { TickSymbol, TickVerdict } from '../../capabilities/publish.ts';
import type { RefusedTicks } from '../../protocol/control.ts';
import { Refusals } from './refusals.ts';
import type { SymbolEntry } from '../../protocol/records.ts';

/** The largest time a Date holds, in epoch milliseconds. */
const MAX_TIME = 8.64e15;

/** Where the ticks of a symbol go. */
export interface TickSink {
  readonly columns: TickColumns;
  /** The columns have their first tick, or no room for another. */
  turned(): void;
}

/** One symbol of one source: decides about its ticks. */
export class PublishedSymbol implements TickSymbol {
  readonly entry: SymbolEntry;
  readonly refusals = new Refusals();
  /** Written by the publisher when the gate or the life of the plugin changes it. */
  allowed: boolean;
  readonly #sink: TickSink;
  readonly #columns: TickColumns;
  readonly #id: number;
  #time = 0;
  #same = 0;
  #durableTime = 0;
  #durableSame = 0;

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
    const counts = this.refusals.counts;
    return counts === null ? null : { symbol: this.entry.name, ...counts };
  }

  /**
   * Kept small on purpose: V8 inlines no function of more than 460 bytes of bytecode, and puts each number that is passed to one that it does not inline
   * on the heap (48 bytes a tick). `test/push-cost.test.ts` holds it.
   */
  push(time: number, ordinal: number, bid: number, ask: number, last: number, volume: number, flags: number): TickVerdict {
    const at = time - (time % 1);
    // What is no number, or endless, less itself is NaN. Prices may be negative: oil's was on 2020-04-20, and spreads are.
    if (!(at > 0 && at <= MAX_TIME && volume >= 0 && bid - bid + (ask - ask) + (last - last) + (volume - volume) === 0))
      return this.refusals.invalid();
    const before = this.#time;
    let nth = ordinal;
    if (ordinal === -1) {
      if (at < before) return this.refusals.outOfOrder();
      nth = at === before ? this.#same : 0;
    } else if ((ordinal + 1) >>> 0 !== ordinal + 1) {
      // No whole number from 0 on, or one that the cursor behind it could not hold in 32 bits.
      return this.refusals.invalid();
    } else if (at < before || (at === before && ordinal < this.#same)) {
      return this.refusals.duplicate();
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
