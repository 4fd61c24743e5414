/** An Expert Advisor whose every word the test decides, on a real socket. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { decodeAck, decodeNotice, decodePing, decodeSub, decodeWatch, decodeWelcome } from '../src/link/decode.ts';
import { encodeHello, encodePing, encodePong, encodeSymbol, TicksWriter } from '../src/link/encode.ts';
import { FrameReader } from '../src/link/frame-reader.ts';
import { decodeBarsRequest } from '../src/link/rich-frames.ts';
import { FrameType } from '../src/link/wire.ts';
import type { AckEntry, BarsRequest, Hello, Notice, Sub, SymbolSpec, TerminalReport, Welcome } from '../src/link/frames.ts';

export const TOKEN = 'a-token-for-the-tests-only';

export function helloOf(over: Partial<Hello> = {}): Hello {
  return {
    proto: 1,
    sizeofTick: 60,
    linkId: 7n,
    loginHash: 11n,
    timeTradeServer: 1_767_621_600,
    timeGmt: 1_767_614_400,
    timeCurrent: 1_767_621_599,
    terminalBuild: 5_200,
    eaId: 'demo-1',
    server: 'Broker-Demo',
    token: TOKEN,
    ...over,
  };
}

export function specOf(symIdx: number, name: string, over: Partial<SymbolSpec> = {}): SymbolSpec {
  return {
    symIdx,
    name,
    digits: 5,
    tradeMode: 4,
    bookDepth: 0,
    point: 0.00001,
    contractSize: 100_000,
    path: `Forex\\${name}`,
    currency: 'USD',
    ...over,
  };
}

export interface EaTick {
  readonly time: number;
  readonly bid?: number;
  readonly ask?: number;
  readonly last?: number;
  readonly volume?: number;
  readonly flags?: number;
}

export function ticksFrame(symIdx: number, firstSeq: number, ticks: readonly EaTick[], flags = 0): Uint8Array {
  const writer = new TicksWriter(Math.max(1, ticks.length));
  writer.begin(symIdx, firstSeq);
  for (const { time, bid = 1.1, ask = 1.2, last = 0, volume = 0, flags: tickFlags = 6 } of ticks) {
    writer.add(time, bid, ask, last, volume, tickFlags);
  }
  return writer.end(flags);
}

export type Heard =
  | { type: 'welcome'; welcome: Welcome }
  | { type: 'sub'; sub: Sub }
  | { type: 'unsub'; symIdx: number }
  | { type: 'bars'; symIdx: number; request: BarsRequest }
  | { type: 'watch'; names: string[] }
  | { type: 'ping'; seq: bigint; clockUs: bigint }
  | { type: 'pong'; seq: bigint; clockUs: bigint }
  | { type: 'ack'; entries: AckEntry[] }
  | { type: 'err'; notice: Notice }
  | { type: 'bye'; notice: Notice };

type HeardOf<T extends Heard['type']> = Extract<Heard, { type: T }>;

export class ScriptedEa {
  readonly socket: Socket;
  readonly heard: Heard[] = [];
  readonly closed: Promise<void>;
  /** Answers PINGs by itself. */
  answersPings = true;
  #taken = new Set<Heard>();
  #waiting: (() => void)[] = [];
  readonly #reader: FrameReader;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
        this.#wake();
      });
    });
    this.#reader = new FrameReader((type, _flags, symIdx, view, at, end) => {
      const heard = decode(type, symIdx, view, at, end);
      this.heard.push(heard);
      if (heard.type === 'ping' && this.answersPings) this.write(encodePong(heard.seq, heard.clockUs));
      this.#wake();
    });
    socket.on('data', (chunk: Buffer) => this.#reader.push(chunk));
    socket.on('error', () => undefined);
  }

  static async dial(port: number): Promise<ScriptedEa> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const ea = new ScriptedEa(socket);
    await once(socket, 'connect');
    return ea;
  }

  /** Dials, greets, waits for WELCOME and announces `symbols` from 1 on. */
  static async connected(port: number, symbols: readonly string[] = [], hello: Partial<Hello> = {}): Promise<ScriptedEa> {
    const ea = await ScriptedEa.dial(port);
    ea.write(encodeHello(helloOf(hello)));
    await ea.first('welcome');
    for (const [i, name] of symbols.entries()) ea.write(encodeSymbol(specOf(i + 1, name)));
    return ea;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(Uint8Array.from(bytes));
  }

  ticks(symIdx: number, firstSeq: number, ticks: readonly EaTick[], flags = 0): void {
    this.write(ticksFrame(symIdx, firstSeq, ticks, flags));
  }

  ping(report: Partial<TerminalReport> = {}, seq = 1n): void {
    this.write(
      encodePing({
        seq,
        clockUs: 99n,
        report: {
          timeTradeServer: 1_767_621_600,
          timeGmt: 1_767_614_400,
          connected: true,
          ticksSent: 0,
          sendStalls: 0,
          copyErrors: 0,
          ...report,
        },
      }),
    );
  }

  /** The next frame of this type that no `next` gave yet. */
  async next<T extends Heard['type']>(type: T): Promise<HeardOf<T>> {
    for (;;) {
      const found = this.heard.find((it): it is HeardOf<T> => it.type === type && !this.#taken.has(it));
      if (found !== undefined) {
        this.#taken.add(found);
        return found;
      }
      if (this.socket.closed)
        throw new Error(`the connection closed while waiting for ${type}; heard ${this.heard.map((it) => it.type).join(', ')}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Waits for a frame of this type and leaves it to {@link next}. */
  async first(type: Heard['type']): Promise<void> {
    this.#taken.delete(await this.next(type));
  }

  /** As after kill -9. */
  vanish(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function pongOf(seq: bigint): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(24));
  bytes.setUint32(0, 20, true);
  bytes.setUint8(4, 31);
  bytes.setBigUint64(8, seq, true);
  return new Uint8Array(bytes.buffer);
}

/** ERR 6 as the EA sends it. */
export function noSymbol(name: string): Uint8Array {
  const text = Buffer.from(name);
  const bytes = Buffer.alloc(12 + text.length);
  bytes.writeUInt32LE(8 + text.length, 0);
  bytes[4] = 33;
  bytes.writeUInt16LE(6, 8);
  bytes.writeUInt16LE(text.length, 10);
  text.copy(bytes, 12);
  return bytes;
}

function decode(type: number, symIdx: number, view: DataView, at: number, end: number): Heard {
  switch (type) {
    case FrameType.welcome:
      return { type: 'welcome', welcome: decodeWelcome(view, at, end) };
    case FrameType.sub:
      return { type: 'sub', sub: decodeSub(view, at, end, symIdx) };
    case FrameType.unsub:
      return { type: 'unsub', symIdx };
    case FrameType.get_bars:
      return { type: 'bars', symIdx, request: decodeBarsRequest(view, at, end) };
    case FrameType.watch:
      return { type: 'watch', names: decodeWatch(view, at, end) };
    case FrameType.ping: {
      const { seq, clockUs } = decodePing(view, at, end);
      return { type: 'ping', seq, clockUs };
    }
    case FrameType.pong: {
      const { seq, clockUs } = decodePing(view, at, end);
      return { type: 'pong', seq, clockUs };
    }
    case FrameType.ack:
      return { type: 'ack', entries: decodeAck(view, at, end) };
    case FrameType.err:
      return { type: 'err', notice: decodeNotice('ERR', view, at, end) };
    case FrameType.bye:
      return { type: 'bye', notice: decodeNotice('BYE', view, at, end) };
    default:
      throw new Error(`the plugin sent frame type ${type}`);
  }
}
