import { writeDecimal, writeText } from './decimal-writer.ts';
import { DateWriter, writeTimeOfDay } from './wall-time.ts';
import type { FileBars, FileTicks } from './columns.ts';
import type { FileDialect, FileField } from './dialect.ts';

/** The most bytes that a row takes: 64 cells, of which 16 are filled. */
const MAX_ROW = 1_024;
const VALUE_BITS = { bid: 2, ask: 4, last: 8, volume: 16 } as const;

/** Writes rows in a file's dialect, into a buffer that is used again. The bytes are one to a character; {@link encodeText} makes them the file's. */
abstract class RowWriter<C> {
  protected readonly dialect: FileDialect;
  protected bytes: Buffer = Buffer.allocUnsafe(1 << 16);
  readonly #dates: DateWriter;
  readonly #delimiter: number;

  constructor(dialect: FileDialect) {
    this.dialect = dialect;
    this.#dates = new DateWriter(dialect.dateSeparator.charCodeAt(0));
    this.#delimiter = dialect.delimiter.charCodeAt(0);
  }

  /** The header with its newline, or nothing. */
  header(): Buffer {
    const { header, newline } = this.dialect;
    return Buffer.from(header === null ? '' : header + newline, 'latin1');
  }

  /** Rows `[from, to)`; the bytes hold until the next call. */
  write(columns: C, from: number, to: number): Buffer {
    const needed = (to - from) * MAX_ROW;
    if (this.bytes.byteLength < Math.min(needed, 1 << 22)) this.bytes = Buffer.allocUnsafe(Math.min(needed, 1 << 22));
    let at = 0;
    for (let i = from; i < to; i++) {
      if (this.bytes.byteLength - at < MAX_ROW) this.bytes = Buffer.concat([this.bytes], this.bytes.byteLength * 2);
      at = this.#row(columns, i, at);
    }
    return this.bytes.subarray(0, at);
  }

  #row(columns: C, i: number, start: number): number {
    const { fields, newline, shortRows } = this.dialect;
    let at = start;
    let filledUntil = start;
    for (let field = 0; field < fields.length; field++) {
      if (field > 0) this.bytes[at++] = this.#delimiter;
      const end = this.cell(fields[field] as FileField, columns, i, at);
      if (end > at) filledUntil = end;
      at = end;
    }
    if (shortRows) at = filledUntil;
    return writeText(newline, this.bytes, at);
  }

  /** Writes one cell at `at`; returns where it ended. */
  protected abstract cell(field: FileField, columns: C, i: number, at: number): number;

  protected timeCell(field: FileField, time: number, at: number): number {
    if (field === 'time_msc') return writeDecimal(time, 0, this.bytes, at);
    if (field === 'time') return writeTimeOfDay(((time % 86_400_000) + 86_400_000) % 86_400_000, this.dialect.timeWidth, this.bytes, at);
    if (field !== 'date') return at;
    const intoDay = this.#dates.write(time, this.bytes, at);
    if (this.dialect.fields.includes('time') || (this.dialect.kind === 'bars' && intoDay === 0)) return at + 10;
    // Date and time in one cell.
    this.bytes[at + 10] = 32;
    return writeTimeOfDay(intoDay, this.dialect.timeWidth, this.bytes, at + 11);
  }
}

/** Writes rows of ticks. */
export class TickWriter extends RowWriter<FileTicks> {
  /** Whether the next row gives both prices, whatever changed: the first row of a file that is to be read on its own. */
  #whole = false;

  /** The next row gives both prices, whatever its flags say. */
  beginWhole(): this {
    this.#whole = true;
    return this;
  }

  protected cell(field: FileField, ticks: FileTicks, i: number, at: number): number {
    const { priceDecimals, volumeDecimals, zeroLast, zeroVolume } = this.dialect;
    if (field === 'bid' || field === 'ask' || field === 'last' || field === 'volume') {
      const value = ticks[field][i] as number;
      const changed = ((ticks.flags[i] as number) & VALUE_BITS[field]) !== 0;
      if (field === 'last' || field === 'volume') {
        const zero = field === 'last' ? zeroLast : zeroVolume;
        // An empty cell would be the value before, so a change to 0 is spelt out.
        if (value === 0) return writeText(zero === '' && changed ? '0' : zero, this.bytes, at);
      } else if (this.#whole) {
        if (field === 'ask') this.#whole = false;
        return writeDecimal(value, priceDecimals, this.bytes, at);
      }
      const unchanged = field === 'last' || field === 'volume' ? this.dialect.unchangedTrade : this.dialect.unchangedQuote;
      if (unchanged === 'empty' && !changed) return at;
      return writeDecimal(value, field === 'volume' ? volumeDecimals : priceDecimals, this.bytes, at);
    }
    if (field === 'flags') return writeDecimal((ticks.flags[i] as number) & 0x7e, 0, this.bytes, at);
    return this.timeCell(field, ticks.time[i] as number, at);
  }
}

/** Writes rows of bars. */
export class BarWriter extends RowWriter<FileBars> {
  protected cell(field: FileField, bars: FileBars, i: number, at: number): number {
    switch (field) {
      case 'open':
      case 'high':
      case 'low':
      case 'close':
        return writeDecimal(bars[field][i] as number, this.dialect.priceDecimals, this.bytes, at);
      case 'volume':
        if (bars.volume[i] === 0) return writeText(this.dialect.zeroVolume, this.bytes, at);
        return writeDecimal(bars.volume[i] as number, this.dialect.volumeDecimals, this.bytes, at);
      case 'ticks':
      case 'spread':
        return writeDecimal(bars[field][i] as number, null, this.bytes, at);
      default:
        return this.timeCell(field, bars.time[i] as number, at);
    }
  }
}
