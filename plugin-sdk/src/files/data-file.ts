import { fileBars, fileTicks, type FileBars, type FileTicks, type RowColumns } from './columns.ts';
import { detectDialect } from './detect-dialect.ts';
import type { FileDialect } from './dialect.ts';
import { DataFileError } from './errors.ts';
import { BarRows } from './bar-rows.ts';
import { TickRows } from './tick-rows.ts';
import { TextSource } from './text-source.ts';
import type { OnBadLine, Rows } from './rows.ts';

const BLOCK_ROWS = 4_096;
/** The dialect is found from so much of the file. */
const SAMPLE_BYTES = 65_536;

/** What blocks are read through: rows of one kind, in file order. */
export interface BlockReader<C extends RowColumns> {
  /** The bytes that the block's `start` and `end` point into. */
  readonly chunk: Uint8Array;
  /**
   * The next rows, valid until the next call; null at the end.
   * @throws {DataFileError} when the file is damaged. What came before it was good.
   */
  next(): Promise<C | null>;
}

/**
 * A file of ticks or bars: MetaTrader 5's exports and what is like them (see {@link FileDialect}), as they are or packed with gzip or zstd. Read as it
 * is asked for, never whole.
 */
export class DataFile {
  readonly path: string;
  readonly dialect: FileDialect;
  readonly #source: TextSource;
  readonly #start: Uint8Array;

  private constructor(source: TextSource, dialect: FileDialect, start: Uint8Array) {
    this.path = source.path;
    this.dialect = dialect;
    this.#source = source;
    this.#start = start;
  }

  /**
   * Opens the file and finds out what it is. Close it.
   * @param options.digested whether {@link sha256} will be asked.
   * @throws {DataFileError} when it is missing, may not be read, or has neither ticks nor bars.
   */
  static async open(path: string, options: { readonly digested?: boolean } = {}): Promise<DataFile> {
    const source = new TextSource(path, options.digested);
    try {
      let start: Uint8Array = new Uint8Array(0);
      let ended = false;
      while (!ended && start.byteLength < SAMPLE_BYTES) {
        const piece = await source.next().catch((error: DataFileError) => {
          // What is readable of a damaged file is good; the damage is told when reading comes to it.
          if (start.byteLength === 0) throw error;
          return null;
        });
        if (piece === null) ended = true;
        else start = start.byteLength === 0 ? piece : Buffer.concat([start, piece]);
      }
      const lastNewline = start.lastIndexOf(10);
      const whole = ended || lastNewline < 0 ? start.byteLength : lastNewline + 1;
      const sample = start.subarray(0, Math.min(whole, SAMPLE_BYTES * 4));
      return new DataFile(source, detectDialect(path, sample, { encoding: source.encoding, bom: source.bom }), start);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  /** Bytes read of the file, and all that it has; packed where it is packed. */
  get progress(): { readonly read: number; readonly size: number } {
    return { read: this.#source.readBytes, size: this.#source.size };
  }

  /** Characters read so far, of the text unpacked and without its mark. */
  get characters(): number {
    return this.#source.characters;
  }

  /** Of the file, unpacked, in hex; once, when all of it was read. Empty unless it was opened for that. */
  sha256(): string {
    return this.#source.sha256();
  }

  /** @throws {DataFileError} when the file has bars. Call it once. */
  ticks(onBadLine: OnBadLine, capacity = BLOCK_ROWS): BlockReader<FileTicks> {
    if (this.dialect.kind !== 'ticks') throw new DataFileError(this.path, 'it has bars, not ticks; `tickhub history import` takes it');
    return new Blocks(
      this.#source,
      this.#start,
      new TickRows(this.path, this.dialect, onBadLine),
      fileTicks(capacity, this.dialect.fields.includes('flags')),
    );
  }

  /** @throws {DataFileError} when the file has ticks. Call it once. */
  bars(onBadLine: OnBadLine, capacity = BLOCK_ROWS): BlockReader<FileBars> {
    if (this.dialect.kind !== 'bars') throw new DataFileError(this.path, 'it has ticks, not bars');
    return new Blocks(this.#source, this.#start, new BarRows(this.path, this.dialect, onBadLine), fileBars(capacity));
  }

  close(): void {
    this.#source.close();
  }
}

class Blocks<C extends RowColumns> implements BlockReader<C> {
  chunk: Uint8Array;
  readonly #source: TextSource;
  readonly #rows: Rows<C>;
  readonly #block: C;
  #at = 0;
  #ended = false;

  constructor(source: TextSource, start: Uint8Array, rows: Rows<C>, block: C) {
    this.#source = source;
    this.chunk = start;
    this.#rows = rows;
    this.#block = block;
  }

  async next(): Promise<C | null> {
    const block = this.#block;
    block.count = 0;
    for (;;) {
      this.#at = this.#rows.read(this.chunk, this.#at, this.#ended, block);
      if (block.count > 0) return block;
      if (this.#ended) return null;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const piece = await this.#source.next();
    if (piece === null) {
      this.#ended = true;
      return;
    }
    const rest = this.chunk.subarray(this.#at);
    this.chunk = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece]);
    this.#at = 0;
  }
}
