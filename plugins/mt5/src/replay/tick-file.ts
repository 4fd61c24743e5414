import { createReadStream, type ReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { ReplayFileError } from './errors.ts';
import { tickColumns, TickLines, type OnBadLine, type TickColumns } from './tick-lines.ts';

const BLOCK_TICKS = 4_096;
const READ_BYTES = 65_536;

/** One recorded file (`.csv`, `.csv.gz`, `.csv.zst`), read as it is asked for and never whole. */
export class TickFile {
  readonly path: string;
  readonly #lines: TickLines;
  readonly #block = tickColumns(BLOCK_TICKS);
  readonly #source: ReadStream;
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #ended = false;

  constructor(path: string, onBadLine: OnBadLine) {
    this.path = path;
    this.#lines = new TickLines(path, onBadLine);
    this.#source = createReadStream(path, { highWaterMark: READ_BYTES });
    const unpack = path.endsWith('.zst') ? createZstdDecompress() : path.endsWith('.gz') ? createGunzip() : null;
    // Errors reach the reader of the last stream; the pipeline's own callback has nothing to add.
    const bytes = unpack === null ? this.#source : pipeline(this.#source, unpack, () => undefined);
    this.#chunks = bytes[Symbol.asyncIterator]();
  }

  /**
   * The next ticks, valid until the next call; null at the end.
   * @throws {ReplayFileError} when the file is missing, damaged, or not a CSV of ticks. What came before it was good.
   */
  async next(): Promise<TickColumns | null> {
    const block = this.#block;
    block.count = 0;
    while (block.count === 0) {
      this.#at = this.#lines.read(this.#chunk, this.#at, this.#ended, block);
      if (block.count > 0) return block;
      if (this.#ended) return null;
      await this.#more();
    }
    return block;
  }

  async #more(): Promise<void> {
    let next: IteratorResult<Buffer, unknown>;
    try {
      next = await this.#chunks.next();
    } catch (error) {
      throw new ReplayFileError(this.path, remedy(error));
    }
    if (next.done) {
      this.#ended = true;
      return;
    }
    const rest = this.#chunk.subarray(this.#at);
    this.#chunk = rest.byteLength === 0 ? next.value : Buffer.concat([rest, next.value]);
    this.#at = 0;
  }

  close(): void {
    this.#source.destroy();
    void this.#chunks.return?.().catch(() => undefined);
  }
}

function remedy(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'there is no such file; see plugins.mt5.files';
  if (code === 'EACCES' || code === 'EPERM' || code === 'ERR_ACCESS_DENIED')
    return 'this file may not be read; put it into the plugin folder or give the right to it';
  return `it is damaged or not what its name says (${code || String(error)})`;
}
