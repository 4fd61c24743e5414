/**
 * Finds the rows of a damaged spool without SQLite: goes through the pages of the file and of its log, takes each table leaf apart, follows overflow
 * chains, and leaves it to the rows' own checksums to say what is right. Needs no index, no schema, no free list.
 * Format: https://www.sqlite.org/fileformat2.html#b_tree_pages
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { HEAD_BYTES, isIntact, readHead } from '../frame-head.ts';
import type { FrameHead } from '../frame-head.ts';
import { PAGE_BYTES } from './database.ts';
import type { LogFile, LogPage } from './log-file.ts';
import { decodeRow } from './state-table.ts';
import type { StateRow } from './state-table.ts';

const TABLE_LEAF = 0x0d;
const CHUNK_PAGES = 256;
/** A row is one sealed frame: a pipe body of 4 MiB, its head, and SQLite's own few bytes. */
const MAX_PAYLOAD = 4 * 1_048_576 + 256;
/** What of a row lies on its leaf; the rest is on overflow pages. */
const LOCAL_MAX = PAGE_BYTES - 35;
const LOCAL_MIN = Math.floor(((PAGE_BYTES - 12) * 32) / 255) - 23;

export interface CarvedFrame {
  readonly fields: FrameHead;
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

type PageView = (page: number) => Uint8Array | null;

export class Carver {
  readonly #file: number | null;
  readonly #pages: number;
  readonly #log: LogFile;
  /** Ways to see a page, the newest first: a chain may have been overwritten in one and be whole in another. */
  readonly #views: readonly PageView[];

  constructor(path: string, log: LogFile) {
    this.#file = openOrNull(path);
    this.#pages = this.#file === null ? 0 : Math.ceil(fstatSync(this.#file).size / PAGE_BYTES);
    this.#log = log;
    this.#views = [
      ...(log.stray.length > 0 ? [this.#logView([...log.committed, ...log.stray])] : []),
      ...(log.committed.length > 0 ? [this.#logView(log.committed)] : []),
      (page) => this.#readPage(page),
    ];
  }

  /** Rows of the state tables whose checksum is right, of every age. */
  *stateRows(): Generator<StateRow> {
    for (const leaf of this.#leaves()) {
      for (const cell of cellsOf(leaf)) {
        // id NULL (the row id stands for it), data BLOB
        const columns = this.#payload(leaf, cell, (payload) => blobsOf(payload, 2));
        const row = columns === null ? null : decodeRow(columns[0]);
        if (row !== null) yield row;
      }
    }
  }

  /** Frames whose checksum is right, in no order, some more than once. */
  *frames(): Generator<CarvedFrame> {
    for (const leaf of this.#leaves()) yield* this.#framesOf(leaf);
  }

  /** Frames on the log's stray pages alone. */
  *strayFrames(): Generator<CarvedFrame> {
    for (const leaf of this.#logLeaves(this.#log.stray)) yield* this.#framesOf(leaf);
  }

  /** Frames on the pages of the log that SQLite sees. */
  *committedFrames(): Generator<CarvedFrame> {
    for (const leaf of this.#logLeaves(this.#log.committed)) yield* this.#framesOf(leaf);
  }

  /** Frames on the pages of the file itself. */
  *fileFrames(): Generator<CarvedFrame> {
    for (const leaf of this.#fileLeaves()) yield* this.#framesOf(leaf);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }

  *#framesOf(leaf: Uint8Array): Generator<CarvedFrame> {
    for (const cell of cellsOf(leaf)) {
      const frame = this.#payload(leaf, cell, (payload) => {
        // seq NULL (the row id stands for it), head BLOB, body BLOB
        const columns = blobsOf(payload, 3);
        const [head, body] = columns ?? [];
        if (head === undefined || body === undefined || head.byteLength !== HEAD_BYTES || !isIntact(head, body)) return null;
        const fields = readHead(head);
        return fields === null || fields.seq !== cell.rowId ? null : { fields, head, body };
      });
      if (frame !== null) yield frame;
    }
  }

  *#leaves(): Generator<Uint8Array> {
    yield* this.#logLeaves(this.#log.committed);
    yield* this.#logLeaves(this.#log.stray);
    yield* this.#fileLeaves();
  }

  *#logLeaves(pages: readonly LogPage[]): Generator<Uint8Array> {
    for (const { at } of pages) {
      if (this.#log.bytes[at] === TABLE_LEAF) yield this.#log.bytes.subarray(at, at + PAGE_BYTES);
    }
  }

  *#fileLeaves(): Generator<Uint8Array> {
    for (let first = 1; first <= this.#pages; first += CHUNK_PAGES) {
      const chunk = this.#readPages(first, Math.min(CHUNK_PAGES, this.#pages - first + 1));
      for (let at = 0; at < chunk.byteLength; at += PAGE_BYTES) {
        if (chunk[at] === TABLE_LEAF) yield chunk.subarray(at, at + PAGE_BYTES);
      }
    }
  }

  /** Gives `accept` the cell's whole payload, as one view of the pages after the other shows it, until it answers something. */
  #payload<T>(leaf: Uint8Array, cell: Cell, accept: (payload: Uint8Array) => T | null): T | null {
    if (cell.local === cell.length) return accept(copyOf(leaf, cell.at, cell.length));
    for (const view of this.#views) {
      const payload = assemble(leaf, cell, view);
      const accepted = payload === null ? null : accept(payload);
      if (accepted !== null) return accepted;
    }
    return null;
  }

  #logView(pages: readonly LogPage[]): PageView {
    const latest = new Map(pages.map(({ page, at }) => [page, at]));
    return (page) => {
      const at = latest.get(page);
      return at === undefined ? this.#readPage(page) : this.#log.bytes.subarray(at, at + PAGE_BYTES);
    };
  }

  #readPage(page: number): Uint8Array | null {
    return page >= 1 && page <= this.#pages ? this.#readPages(page, 1) : null;
  }

  #readPages(first: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count * PAGE_BYTES);
    if (this.#file === null) return bytes;
    try {
      readSync(this.#file, bytes, 0, bytes.byteLength, (first - 1) * PAGE_BYTES);
    } catch (error) {
      // A disk that cannot give one page back may give its neighbours.
      if (count > 1) for (let i = 0; i < count; i++) bytes.set(this.#readPages(first + i, 1), i * PAGE_BYTES);
      else if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
    }
    return bytes;
  }
}

interface Cell {
  readonly rowId: number;
  /** Bytes of the payload. */
  readonly length: number;
  /** Where its part on the leaf starts, and how long that is. */
  readonly at: number;
  readonly local: number;
}

function* cellsOf(leaf: Uint8Array): Generator<Cell> {
  const view = new DataView(leaf.buffer, leaf.byteOffset, leaf.byteLength);
  const count = Math.min(view.getUint16(3), (PAGE_BYTES - 8) >> 1);
  for (let i = 0; i < count; i++) {
    const start = view.getUint16(8 + 2 * i);
    const length = readVarint(leaf, start);
    const rowId = length === null ? null : readVarint(leaf, length.next);
    if (length === null || rowId === null || length.value > MAX_PAYLOAD) continue;
    const local = localBytes(length.value);
    const end = rowId.next + local + (local < length.value ? 4 : 0);
    if (end <= PAGE_BYTES) yield { rowId: rowId.value, length: length.value, at: rowId.next, local };
  }
}

function localBytes(length: number): number {
  if (length <= LOCAL_MAX) return length;
  const wished = LOCAL_MIN + ((length - LOCAL_MIN) % (PAGE_BYTES - 4));
  return wished <= LOCAL_MAX ? wished : LOCAL_MIN;
}

function assemble(leaf: Uint8Array, cell: Cell, view: PageView): Uint8Array | null {
  const payload = new Uint8Array(cell.length);
  payload.set(leaf.subarray(cell.at, cell.at + cell.local));
  let next = uint32(leaf, cell.at + cell.local);
  // The length bounds the walk: a chain in a circle ends with it.
  for (let at = cell.local; at < cell.length;) {
    const page = view(next);
    if (page === null || page.byteLength < PAGE_BYTES) return null;
    const take = Math.min(PAGE_BYTES - 4, cell.length - at);
    payload.set(page.subarray(4, 4 + take), at);
    at += take;
    next = uint32(page, 0);
  }
  return payload;
}

/** The blobs of a record that is a NULL and then `columns - 1` blobs; null when it is another. */
function blobsOf(payload: Uint8Array, columns: number): Uint8Array[] | null {
  const header = readVarint(payload, 0);
  if (header === null || header.value > 32) return null;
  let at = header.next;
  const lengths: number[] = [];
  while (at < header.value) {
    const serial = readVarint(payload, at);
    if (serial === null) return null;
    at = serial.next;
    const isBlob = serial.value >= 12 && serial.value % 2 === 0;
    if (lengths.length === 0 ? serial.value !== 0 : !isBlob) return null;
    lengths.push(lengths.length === 0 ? 0 : (serial.value - 12) / 2);
  }
  if (lengths.length !== columns) return null;
  const blobs: Uint8Array[] = [];
  let from = header.value;
  for (const length of lengths.slice(1)) {
    if (from + length > payload.byteLength) return null;
    // A copy, as a body has to start at a multiple of 8.
    blobs.push(copyOf(payload, from, length));
    from += length;
  }
  return blobs;
}

/** SQLite's variable-length integer: big endian, seven bits a byte, eight in a ninth. Null when it does not end, or is beyond 2^53. */
function readVarint(bytes: Uint8Array, at: number): { value: number; next: number } | null {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    value = i === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) return null;
    if (byte < 0x80 || i === 8) return { value, next: at + i + 1 };
  }
  return null;
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

function copyOf(bytes: Uint8Array, from: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(from, from + length));
  return copy;
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch {
    return null;
  }
}
