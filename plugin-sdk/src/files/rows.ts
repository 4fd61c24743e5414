import { DataFileError } from './errors.ts';
import type { RowColumns } from './columns.ts';

const NEWLINE = 10;
const RETURN = 13;
/** A longer line is no row of ticks or bars. */
const MAX_LINE = 4_096;

/** `line` counts from 1. */
export type OnBadLine = (line: number, what: string) => void;

/** Cuts bytes into lines and hands each to {@link row}. A bad line is told and set aside, the rest is read. */
export abstract class Rows<C extends RowColumns> {
  protected readonly file: string;
  /** The line in hand. */
  line = 0;
  readonly #onBadLine: OnBadLine;
  #headerDue: boolean;

  constructor(file: string, hasHeader: boolean, onBadLine: OnBadLine) {
    this.file = file;
    this.#headerDue = hasHeader;
    this.#onBadLine = onBadLine;
  }

  /** Reads the line in `bytes[from, to)`, its end cut off, into row `out.count`, and raises the count; or calls {@link bad}. */
  protected abstract row(bytes: Uint8Array, from: number, to: number, out: C): void;

  /**
   * Reads whole lines of `bytes` from `from` on into `out` until it is full; returns how far it got. With `final`, what follows the last
   * newline is a line too.
   * @throws {DataFileError} on a line that is too long to be one.
   */
  read(bytes: Uint8Array, from: number, final: boolean, out: C): number {
    let at = from;
    while (out.count < out.capacity) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline === -1 && (!final || at === bytes.byteLength)) {
        if (bytes.byteLength - at > MAX_LINE) throw this.#tooLong();
        return at;
      }
      const next = newline === -1 ? bytes.byteLength : newline + 1;
      let end = newline === -1 ? next : newline;
      if (end > at && bytes[end - 1] === RETURN) end--;
      this.line++;
      if (end - at > MAX_LINE) throw this.#tooLong(this.line);
      if (end > at) {
        if (this.#headerDue) this.#headerDue = false;
        else this.#place(bytes, at, end, next, out);
      }
      at = next;
    }
    return at;
  }

  #place(bytes: Uint8Array, from: number, to: number, next: number, out: C): void {
    const row = out.count;
    this.row(bytes, from, to, out);
    if (out.count === row) return;
    out.start[row] = from;
    out.end[row] = next;
  }

  protected bad(what: string): void {
    this.#onBadLine(this.line, what);
  }

  #tooLong(line = this.line + 1): DataFileError {
    return new DataFileError(this.file, `line ${line} is over ${MAX_LINE} bytes: not a file of ticks or bars`);
  }
}
