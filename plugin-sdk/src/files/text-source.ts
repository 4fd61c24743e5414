import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { DataFileError } from './errors.ts';
import { detectEncoding, Utf16Narrower, type TextEncoding } from './text-encoding.ts';

const READ_BYTES = 262_144;

/** The text of a file, a byte a character, unpacked by what its first bytes say: gzip, zstd, or as it is. Read as it is asked for and never whole. */
export class TextSource {
  readonly path: string;
  /** Known once {@link next} has answered. */
  encoding: TextEncoding = 'utf-8';
  bom = false;
  /** Bytes of the file that were read so far, and that it has. */
  readBytes = 0;
  size = 0;
  /** That were handed out so far. */
  characters = 0;
  readonly #digest: Hash | null;
  #handle: FileHandle | null = null;
  #pieces: AsyncIterator<Buffer> | null = null;
  #stream: Readable | null = null;
  #narrower: Utf16Narrower | null = null;
  #started = false;
  #closed = false;

  /** @param digested whether {@link sha256} is wanted. */
  constructor(path: string, digested = false) {
    this.path = path;
    this.#digest = digested ? createHash('sha256') : null;
  }

  /** Of all bytes read so far, unpacked; hex. Once, at the end. */
  sha256(): string {
    return this.#digest?.digest('hex') ?? '';
  }

  /**
   * The next piece, null at the end.
   * @throws {DataFileError} when the file is missing, may not be read, or is damaged.
   */
  async next(): Promise<Uint8Array | null> {
    try {
      this.#pieces ??= await this.#open();
      for (;;) {
        const piece = this.#started ? await this.#piece() : await this.#first();
        if (piece !== null && piece.byteLength === 0) continue;
        this.characters += piece?.byteLength ?? 0;
        return piece;
      }
    } catch (error) {
      throw error instanceof DataFileError ? error : new DataFileError(this.path, remedy(error));
    }
  }

  async #open(): Promise<AsyncIterator<Buffer>> {
    const handle = await open(this.path);
    this.#handle = handle;
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new DataFileError(this.path, 'it is a folder; name the files in it');
    this.size = stat.size;
    const magic = Buffer.alloc(4);
    await handle.read(magic, 0, 4, 0);
    const file = Readable.from(this.#fileBytes(handle), { objectMode: false, highWaterMark: READ_BYTES });
    const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
    const isZstd = magic.readUInt32LE(0) === 0xfd2fb528;
    const options = { chunkSize: READ_BYTES };
    const unpack = isZstd ? createZstdDecompress(options) : isGzip ? createGunzip(options) : null;
    // Errors reach the reader of the last stream; the pipeline's own callback has nothing to add.
    const stream: Readable = unpack === null ? file : pipeline(file, unpack, () => undefined);
    this.#stream = stream;
    if (this.#closed) stream.destroy();
    return stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async *#fileBytes(handle: FileHandle): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafe(READ_BYTES);
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, this.readBytes);
        if (bytesRead === 0) return;
        this.readBytes += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await this.#release();
    }
  }

  async #first(): Promise<Uint8Array | null> {
    this.#started = true;
    let start = await this.#raw();
    while (start !== null && start.byteLength < 3) {
      const more = await this.#raw();
      if (more === null) break;
      start = Buffer.concat([start, more]);
    }
    if (start === null) return null;
    const { encoding, markBytes } = detectEncoding(start);
    this.encoding = encoding;
    this.bom = markBytes > 0;
    if (encoding !== 'utf-8') this.#narrower = new Utf16Narrower(encoding);
    return this.#narrow(start.subarray(markBytes));
  }

  async #piece(): Promise<Uint8Array | null> {
    const piece = await this.#raw();
    return piece === null ? null : this.#narrow(piece);
  }

  async #raw(): Promise<Buffer | null> {
    const next = await this.#pieces?.next();
    if (next === undefined || next.done === true) return null;
    this.#digest?.update(next.value);
    return next.value;
  }

  #narrow(piece: Uint8Array): Uint8Array {
    return this.#narrower === null ? piece : this.#narrower.push(piece);
  }

  /** Lets go of the file; a piece that is being waited for comes to nothing. */
  close(): void {
    this.#closed = true;
    this.#stream?.destroy();
    void this.#release();
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => undefined);
  }
}

function remedy(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'there is no such file; see the path';
  if (code === 'EACCES' || code === 'EPERM' || code === 'ERR_ACCESS_DENIED')
    return 'this file may not be read; put it where it may be, or give the right to it';
  return `it is damaged or not what it seems (${code || String(error)})`;
}
