/**
 * Where ticks came from: when they were received, in which frame, at which offset from UTC; as runs of ticks of which all of it is equal. The first byte says how times
 * are kept; then per run, until all ticks are there:
 * - varint: twice the run's length, plus 1 where each tick counts as received at its own time in UTC (imports).
 * - zigzag varints: difference of utcOffset, and of seq, to those of the run before (at first 0).
 * - unless imported, receivedAt. 1, fine: zigzag varint; receivedAt minus the UTC of the run's first tick in units of 2^-12 ms (a double of today's epoch milliseconds has no
 *   finer ones), as difference to the same of the run before. 2, raw: f64.
 */
import { BlobFormatError, ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { TickRun } from './tick-run.ts';

const FINE = 1;
const RAW = 2;
const UNITS = 4_096;
const MAX_UNITS = 2 ** 51;

export function writeOrigins(out: ByteWriter, run: TickRun, from: number, to: number): void {
  const { utcOffset, receivedAt, seq } = run;
  const kind = isFine(run, from, to) ? FINE : RAW;
  out.u8(kind);
  let [offset, frame, delay] = [0, 0, 0];
  for (let i = from; i < to;) {
    const own = isOwn(run, i);
    let end = i + 1;
    while (
      end < to &&
      utcOffset[end] === utcOffset[i] &&
      seq[end] === seq[i] &&
      (own ? isOwn(run, end) : Object.is(receivedAt[end], receivedAt[i]) && !isOwn(run, end))
    )
      end++;
    out.varint((end - i) * 2 + (own ? 1 : 0));
    out.zigzag((utcOffset[i] as number) - offset);
    out.zigzag((seq[i] as number) - frame);
    offset = utcOffset[i] as number;
    frame = seq[i] as number;
    if (!own && kind === FINE) {
      const now = units(run, i);
      out.zigzag(now - delay);
      delay = now;
    } else if (!own) {
      out.f64(receivedAt[i] as number);
    }
    i = end;
  }
}

function isOwn(run: TickRun, i: number): boolean {
  return run.receivedAt[i] === run.utc(i);
}

function units(run: TickRun, i: number): number {
  return (run.receivedAt[i] as number) * UNITS - run.utc(i) * UNITS;
}

function isFine(run: TickRun, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const received = (run.receivedAt[i] as number) * UNITS;
    const utc = run.utc(i) * UNITS;
    // Whole numbers below 2^53 subtract exactly; what comes back must be the very double.
    if (!Number.isSafeInteger(received) || !Number.isSafeInteger(utc) || Math.abs(received - utc) >= MAX_UNITS) return false;
    if (received === 0 && Object.is(run.receivedAt[i], -0)) return false;
  }
  return true;
}

/** Reads the offsets, and with `all` the rest, of `count` ticks whose times are there. @throws {BlobFormatError} */
export function readOrigins(bytes: Uint8Array, run: TickRun, at: number, count: number, all: boolean): void {
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  if (kind !== FINE && kind !== RAW) throw new BlobFormatError(`times of receipt are kept in a way of a later version (${kind})`);
  let [offset, frame, delay] = [0, 0, 0];
  for (let i = at; i < at + count;) {
    const head = reader.varint();
    const end = i + Math.floor(head / 2);
    if (end <= i || end > at + count) throw new BlobFormatError('a run is of another length');
    offset += reader.zigzag();
    frame += reader.zigzag();
    run.utcOffset.fill(offset, i, end);
    const own = head % 2 === 1;
    let received = 0;
    if (!own && kind === FINE) {
      delay += reader.zigzag();
      received = (delay + run.utc(i) * UNITS) / UNITS;
    } else if (!own) {
      received = reader.f64();
    }
    if (all) {
      run.seq.fill(frame, i, end);
      if (own) for (let k = i; k < end; k++) run.receivedAt[k] = run.utc(k);
      else run.receivedAt.fill(received, i, end);
    }
    i = end;
  }
}
