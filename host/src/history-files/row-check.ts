import { NO_PRICE_YET, TickWriter } from '@tickhub/plugin-sdk/files';
import type { FileDialect, FileTicks } from '@tickhub/plugin-sdk/files';
import type { ImportNote } from './import-note.ts';

/** What is kept of odd rows, at most: it has to fit into one record. */
const MAX_KEPT_ROWS = 10_000;
const MAX_KEPT_BYTES = 262_144;

const text = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');

/**
 * Watches an import and keeps what its dialect would not give again byte for byte. A block is written again and compared whole, and row by row only
 * where that differs, so a file of one form costs one comparison a block.
 */
export class RowCheck {
  prologue = '';
  readonly kept: ImportNote['kept'] = [];
  readonly #writer: TickWriter;
  readonly #header: string;
  #keptBytes = 0;
  /** Characters of the file that can be written again. */
  #covered = 0;
  #begun = false;
  /** Lines before the first tick that were told for another reason than that they have one side. */
  #badBefore = false;
  #oneSidedBefore = false;

  constructor(dialect: FileDialect) {
    this.#writer = new TickWriter(dialect);
    this.#header = this.#writer.header().toString('latin1');
  }

  badLine(what: string): void {
    if (this.#begun) return;
    if (what === NO_PRICE_YET) this.#oneSidedBefore = true;
    else this.#badBefore = true;
  }

  /** Takes the next rows of the file. @param ordinals of each, within its millisecond. */
  block(chunk: Uint8Array, rows: FileTicks, ordinals: Uint32Array): void {
    const from = rows.start[0] as number;
    const to = rows.end[rows.count - 1] as number;
    if (!this.#begun) this.#begin(text(chunk, 0, from));
    const written = this.#writer.write(rows, 0, rows.count);
    if (to - from === written.byteLength && written.compare(chunk, from, to) === 0) {
      this.#covered += to - from;
      return;
    }
    for (let i = 0; i < rows.count; i++) {
      const start = rows.start[i] as number;
      const end = rows.end[i] as number;
      const row = this.#writer.write(rows, i, i + 1);
      if (row.byteLength === end - start && row.compare(chunk, start, end) === 0) this.#covered += end - start;
      else this.#keep(rows.time[i] as number, ordinals[i] as number, text(chunk, start, end));
    }
  }

  /** Whether all of a file of so many characters can be written again; asked at its end. */
  covers(characters: number): boolean {
    return this.#begun && this.#covered === characters;
  }

  #begin(before: string): void {
    this.#begun = true;
    // A header that is no Latin text was narrowed to question marks.
    if (!before.startsWith(this.#header) || this.#header.includes('?')) return;
    this.#covered += this.#header.length;
    if (this.#oneSidedBefore && !this.#badBefore) this.prologue = before.slice(this.#header.length);
    this.#covered += this.prologue.length;
    this.#keptBytes += this.prologue.length;
  }

  #keep(time: number, ordinal: number, row: string): void {
    if (this.kept.length >= MAX_KEPT_ROWS || this.#keptBytes + row.length > MAX_KEPT_BYTES) return;
    this.#keptBytes += row.length;
    this.#covered += row.length;
    this.kept.push([time, ordinal, row]);
  }
}
