/** Frames of LINK.md as bytes: what the plugin says, and what an EA says (for the replay, which plays one). */
import { FrameWriter } from './body.ts';
import { FrameType, HEADER_BYTES, MAX_STRING, RICH_PROTO, TICK_BYTES, TICKS_HEAD_BYTES } from './wire.ts';
import type { AckEntry, Hello, Notice, Ping, Sub, SymbolSpec, Welcome } from './frames.ts';

export function encodeHello(hello: Hello): Uint8Array {
  return new FrameWriter(FrameType.hello)
    .u16(hello.proto)
    .u16(hello.sizeofTick)
    .u64(hello.linkId)
    .u64(hello.loginHash)
    .i64(hello.timeTradeServer)
    .i64(hello.timeGmt)
    .i64(hello.timeCurrent)
    .u32(hello.terminalBuild)
    .str(hello.eaId)
    .str(hello.server)
    .str(hello.token)
    .done();
}

export function encodeWelcome(welcome: Welcome): Uint8Array {
  const frame = new FrameWriter(FrameType.welcome).u16(welcome.proto).u16(welcome.heartbeatMs).u16(welcome.maxBatch).u16(welcome.sweepMs);
  if (welcome.proto >= RICH_PROTO) frame.u16(welcome.bookMs ?? 0).u16(welcome.share ?? 0);
  return frame.done();
}

/** In protocol 2 where the spec says something of sessions, else in protocol 1. */
export function encodeSymbol(spec: SymbolSpec): Uint8Array {
  const frame = new FrameWriter(FrameType.symbol, spec.symIdx)
    .u8(spec.digits)
    .u8(spec.tradeMode)
    .u16(spec.bookDepth)
    .f64(spec.point)
    .f64(spec.contractSize)
    .str(spec.name)
    .str(spec.path)
    .str(spec.currency);
  if (spec.sessions !== undefined) {
    frame.u8(spec.chartMode ?? 0).u16(spec.sessions.length);
    for (const { opens, closes } of spec.sessions) frame.u32(opens).u32(closes);
  }
  return frame.done();
}

export function encodeSub(sub: Sub): Uint8Array {
  return new FrameWriter(FrameType.sub, sub.symIdx).i64(sub.cursor.time).u32(sub.cursor.same).u32(sub.maxBackfillMs).u16(sub.wants).done();
}

export function encodeUnsub(symIdx: number): Uint8Array {
  return new FrameWriter(FrameType.unsub, symIdx).done();
}

export function encodeWatch(names: readonly string[]): Uint8Array {
  const frame = new FrameWriter(FrameType.watch).u16(names.length);
  for (const name of names) frame.str(name);
  return frame.done();
}

export function encodePing(ping: Ping): Uint8Array {
  const frame = new FrameWriter(FrameType.ping).u64(ping.seq).i64(ping.clockUs);
  const report = ping.report;
  if (report !== null) {
    frame
      .i64(report.timeTradeServer)
      .i64(report.timeGmt)
      .u8(report.connected ? 1 : 0)
      .u32(report.ticksSent)
      .u32(report.sendStalls)
      .u32(report.copyErrors);
  }
  return frame.done();
}

export function encodePong(seq: bigint, clockUs: bigint): Uint8Array {
  return new FrameWriter(FrameType.pong).u64(seq).i64(clockUs).done();
}

export function encodeAck(entries: readonly AckEntry[]): Uint8Array {
  const frame = new FrameWriter(FrameType.ack).u16(entries.length);
  for (const { symIdx, cursor } of entries) frame.u16(symIdx).i64(cursor.time).u32(cursor.same);
  return frame.done();
}

/** An ERR or BYE frame; a text that is too long is cut. */
export function encodeNotice(type: typeof FrameType.err | typeof FrameType.bye, notice: Notice): Uint8Array {
  let text = notice.text;
  while (Buffer.byteLength(text) > MAX_STRING) text = text.slice(0, Math.floor(text.length / 2));
  return new FrameWriter(type).u16(notice.code).str(text).done();
}

/** Writes TICKS frames into one buffer that is used again: {@link begin}, {@link add} up to `capacity` times, {@link end}. */
export class TicksWriter {
  readonly capacity: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#bytes = new Uint8Array(HEADER_BYTES + TICKS_HEAD_BYTES + capacity * TICK_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get count(): number {
    return this.#count;
  }

  begin(symIdx: number, firstSeq: number): void {
    this.#count = 0;
    this.#view.setUint8(4, FrameType.ticks);
    this.#view.setUint16(6, symIdx, true);
    this.#view.setBigUint64(HEADER_BYTES, BigInt(firstSeq), true);
  }

  /** @param timeMsc broker time, epoch milliseconds, not negative. */
  add(timeMsc: number, bid: number, ask: number, last: number, volume: number, flags: number): void {
    const view = this.#view;
    const at = HEADER_BYTES + TICKS_HEAD_BYTES + this.#count++ * TICK_BYTES;
    writeTick(view, at, timeMsc, bid, ask, last, volume, flags);
  }

  /** The frame, as a view of the writer's buffer: valid until the next {@link begin}. */
  end(flags: number): Uint8Array {
    const length = HEADER_BYTES + TICKS_HEAD_BYTES + this.#count * TICK_BYTES;
    this.#view.setUint32(0, length - 4, true);
    this.#view.setUint8(5, flags);
    this.#view.setUint16(HEADER_BYTES + 8, this.#count, true);
    return this.#bytes.subarray(0, length);
  }
}

/** Writes one `MqlTick` record. */
export function writeTick(
  view: DataView,
  at: number,
  timeMsc: number,
  bid: number,
  ask: number,
  last: number,
  volume: number,
  flags: number,
): void {
  writeI64(view, at, Math.floor(timeMsc / 1_000));
  view.setFloat64(at + 8, bid, true);
  view.setFloat64(at + 16, ask, true);
  view.setFloat64(at + 24, last, true);
  writeI64(view, at + 32, Math.floor(volume));
  writeI64(view, at + 40, timeMsc);
  view.setUint32(at + 48, flags, true);
  view.setFloat64(at + 52, volume, true);
}

/** An integer of either sign as i64, without a bigint. */
function writeI64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296);
  view.setUint32(at, value - high * 4_294_967_296, true);
  view.setInt32(at + 4, high, true);
}
