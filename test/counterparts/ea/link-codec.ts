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
  ticks: 10,
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
}

export function readSymbol({ symIdx, body }: Frame): SymbolFrame {
  const strings = readStrings(body, 20);
  return {
    symIdx,
    digits: body.readUInt8(0),
    bookDepth: body.readUInt16LE(2),
    point: body.readDoubleLE(4),
    contractSize: body.readDoubleLE(12),
    name: strings[0] ?? '',
    path: strings[1] ?? '',
    currency: strings[2] ?? '',
  };
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
