/**
 * A file that holds disk space for bad days. Removing rows takes space, too: SQLite writes the changed pages to its log first. On a full disk
 * the ballast is given up, so that the log can be written back and acknowledged frames can go; nothing new is written until it is back
 * or the database has free pages of its own.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import nodePath from 'node:path';

const PIECE = 65_536;
const MOST = 4 * 1_048_576;
const LEAST = 256 * 1_024;

export class Ballast {
  readonly path: string;
  readonly bytes: number;
  #whole = false;

  constructor(path: string, bytes: number) {
    this.path = path;
    this.bytes = bytes;
  }

  get whole(): boolean {
    return this.#whole;
  }

  /** Takes the space, if it is there to be had. */
  restore(): boolean {
    if (this.#whole) return true;
    if (this.#sizeOnDisk() === this.bytes) return (this.#whole = true);
    try {
      const file = openSync(this.path, 'w');
      try {
        // Random bytes, so that a file system that compresses holds the space all the same.
        const piece = randomFillSync(new Uint8Array(PIECE));
        for (let at = 0; at < this.bytes;) at += writeSync(file, piece, 0, Math.min(PIECE, this.bytes - at));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      return (this.#whole = true);
    } catch {
      // Whatever the reason, there is no reserve; what was written of it must not take the last bytes.
      this.release();
      return false;
    }
  }

  release(): void {
    this.#whole = false;
    rmSync(this.path, { force: true });
  }

  #sizeOnDisk(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

/**
 * How large the log may grow before it is written back, and with it the reserve that makes that possible: 4 MiB, less where the budget or the disk
 * is small.
 */
export function logBytesFor(path: string, budgetBytes: number): number {
  let free = Infinity;
  try {
    const { bavail, bsize } = statfsSync(nodePath.dirname(path));
    free = bavail * bsize;
  } catch {
    // The folder is not there yet; opening makes it, or says why not.
  }
  const wished = Math.min(MOST, budgetBytes / 8, free / 8);
  return Math.max(LEAST, Math.floor(wished / PIECE) * PIECE);
}
