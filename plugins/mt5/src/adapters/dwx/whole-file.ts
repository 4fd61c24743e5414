import { open, stat, type FileHandle } from 'node:fs/promises';

/** A file that another program rewrites at any time, as one look found it. */
export type Look =
  | { readonly state: 'whole'; readonly text: string }
  | { readonly state: 'absent' }
  /** The writer, or a virus scanner, holds it. */
  | { readonly state: 'locked'; readonly code: string }
  /** It was being written. */
  | { readonly state: 'torn' }
  | { readonly state: 'too-large'; readonly bytes: number }
  | { readonly state: 'failed'; readonly error: Error };

/** Windows: opened by somebody who shares it with nobody. */
const LOCKED = new Set(['EBUSY', 'EPERM', 'EACCES']);
/** The file, or a folder on the way to it, is not there. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR']);
const FIRST_BYTES = 16_384;

const ABSENT_LOOK: Look = { state: 'absent' };
const TORN_LOOK: Look = { state: 'torn' };

/**
 * Reads a file that is rewritten in place, without ever taking half of it, or half of two versions, for the whole: a text counts when two passes over
 * the file, one after the other, find the same bytes. (A single pass may begin in one version and end in the next, with a price made of both.)
 */
export class WholeFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #open: typeof open;
  #first = Buffer.allocUnsafe(FIRST_BYTES);
  #second = Buffer.allocUnsafe(FIRST_BYTES);
  #mtimeNs = -1n;
  #size = -1n;

  constructor(path: string, maxBytes: number, opening: typeof open = open) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#open = opening;
  }

  /** Whether it was there when {@link changed} was last asked. */
  get there(): boolean {
    return this.#size !== -1n;
  }

  /** Whether size or time of change differ from the last call's. A file that came or went has changed. */
  async changed(): Promise<boolean> {
    let mtimeNs = -1n;
    let size = -1n;
    try {
      ({ mtimeNs, size } = await stat(this.path, { bigint: true }));
    } catch (error) {
      if (!ABSENT.has(codeOf(error))) return this.there;
    }
    if (mtimeNs === this.#mtimeNs && size === this.#size) return false;
    this.#mtimeNs = mtimeNs;
    this.#size = size;
    return true;
  }

  async look(): Promise<Look> {
    let handle: FileHandle;
    try {
      handle = await this.#open(this.path, 'r');
    } catch (error) {
      return fault(error);
    }
    try {
      const length = await this.#fill(handle, 'first');
      if (length > this.#maxBytes) return { state: 'too-large', bytes: length };
      const again = await this.#fill(handle, 'second');
      // Truncated, before its first byte is written.
      if (length === 0 || again !== length) return TORN_LOOK;
      if (this.#first.compare(this.#second, 0, length, 0, length) !== 0) return TORN_LOOK;
      return { state: 'whole', text: decode(this.#first.subarray(0, length)) };
    } catch (error) {
      return fault(error);
    } finally {
      // While it is open here, MetaTrader cannot open it to write.
      await handle.close().catch(() => undefined);
    }
  }

  /** Reads from the beginning to the end, or a little past the most that is allowed. Returns the length. */
  async #fill(handle: FileHandle, which: 'first' | 'second'): Promise<number> {
    let at = 0;
    for (;;) {
      let buffer = which === 'first' ? this.#first : this.#second;
      if (at === buffer.length) {
        const larger = Buffer.allocUnsafe(buffer.length * 2);
        buffer.copy(larger, 0, 0, at);
        buffer = larger;
        if (which === 'first') this.#first = larger;
        else this.#second = larger;
      }
      const { bytesRead } = await handle.read(buffer, at, buffer.length - at, at);
      if (bytesRead === 0) return at;
      at += bytesRead;
      if (at > this.#maxBytes) return at;
    }
  }
}

function fault(error: unknown): Look {
  const code = codeOf(error);
  if (ABSENT.has(code)) return ABSENT_LOOK;
  if (LOCKED.has(code)) return { state: 'locked', code };
  return { state: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const utf16 = new TextDecoder('utf-16le');
const ansi = new TextDecoder('windows-1252');

/** MQL5 writes text as ANSI (with `FILE_ANSI`, as the DWX server does) or as UTF-16 with a byte order mark; of ANSI only the code page is unknown. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return utf16.decode(bytes);
  try {
    return utf8.decode(bytes);
  } catch {
    return ansi.decode(bytes);
  }
}
