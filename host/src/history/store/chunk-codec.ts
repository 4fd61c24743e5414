/**
 * A chunk: ticks of one series as one blob, format 1. varint format, varint count, then for each column in the order time, origins, bid, ask, ordinal, flags, last, volume a varint with its
 * length in bytes, then the columns. `time`, prices and volume as in `number-column.ts` (times have 0 digits), `ordinal` and `flags` as in `integer-column.ts`, origins as in `origin-column.ts`.
 * Every column comes back bit for bit.
 */
import { BlobFormatError, ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readIntegers, writeFlags, writeOrdinals } from './integer-column.ts';
import { readNumbers, writeNumbers } from './number-column.ts';
import { readOrigins, writeOrigins } from './origin-column.ts';
import { ALL_COLUMNS } from './tick-run.ts';
import type { TickRun, WantedColumns } from './tick-run.ts';

const FORMAT = 1;
const COLUMNS = 8;
/** Lots are given in hundredths as a rule. */
const VOLUME_DIGITS = 2;

/** The most ticks in one chunk. */
export const MAX_CHUNK_TICKS = 32_768;

const column = new ByteWriter(1_048_576);
const columns = new ByteWriter(4 * 1_048_576);
const head = new ByteWriter(64);

/** Ticks `from` to `to` of a run; at least one, at most {@link MAX_CHUNK_TICKS}. @param digits of the symbol's prices. */
export function encodeChunk(run: TickRun, from: number, to: number, digits: number): Uint8Array {
  head.clear();
  columns.clear();
  head.varint(FORMAT);
  head.varint(to - from);
  const writers = [
    () => writeNumbers(column, run.time, from, to, 0),
    () => writeOrigins(column, run, from, to),
    () => writeNumbers(column, run.bid, from, to, digits),
    () => writeNumbers(column, run.ask, from, to, digits),
    () => writeOrdinals(column, run.ordinal, run.time, from, to),
    () => writeFlags(column, run.flags, from, to),
    () => writeNumbers(column, run.last, from, to, digits),
    () => writeNumbers(column, run.volume, from, to, VOLUME_DIGITS),
  ];
  for (const write of writers) {
    column.clear();
    write();
    head.varint(column.length);
    columns.bytes(column.written);
  }
  const chunk = new Uint8Array(head.length + columns.length);
  chunk.set(head.written);
  chunk.set(columns.written, head.length);
  return chunk;
}

/**
 * Appends a chunk's ticks to `run`. Columns that are not wanted are left as they were; time and utcOffset are always read.
 * @returns how many there were.
 * @throws {BlobFormatError}; the run's count is unchanged then.
 */
export function decodeChunk(chunk: Uint8Array, run: TickRun, wanted: WantedColumns = ALL_COLUMNS): number {
  const reader = new ByteReader(chunk);
  const format = reader.varint();
  if (format !== FORMAT) throw new BlobFormatError(`its format is ${format}, this build reads ${FORMAT}`);
  const count = reader.varint();
  if (count < 1 || count > MAX_CHUNK_TICKS) throw new BlobFormatError(`it has ${count} ticks`);
  const lengths = Array.from({ length: COLUMNS }, () => reader.varint());
  const parts = lengths.map((length) => reader.bytes(length));
  const at = run.count;
  run.reserve(at + count);
  const [time, origins, bid, ask, ordinal, flags, last, volume] = parts as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  readNumbers(time, run.time, at, count);
  readOrigins(origins, run, at, count, wanted.rest);
  if (wanted.bid) readNumbers(bid, run.bid, at, count);
  if (wanted.ask) readNumbers(ask, run.ask, at, count);
  if (wanted.last) readNumbers(last, run.last, at, count);
  if (wanted.volume) readNumbers(volume, run.volume, at, count);
  if (wanted.rest) {
    readIntegers(ordinal, run.ordinal, run.time, at, count);
    readIntegers(flags, run.flags, run.time, at, count);
  }
  run.count = at + count;
  return count;
}
