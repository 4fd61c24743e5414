/**
 * Reads a SQLite write-ahead log without SQLite, which stops at the first frame that fails its checksum and says nothing: what was committed behind it
 * would be lost in silence, and its seqs given out again. Format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PAGE_BYTES } from './database.ts';

const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;
const LOG_FRAME_BYTES = FRAME_HEADER_BYTES + PAGE_BYTES;

export interface LogPage {
  readonly page: number;
  /** Within {@link LogFile.bytes}. */
  readonly at: number;
}

export interface LogFile {
  readonly bytes: Uint8Array;
  /** Pages that SQLite sees: checksums hold, and a commit follows. In order of writing. */
  readonly committed: readonly LogPage[];
  /** Pages behind those that look like this log's: of a transaction that was cut off, or behind a damage. */
  readonly stray: readonly LogPage[];
  /** Whether there are pages of this log behind one that is damaged: more than a crash in the middle of a transaction leaves. */
  readonly suspicious: boolean;
}

const EMPTY: LogFile = { bytes: new Uint8Array(), committed: [], stray: [], suspicious: false };

export function readLogFile(path: string): LogFile {
  const bytes = readWhole(path);
  if (bytes === null || bytes.byteLength < LOG_HEADER_BYTES) return EMPTY;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sum = new Checksum(view, (view.getUint32(0) & 1) === 0);
  sum.add(0, 24);
  const headerIsSound =
    (view.getUint32(0) & ~1) === MAGIC &&
    view.getUint32(8) === PAGE_BYTES &&
    sum.first === view.getUint32(24) &&
    sum.second === view.getUint32(28);
  const salt1 = view.getUint32(16);
  const salt2 = view.getUint32(20);
  const committed: LogPage[] = [];
  const stray: LogPage[] = [];
  let open: LogPage[] = [];
  let chainHolds = headerIsSound;
  let suspicious = false;
  for (let at = LOG_HEADER_BYTES; at + LOG_FRAME_BYTES <= bytes.byteLength; at += LOG_FRAME_BYTES) {
    const ours = view.getUint32(at + 8) === salt1 && view.getUint32(at + 12) === salt2;
    const page: LogPage = { page: view.getUint32(at), at: at + FRAME_HEADER_BYTES };
    if (chainHolds) {
      sum.add(at, 8);
      sum.add(at + FRAME_HEADER_BYTES, PAGE_BYTES);
      if (ours && sum.first === view.getUint32(at + 16) && sum.second === view.getUint32(at + 20)) {
        open.push(page);
        if (view.getUint32(at + 4) !== 0) {
          committed.push(...open);
          open = [];
        }
        continue;
      }
      chainHolds = false;
      // A crash in the middle of a page ends the log like this, with nothing of ours behind it.
      if (ours) stray.push(page);
      continue;
    }
    // Older pages of the same file have other salts, unless the header, where the salts are, is the damaged one.
    if (!ours && headerIsSound) continue;
    stray.push(page);
    suspicious = true;
  }
  return { bytes, committed, stray: [...open, ...stray], suspicious };
}

/** The log's running checksum: two 32-bit sums over pairs of 32-bit words. */
class Checksum {
  first = 0;
  second = 0;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(view: DataView, little: boolean) {
    this.#view = view;
    this.#little = little;
  }

  add(from: number, length: number): void {
    let a = this.first;
    let b = this.second;
    for (let at = from; at < from + length; at += 8) {
      a = (a + this.#view.getUint32(at, this.#little) + b) >>> 0;
      b = (b + this.#view.getUint32(at + 4, this.#little) + a) >>> 0;
    }
    this.first = a;
    this.second = b;
  }
}

function readWhole(path: string): Uint8Array | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    const bytes = new Uint8Array(fstatSync(file).size);
    let at = 0;
    while (at < bytes.byteLength) {
      const got = readSync(file, bytes, at, bytes.byteLength - at, at);
      if (got === 0) break;
      at += got;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(file);
  }
}
