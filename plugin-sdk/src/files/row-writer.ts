import { writeDecimal, writeText } from './decimal-writer.ts';
import { DateWriter, writeTimeOfDay } from './wall-time.ts';
import type { RowColumns } from './columns.ts';
import type { FileDialect, FileField } from './dialect.ts';

const DAY_MS = 86_400_000;
/** The most bytes that a row takes: 64 cells, of which 16 are filled. */
const MAX_ROW = 1_024;
const FIRST_BYTES = 65_536;

/** Writes rows in a file's dialect, into a buffer that is used again. The bytes are one to a character; `encodeText` makes them the file's. */
export abstract class RowWriter<C extends RowColumns> {
  protected readonly dialect: FileDialect;
  protected readonly delimiter: number;
  protected bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  readonly #dates: DateWriter;
  readonly #dateAlone: boolean;

  constructor(dialect: FileDialect) {
    this.dialect = dialect;
    this.delimiter = dialect.delimiter.charCodeAt(0);
    this.#dates = new DateWriter(dialect.dateSeparator.charCodeAt(0));
    this.#dateAlone = dialect.fields.includes('time');
  }

  /** The header with its newline, or nothing. */
  header(): Buffer {
    const { header, newline } = this.dialect;
    return Buffer.from(header === null ? '' : header + newline, 'latin1');
  }

  /** Rows `[from, to)`; the bytes hold until the next call. */
  write(columns: C, from: number, to: number): Buffer {
    let at = 0;
    for (let i = from; i < to; i++) {
      if (this.bytes.byteLength - at < MAX_ROW) this.bytes = Buffer.concat([this.bytes], this.bytes.byteLength * 2);
      at = this.row(columns, i, at);
    }
    return this.bytes.subarray(0, at);
  }

  /** Writes row `i` at `at`, its newline included; returns where it ended. */
  protected abstract row(columns: C, i: number, at: number): number;

  protected newline(at: number): number {
    return writeText(this.dialect.newline, this.bytes, at);
  }

  protected timeCell(field: FileField, time: number, at: number): number {
    if (field === 'time_msc') return writeDecimal(time, 0, this.bytes, at);
    if (field === 'time') return writeTimeOfDay(time - Math.floor(time / DAY_MS) * DAY_MS, this.dialect.timeWidth, this.bytes, at);
    if (field !== 'date') return at;
    const intoDay = this.#dates.write(time, this.bytes, at);
    if (this.#dateAlone || (this.dialect.kind === 'bars' && intoDay === 0)) return at + 10;
    // Date and time in one cell.
    this.bytes[at + 10] = 32;
    return writeTimeOfDay(intoDay, this.dialect.timeWidth, this.bytes, at + 11);
  }
}
