/** Bytes as the frames of LINK.md. Every function throws a {@link LinkError} with code BAD_FRAME when the body is not what it must be. */
import { BodyReader } from './body.ts';
import { badFrame } from './errors.ts';
import { PROTO, RICH_PROTO, TICK_BYTES, TICKS_HEAD_BYTES, TicksFlag } from './wire.ts';
import type { AckEntry, Hello, Notice, Ping, Sub, SymbolSpec, TicksFrame, TradingSession, Welcome } from './frames.ts';

const WEEK_S = 7 * 86_400;

/** HELLO is read as far as the protocol of this plugin goes: a later protocol may add fields behind. */
export function decodeHello(view: DataView, at: number, end: number): Hello {
  const body = new BodyReader('HELLO', view, at, end);
  const hello: Hello = {
    proto: body.u16(),
    sizeofTick: body.u16(),
    linkId: body.u64(),
    loginHash: body.u64(),
    timeTradeServer: body.integer('timeTradeServer'),
    timeGmt: body.integer('timeGmt'),
    timeCurrent: body.integer('timeCurrent'),
    terminalBuild: body.u32(),
    eaId: body.str('eaId'),
    server: body.str('server'),
    token: body.str('token'),
  };
  if (hello.proto <= PROTO) body.end();
  return hello;
}

export function decodeWelcome(view: DataView, at: number, end: number): Welcome {
  const body = new BodyReader('WELCOME', view, at, end);
  const terms = { proto: body.u16(), heartbeatMs: body.u16(), maxBatch: body.u16(), sweepMs: body.u16() };
  const welcome: Welcome = terms.proto < RICH_PROTO ? terms : { ...terms, bookMs: body.u16(), share: body.u16() };
  body.end();
  return welcome;
}

/** @param proto the one that WELCOME chose. */
export function decodeSymbol(view: DataView, at: number, end: number, symIdx: number, proto: number): SymbolSpec {
  const body = new BodyReader('SYMBOL', view, at, end);
  if (symIdx === 0) throw badFrame('SYMBOL has symIdx 0; numbers begin at 1');
  const digits = body.u8();
  const plain = {
    symIdx,
    digits,
    tradeMode: body.u8(),
    bookDepth: body.u16(),
    point: body.f64(),
    contractSize: body.f64(),
    name: body.str('name'),
    path: body.str('path'),
    currency: body.str('currency'),
  };
  const spec: SymbolSpec = proto < RICH_PROTO ? plain : { ...plain, chartMode: body.u8(), sessions: decodeSessions(body) };
  body.end();
  if (spec.name === '') throw badFrame('SYMBOL has an empty name');
  if (digits > 15) throw badFrame(`SYMBOL ${spec.name}: ${digits} digits, at most 15 are allowed`);
  return spec;
}

function decodeSessions(body: BodyReader): TradingSession[] {
  const sessions: TradingSession[] = [];
  for (let left = body.u16(); left > 0; left--) {
    const session = { opens: body.u32(), closes: body.u32() };
    if (session.closes <= session.opens || session.closes > WEEK_S) {
      throw badFrame(`SYMBOL: a session from second ${session.opens} to ${session.closes} of the week`);
    }
    sessions.push(session);
  }
  return sessions;
}

export function decodeSub(view: DataView, at: number, end: number, symIdx: number): Sub {
  const body = new BodyReader('SUB', view, at, end);
  const cursor = { time: body.integer('cursorTimeMsc'), same: body.u32() };
  const sub: Sub = { symIdx, cursor, maxBackfillMs: body.u32(), wants: body.u16() };
  body.end();
  return sub;
}

export function decodeEmpty(what: string, at: number, end: number): void {
  if (at !== end) throw badFrame(`${what} has ${end - at} bytes too many`);
}

export function decodeWatch(view: DataView, at: number, end: number): string[] {
  const body = new BodyReader('WATCH', view, at, end);
  const names: string[] = [];
  for (let left = body.u16(); left > 0; left--) names.push(body.str('name'));
  body.end();
  return names;
}

export function decodePing(view: DataView, at: number, end: number): Ping {
  const body = new BodyReader('PING', view, at, end);
  const seq = body.u64();
  const clockUs = body.i64();
  if (end - at === 16) return { seq, clockUs, report: null };
  const report = {
    timeTradeServer: body.integer('timeTradeServer'),
    timeGmt: body.integer('timeGmt'),
    connected: body.u8() !== 0,
    ticksSent: body.u32(),
    sendStalls: body.u32(),
    copyErrors: body.u32(),
  };
  body.end();
  return { seq, clockUs, report };
}

export function decodePong(view: DataView, at: number, end: number): { seq: bigint; clockUs: bigint } {
  const body = new BodyReader('PONG', view, at, end);
  const pong = { seq: body.u64(), clockUs: body.i64() };
  body.end();
  return pong;
}

export function decodeAck(view: DataView, at: number, end: number): AckEntry[] {
  const body = new BodyReader('ACK', view, at, end);
  const entries: AckEntry[] = [];
  for (let left = body.u16(); left > 0; left--) {
    entries.push({ symIdx: body.u16(), cursor: { time: body.integer('timeMsc'), same: body.u32() } });
  }
  body.end();
  return entries;
}

export function decodeNotice(what: 'ERR' | 'BYE', view: DataView, at: number, end: number): Notice {
  const body = new BodyReader(what, view, at, end);
  const notice = { code: body.u16(), text: body.str('text') };
  body.end();
  return notice;
}

/** Checks the head and size of a TICKS frame and points `out` at its records. Reads no record and allocates nothing. */
export function decodeTicks(
  view: DataView,
  at: number,
  end: number,
  symIdx: number,
  flags: number,
  maxBatch: number,
  out: TicksFrame,
): void {
  if (end - at < TICKS_HEAD_BYTES) throw badFrame('TICKS is too short');
  const count = view.getUint16(at + 8, true);
  const bytes = end - at - TICKS_HEAD_BYTES;
  if (bytes !== count * TICK_BYTES) throw badFrame(`TICKS says ${count} ticks of ${TICK_BYTES} bytes but carries ${bytes} bytes`);
  if (count > maxBatch) throw badFrame(`TICKS carries ${count} ticks, WELCOME allows ${maxBatch}`);
  if (count === 0 && (flags & TicksFlag.end) === 0) throw badFrame('TICKS carries no tick and does not end a backfill');
  const high = view.getUint32(at + 4, true);
  if (high > 0x1f_ffff) throw badFrame('TICKS: firstSeq is out of range');
  const firstSeq = high * 4_294_967_296 + view.getUint32(at, true);
  if (firstSeq === 0) throw badFrame('TICKS: firstSeq is 0; it counts from 1');
  out.symIdx = symIdx;
  out.firstSeq = firstSeq;
  out.count = count;
  out.flags = flags;
  out.view = view;
  out.at = at + TICKS_HEAD_BYTES;
}
