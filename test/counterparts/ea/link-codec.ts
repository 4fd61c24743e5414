import { TICK_BYTES } from './record.ts';

/** A frame of LINK.md as it came. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly symIdx: number;
  readonly body: Buffer;
}

export const Type = {
  hello: 1,
  welcome: 2,
  symbol: 3,
  sub: 4,
  unsub: 5,
  watch: 6,
  getBars: 7,
  ticks: 10,
  book: 11,
  bars: 12,
  account: 20,
  positions: 21,
  ping: 30,
  pong: 31,
  ack: 32,
  err: 33,
  bye: 34,
} as const;

export const Flag = { backfill: 1, backfillEnd: 2, truncated: 4 } as const;

export interface Cursor {
  readonly msc: number;
  readonly same: number;
}

export interface Hello {
  readonly proto: number;
  readonly tickBytes: number;
  readonly linkId: bigint;
  readonly timeTradeServer: number;
  readonly timeGmt: number;
  readonly eaId: string;
  readonly server: string;
  readonly token: string;
}

export function readHello(body: Buffer): Hello {
  const strings = readStrings(body, 48);
  return {
    proto: body.readUInt16LE(0),
    tickBytes: body.readUInt16LE(2),
    linkId: body.readBigUInt64LE(4),
    timeTradeServer: Number(body.readBigInt64LE(20)),
    timeGmt: Number(body.readBigInt64LE(28)),
    eaId: strings[0] ?? '',
    server: strings[1] ?? '',
    token: strings[2] ?? '',
  };
}

export interface SymbolFrame {
  readonly symIdx: number;
  readonly digits: number;
  readonly bookDepth: number;
  readonly point: number;
  readonly contractSize: number;
  readonly name: string;
  readonly path: string;
  readonly currency: string;
  /** Seconds of the week: from, to. */
  readonly sessions: readonly (readonly [number, number])[];
}

export function readSymbol({ symIdx, body }: Frame): SymbolFrame {
  const [name, path, currency, at] = readThreeStrings(body, 20);
  const count = body.readUInt16LE(at + 1);
  if (body.length !== at + 3 + 8 * count) throw new Error(`a SYMBOL of ${body.length} bytes says ${count} sessions`);
  return {
    symIdx,
    digits: body.readUInt8(0),
    bookDepth: body.readUInt16LE(2),
    point: body.readDoubleLE(4),
    contractSize: body.readDoubleLE(12),
    name,
    path,
    currency,
    sessions: Array.from({ length: count }, (_, i) => [body.readUInt32LE(at + 3 + 8 * i), body.readUInt32LE(at + 7 + 8 * i)] as const),
  };
}

export interface BookFrame {
  readonly symIdx: number;
  readonly timeMsc: number;
  /** Type (1 sell, 2 buy), price, volume. */
  readonly levels: readonly (readonly [number, number, number])[];
}

export function readBook({ symIdx, body }: Frame): BookFrame {
  const count = body.readUInt16LE(8);
  if (body.length !== 10 + 17 * count) throw new Error(`a BOOK of ${body.length} bytes says ${count} levels`);
  const levels = Array.from({ length: count }, (_, i) => {
    const at = 10 + 17 * i;
    return [body.readUInt8(at), body.readDoubleLE(at + 1), body.readDoubleLE(at + 9)] as const;
  });
  return { symIdx, timeMsc: Number(body.readBigInt64LE(0)), levels };
}

export interface BarsFrame {
  readonly id: number;
  readonly widthMs: number;
  readonly more: boolean;
  readonly failed: boolean;
  readonly bars: readonly { time: number; open: number; high: number; low: number; close: number; ticks: number; spread: number }[];
}

export function readBars({ flags, body }: Frame): BarsFrame {
  const count = body.readUInt16LE(8);
  if (body.length !== 10 + 60 * count) throw new Error(`a BARS of ${body.length} bytes says ${count} bars`);
  const bars = Array.from({ length: count }, (_, i) => {
    const at = 10 + 60 * i;
    const [open, high, low, close] = [8, 16, 24, 32].map((offset) => body.readDoubleLE(at + offset)) as [number, number, number, number];
    const [time, ticks] = [Number(body.readBigInt64LE(at)), Number(body.readBigInt64LE(at + 40))];
    return { time, open, high, low, close, ticks, spread: body.readInt32LE(at + 48) };
  });
  return { id: body.readUInt32LE(0), widthMs: body.readUInt32LE(4), more: (flags & 1) !== 0, failed: (flags & 2) !== 0, bars };
}

export interface AccountFrame {
  readonly mode: number;
  readonly leverage: number;
  /** Balance, equity, margin, free margin, profit. */
  readonly sums: readonly number[];
  readonly currency: string;
}

export function readAccount({ body }: Frame): AccountFrame {
  return {
    mode: body.readUInt8(8),
    leverage: body.readUInt32LE(9),
    sums: Array.from({ length: 5 }, (_, i) => body.readDoubleLE(13 + 8 * i)),
    currency: readStrings(body, 53)[0] ?? '',
  };
}

export interface PositionFrame {
  readonly ticket: bigint;
  readonly side: number;
  readonly openedMsc: number;
  /** Volume, open, current, stop loss, take profit, profit, swap. */
  readonly numbers: readonly number[];
  readonly symbol: string;
}

export function readPositions({ body }: Frame): PositionFrame[] {
  const positions: PositionFrame[] = [];
  let at = 10;
  for (let left = body.readUInt16LE(8); left > 0; left--) {
    const length = body.readUInt16LE(at + 73);
    positions.push({
      ticket: body.readBigUInt64LE(at),
      side: body.readUInt8(at + 8),
      openedMsc: Number(body.readBigInt64LE(at + 17)),
      numbers: [body.readDoubleLE(at + 9), ...Array.from({ length: 6 }, (_, i) => body.readDoubleLE(at + 25 + 8 * i))],
      symbol: body.toString('utf8', at + 75, at + 75 + length),
    });
    at += 75 + length;
  }
  if (at !== body.length) throw new Error(`a POSITIONS of ${body.length} bytes ends at ${at}`);
  return positions;
}

export interface PingFrame {
  readonly seq: number;
  readonly connected: boolean;
  readonly ticksSent: number;
  readonly sendStalls: number;
  readonly copyErrors: number;
}

/** The EA's PING, which carries more than the plugin's. */
export function readPing({ body }: Frame): PingFrame {
  if (body.length !== 45) throw new Error(`a PING of the EA has 45 bytes, not ${body.length}`);
  return {
    seq: Number(body.readBigUInt64LE(0)),
    connected: body.readUInt8(32) === 1,
    ticksSent: body.readUInt32LE(33),
    sendStalls: body.readUInt32LE(37),
    copyErrors: body.readUInt32LE(41),
  };
}

/** The code and the text of ERR or BYE. */
export function readEnd({ body }: Frame): { code: number; text: string } {
  return { code: body.readUInt16LE(0), text: readStrings(body, 2)[0] ?? '' };
}

export interface TicksFrame {
  readonly symIdx: number;
  readonly flags: number;
  readonly firstSeq: number;
  readonly count: number;
  /** The raw ticks. */
  readonly ticks: Buffer;
}

export function readTicks({ symIdx, flags, body }: Frame): TicksFrame {
  const count = body.readUInt16LE(8);
  if (body.length !== 10 + count * TICK_BYTES) throw new Error(`a TICKS body of ${body.length} bytes says ${count} ticks`);
  return { symIdx, flags, firstSeq: Number(body.readBigUInt64LE(0)), count, ticks: body.subarray(10) };
}

export const timeMscOf = (ticks: Buffer, i: number): number => Number(ticks.readBigInt64LE(i * TICK_BYTES + 40));

/** Three strings, and where what follows them begins. */
function readThreeStrings(body: Buffer, from: number): [string, string, string, number] {
  const strings: string[] = [];
  let at = from;
  for (let i = 0; i < 3; i++) {
    const n = body.readUInt16LE(at);
    strings.push(body.toString('utf8', at + 2, at + 2 + n));
    at += 2 + n;
  }
  const [a = '', b = '', c = ''] = strings;
  return [a, b, c, at];
}

/** The strings from `at` to the end, which must be where the last one ends. */
function readStrings(body: Buffer, at: number): string[] {
  const strings: string[] = [];
  while (at < body.length) {
    const n = body.readUInt16LE(at);
    if (at + 2 + n > body.length) throw new Error(`a string of ${n} bytes ends behind its frame`);
    strings.push(body.toString('utf8', at + 2, at + 2 + n));
    at += 2 + n;
  }
  return strings;
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function str(text: string): Buffer {
  const utf8 = Buffer.from(text);
  return Buffer.concat([u16(utf8.length), utf8]);
}
