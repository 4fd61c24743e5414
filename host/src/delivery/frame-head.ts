/**
 * The head of a spooled frame: 48 bytes in front of the body, on disk and between the host's thread and the spool's. Little endian.
 *
 * | offset | type | field |
 * |---|---|---|
 * | 0 | u32 | CRC-32 (as in zlib) of bytes 4 to 47 and the body |
 * | 4 | u32 | count: ticks or records in the body |
 * | 8 | u8[8] | epoch of the spool |
 * | 16 | f64 | seq |
 * | 24 | f64 | ticks that went into the spool before this frame, since its creation: tells how many a lost frame held |
 * | 32 | u32 | minute its usage is booked in, Unix epoch minutes |
 * | 36 | u32 | bytes of the body |
 * | 40 | u8 | stream, see {@link STREAM_CODES} |
 * | 41 | u8 | format, 1 |
 * | 42 | u8[6] | 0 |
 */
import { crc32 } from 'node:zlib';
import type { SpoolStream } from './spool.ts';

export const HEAD_BYTES = 48;
export const HEAD_FORMAT = 1;

/** Numbers on disk; never give one a new meaning. */
export const STREAM_CODES: Readonly<Record<SpoolStream, number>> = {
  ticks: 0,
  usage: 1,
  bars: 2,
  book: 3,
  news: 4,
  calendar: 5,
  social: 6,
  custom: 7,
  analysis: 8,
  gap: 9,
  notice: 10,
  account: 11,
  positions: 12,
};

const STREAMS: readonly SpoolStream[] = (Object.entries(STREAM_CODES) as [SpoolStream, number][])
  .toSorted((a, b) => a[1] - b[1])
  .map(([stream]) => stream);

export interface FrameHead {
  /** 16 hexadecimal digits. */
  readonly epoch: string;
  readonly seq: number;
  readonly stream: SpoolStream;
  readonly count: number;
  readonly bytes: number;
  readonly minute: number;
  readonly ticksBefore: number;
}

/** Ticks in the spool's life up to and including this frame. */
export function ticksAfter(head: FrameHead): number {
  return head.ticksBefore + (head.stream === 'ticks' ? head.count : 0);
}

/** Streams that are metered: what the host itself adds is not. */
export function isMetered(stream: SpoolStream): boolean {
  return stream !== 'usage' && stream !== 'gap';
}

/** Writes everything but epoch and checksum at `at`: those are {@link sealHead}'s. */
export function writeHead(bytes: Uint8Array, at: number, head: Omit<FrameHead, 'epoch'>): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEAD_BYTES);
  view.setUint32(4, head.count, true);
  view.setFloat64(16, head.seq, true);
  view.setFloat64(24, head.ticksBefore, true);
  view.setUint32(32, head.minute, true);
  view.setUint32(36, head.bytes, true);
  view.setUint8(40, STREAM_CODES[head.stream]);
  view.setUint8(41, HEAD_FORMAT);
}

function checksum(head: Uint8Array, body: Uint8Array): number {
  return crc32(body, crc32(head.subarray(4)));
}

/** Writes the epoch, and the checksum of head and body, into the head. */
export function sealHead(head: Uint8Array, body: Uint8Array, epoch: Uint8Array): void {
  head.set(epoch, 8);
  new DataView(head.buffer, head.byteOffset, HEAD_BYTES).setUint32(0, checksum(head, body), true);
}

/** Whether head and body are what was sealed. */
export function isIntact(head: Uint8Array, body: Uint8Array): boolean {
  if (head.byteLength !== HEAD_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, HEAD_BYTES);
  return view.getUint32(36, true) === body.byteLength && view.getUint32(0, true) === checksum(head, body);
}

/** Reads a head. Null when it is none of this format; its checksum is looked at by {@link isIntact} only. */
export function readHead(bytes: Uint8Array): FrameHead | null {
  if (bytes.byteLength !== HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  const stream = STREAMS[view.getUint8(40)];
  if (stream === undefined || view.getUint8(41) !== HEAD_FORMAT) return null;
  return {
    epoch: Buffer.from(bytes.buffer, bytes.byteOffset + 8, 8).toString('hex'),
    seq: view.getFloat64(16, true),
    stream,
    count: view.getUint32(4, true),
    bytes: view.getUint32(36, true),
    minute: view.getUint32(32, true),
    ticksBefore: view.getFloat64(24, true),
  };
}

export function epochBytes(epoch: string): Uint8Array {
  return new Uint8Array(Buffer.from(epoch, 'hex'));
}
