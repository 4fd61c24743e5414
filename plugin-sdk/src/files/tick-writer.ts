import { writeDecimal, writeText } from './decimal-writer.ts';
import { RowWriter } from './row-writer.ts';
import type { FileTicks } from './columns.ts';
import type { FileDialect, FileField } from './dialect.ts';

/** MetaTrader's documented bits. */
const KNOWN_FLAGS = 0x7e;
const BID_AND_ASK = 6;
/** The flag's bit of a field whose value may be unchanged; 0 for the others. */
const BITS: Partial<Record<FileField, number>> = { bid: 2, ask: 4, last: 8, volume: 16 };

/** Writes rows of ticks. Nothing is allocated for a row, unless its prices have as many decimals as they need. */
export class TickWriter extends RowWriter<FileTicks> {
  readonly #fields: readonly FileField[];
  readonly #bits: Uint8Array;
  #whole = false;

  constructor(dialect: FileDialect) {
    super(dialect);
    this.#fields = dialect.fields;
    this.#bits = Uint8Array.from(dialect.fields, (field) => BITS[field] ?? 0);
  }

  /** The next row gives both prices, whatever its flags say: the first row of a file that is to be read on its own. */
  beginWhole(): this {
    this.#whole = true;
    return this;
  }

  protected row(ticks: FileTicks, i: number, start: number): number {
    const { bytes, delimiter } = this;
    const bits = this.#bits;
    const flags = ticks.flags[i] as number;
    const changed = this.#whole ? flags | BID_AND_ASK : flags;
    this.#whole = false;
    let at = start;
    let filledUntil = start;
    for (let field = 0; field < bits.length; field++) {
      if (field > 0) bytes[at++] = delimiter;
      const bit = bits[field] as number;
      let end: number;
      if (bit !== 0) end = this.#value(ticks, i, bit, (changed & bit) !== 0, at);
      else if (this.#fields[field] === 'flags') end = writeDecimal(flags & KNOWN_FLAGS, 0, bytes, at);
      else end = this.timeCell(this.#fields[field] as FileField, ticks.time[i] as number, at);
      if (end > at) filledUntil = end;
      at = end;
    }
    return this.newline(this.dialect.shortRows ? filledUntil : at);
  }

  #value(ticks: FileTicks, i: number, bit: number, changed: boolean, at: number): number {
    const { dialect, bytes } = this;
    if (bit <= 4) {
      if (!changed && dialect.unchangedQuote === 'empty') return at;
      return writeDecimal((bit === 2 ? ticks.bid[i] : ticks.ask[i]) as number, dialect.priceDecimals, bytes, at);
    }
    const value = (bit === 8 ? ticks.last[i] : ticks.volume[i]) as number;
    if (value === 0) {
      const zero = bit === 8 ? dialect.zeroLast : dialect.zeroVolume;
      // An empty cell would be the value before, so a change to 0 is spelt out.
      return writeText(zero === '' && changed ? '0' : zero, bytes, at);
    }
    if (!changed && dialect.unchangedTrade === 'empty') return at;
    return writeDecimal(value, bit === 8 ? dialect.priceDecimals : dialect.volumeDecimals, bytes, at);
  }
}
