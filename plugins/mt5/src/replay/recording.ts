import { DataFile, DataFileError, type BlockReader, type FileTicks, type OnBadLine } from '@tickhub/plugin-sdk/files';
import type { Log } from '@tickhub/plugin-sdk';

const TOLD_LINES = 5;

/** Counts what could not be read of all files, and tells the first lines of each. */
export class ReadTroubles {
  badLines = 0;
  /** Files that ended early, with the reason. */
  readonly damaged = new Map<string, DataFileError>();
  readonly #log: Log;
  readonly #perFile = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  badLine(file: string, line: number, what: string): void {
    // A loop reads the same line again.
    const key = `${file}:${line}`;
    if (this.#seen.has(key)) return;
    if (this.#seen.size < 100_000) this.#seen.add(key);
    this.badLines++;
    const n = (this.#perFile.get(file) ?? 0) + 1;
    this.#perFile.set(file, n);
    if (n <= TOLD_LINES) this.#log.warn(`${file}, line ${line}: ${what}; the line is skipped`, { file, line });
    if (n === TOLD_LINES) this.#log.warn(`${file}: further bad lines are counted and not told`, { file });
  }

  fileEnded(error: DataFileError, file: string): void {
    if (!this.damaged.has(file)) this.#log.error(error.message, { file, code: error.code });
    this.damaged.set(file, error);
  }
}

/** A file that is opened when its first ticks are asked for, and may be closed at any time. */
class OpenFile {
  readonly #path: string;
  readonly #onBadLine: OnBadLine;
  #file: DataFile | null = null;
  #blocks: BlockReader<FileTicks> | null = null;
  #closed = false;

  constructor(path: string, onBadLine: OnBadLine) {
    this.#path = path;
    this.#onBadLine = onBadLine;
  }

  async next(): Promise<FileTicks | null> {
    if (this.#blocks === null) {
      this.#file = await DataFile.open(this.#path);
      if (this.#closed) this.#file.close();
      this.#blocks = this.#file.ticks(this.#onBadLine);
    }
    return this.#closed ? null : this.#blocks.next();
  }

  close(): void {
    this.#closed = true;
    this.#file?.close();
  }
}

/** The files of one symbol, one after the other, in time order. */
export class Recording {
  readonly #paths: readonly string[];
  readonly #troubles: ReadTroubles;
  #index = 0;
  #open: OpenFile | null = null;
  #timeBefore = -Infinity;

  constructor(paths: readonly string[], troubles: ReadTroubles) {
    this.#paths = paths;
    this.#troubles = troubles;
  }

  /** The next ticks, valid until the next call; null at the end. A file that cannot be read is told and left. */
  async next(): Promise<FileTicks | null> {
    for (;;) {
      const path = this.#paths[this.#index];
      if (path === undefined) return null;
      const open = (this.#open ??= new OpenFile(path, (line, what) => this.#troubles.badLine(path, line, what)));
      let block: FileTicks | null = null;
      try {
        block = await open.next();
      } catch (error) {
        if (!(error instanceof DataFileError)) throw error;
        this.#troubles.fileEnded(error, path);
      }
      // Closed meanwhile.
      if (this.#open !== open) return null;
      if (block === null) {
        open.close();
        this.#open = null;
        this.#index++;
        continue;
      }
      // Within a file time does not go back; only the first ticks of a file may lie before the end of the one before it.
      const dropped = this.#dropBefore(block, this.#timeBefore);
      if (dropped > 0) this.#troubles.badLine(path, 0, `${dropped} ticks lie before the end of the file before it`);
      if (block.count === 0) continue;
      this.#timeBefore = block.time[block.count - 1] ?? this.#timeBefore;
      return block;
    }
  }

  #dropBefore(block: FileTicks, time: number): number {
    let n = 0;
    while (n < block.count && (block.time[n] ?? 0) < time) n++;
    if (n === 0) return 0;
    for (const column of [block.time, block.bid, block.ask, block.last, block.volume, block.flags]) column.copyWithin(0, n, block.count);
    block.count -= n;
    return n;
  }

  close(): void {
    this.#open?.close();
    this.#open = null;
    this.#index = this.#paths.length;
  }
}
