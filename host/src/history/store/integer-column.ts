/**
 * A column of small whole numbers as bytes. The first byte says how it is kept:
 * - 3 runs: varint value and varint length, until all are there.
 * - 4 dictionary: u8 bits b (1, 2, 4 or 8), varint size, the values as varints, then an index of b bits each, from the low bits up.
 * - 5 counted: varint ordinal of the first tick; each other one is one more than the one before where their times are equal, otherwise 0.
 */
import { BlobFormatError, ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

const RUNS = 3;
const DICTIONARY = 4;
const COUNTED = 5;

type Integers = Uint32Array | Uint16Array;

/** Ordinals, which nearly always follow from the times. */
export function writeOrdinals(out: ByteWriter, ordinals: Uint32Array, time: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    if (ordinals[i] === (time[i] === time[i - 1] ? (ordinals[i - 1] as number) + 1 : 0)) continue;
    writeRuns(out, ordinals, from, to);
    return;
  }
  out.u8(COUNTED);
  out.varint(ordinals[from] as number);
}

export function writeFlags(out: ByteWriter, flags: Uint16Array, from: number, to: number): void {
  const values: number[] = [];
  let runs = 1;
  let before = -1;
  for (let i = from; i < to; i++) {
    const value = flags[i] as number;
    if (value === before) continue;
    before = value;
    runs++;
    if (indexOf[value] !== 0) continue;
    values.push(value);
    indexOf[value] = values.length;
  }
  const bits = [1, 2, 4, 8].find((b) => values.length <= 2 ** b);
  // A run takes two bytes or three.
  if (bits === undefined || runs * 2 <= ((to - from) * bits) / 8 + 2 + values.length) writeRuns(out, flags, from, to);
  else writeDictionary(out, flags, from, to, bits, values);
  for (const value of values) indexOf[value] = 0;
}

/** Of a flag's value in the dictionary that is being made, from 1; 0 where it is not in it. All 0 between two columns. */
const indexOf = new Uint32Array(65_536);

function writeDictionary(out: ByteWriter, flags: Uint16Array, from: number, to: number, bits: number, values: readonly number[]): void {
  out.u8(DICTIONARY);
  out.u8(bits);
  out.varint(values.length);
  for (const value of values) out.varint(value);
  let packed = 0;
  let filled = 0;
  for (let i = from; i < to; i++) {
    packed |= ((indexOf[flags[i] as number] as number) - 1) << filled;
    filled += bits;
    if (filled < 8) continue;
    out.u8(packed);
    packed = filled = 0;
  }
  if (filled > 0) out.u8(packed);
}

function writeRuns(out: ByteWriter, values: Integers, from: number, to: number): void {
  out.u8(RUNS);
  for (let i = from; i < to;) {
    const value = values[i] as number;
    let end = i + 1;
    while (end < to && values[end] === value) end++;
    out.varint(value);
    out.varint(end - i);
    i = end;
  }
}

/** @param time the times of the same ticks, at the same places. @throws {BlobFormatError} */
export function readIntegers(bytes: Uint8Array, target: Integers, time: Float64Array, at: number, count: number): void {
  const reader = new ByteReader(bytes);
  const end = at + count;
  const kind = reader.u8();
  if (kind === RUNS) {
    for (let i = at; i < end;) {
      const value = reader.varint();
      const next = i + reader.varint();
      if (next <= i || next > end) throw new BlobFormatError('a run is of another length');
      target.fill(value, i, next);
      i = next;
    }
  } else if (kind === DICTIONARY) {
    readDictionary(reader, target, at, count);
  } else if (kind === COUNTED) {
    target[at] = reader.varint();
    for (let i = at + 1; i < end; i++) target[i] = time[i] === time[i - 1] ? (target[i - 1] as number) + 1 : 0;
  } else {
    throw new BlobFormatError(`a column is kept in a way of a later version (${kind})`);
  }
}

function readDictionary(reader: ByteReader, target: Integers, at: number, count: number): void {
  const bits = reader.u8();
  if (![1, 2, 4, 8].includes(bits)) throw new BlobFormatError(`${bits} bits are none of 1, 2, 4 and 8`);
  const size = reader.varint();
  if (size > 256) throw new BlobFormatError(`a dictionary of ${size} values`);
  const values = Uint32Array.from({ length: size }, () => reader.varint());
  const packed = reader.bytes(Math.ceil((count * bits) / 8));
  const mask = (1 << bits) - 1;
  const perByte = 8 / bits;
  for (let i = 0; i < count; i++) {
    const value = values[((packed[Math.floor(i / perByte)] as number) >>> ((i % perByte) * bits)) & mask];
    if (value === undefined) throw new BlobFormatError('an index is beyond its dictionary');
    target[at + i] = value;
  }
}
