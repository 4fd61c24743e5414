import { decodeHello, decodeNotice, decodePing, decodePong, decodeSymbol, decodeTicks } from './decode.ts';
import { encodeAck, encodeNotice, encodePing, encodePong, encodeSub, encodeUnsub, encodeWatch, encodeWelcome } from './encode.ts';
import { badFrame } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { emptyTicksFrame, type AckEntry, type BarsRequest, type Notice, type Sub, type Welcome } from './frames.ts';
import { decodeAccount, decodeBars, decodeBook, decodePositions, encodeBarsRequest } from './rich-frames.ts';
import { frameName, FrameType, MAX_HELLO_LENGTH, MAX_LENGTH, PROTO } from './wire.ts';
import type { PeerCodec, PeerEvents } from './peer.ts';

/** The binary frames: what the Expert Advisor speaks. */
export class FramePeer implements PeerCodec {
  readonly silenceMs: number;
  readonly fences = true;
  readonly maxProto = PROTO;
  readonly #events: PeerEvents;
  readonly #maxBatch: number;
  readonly #reader: FrameReader;
  readonly #ticks = emptyTicksFrame();
  #proto = 1;

  constructor(events: PeerEvents, options: { maxBatch: number; silenceMs: number }) {
    this.#events = events;
    this.#maxBatch = options.maxBatch;
    this.silenceMs = options.silenceMs;
    this.#reader = new FrameReader(
      (type, flags, symIdx, view, at, end) => this.#frame(type, flags, symIdx, view, at, end),
      MAX_HELLO_LENGTH,
    );
  }

  get pending(): number {
    return this.#reader.pending;
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  stop(): void {
    this.#reader.stop();
  }

  trust(proto: number): void {
    this.#proto = proto;
    this.#reader.maxLength = MAX_LENGTH;
  }

  #frame(type: number, flags: number, symIdx: number, view: DataView, at: number, end: number): void {
    const events = this.#events;
    switch (type) {
      case FrameType.ticks:
        decodeTicks(view, at, end, symIdx, flags, this.#maxBatch, this.#ticks);
        return events.live('TICKS').ticks(this.#ticks);
      case FrameType.hello:
        return events.hello(decodeHello(view, at, end));
      case FrameType.symbol:
        return events.live('SYMBOL').symbol(decodeSymbol(view, at, end, symIdx, this.#proto));
      case FrameType.ping:
        return events.ping(decodePing(view, at, end));
      case FrameType.pong: {
        const pong = decodePong(view, at, end);
        return events.pong(pong.seq, pong.clockUs);
      }
      case FrameType.err:
        return events.err(decodeNotice('ERR', view, at, end));
      case FrameType.bye:
        return events.bye(decodeNotice('BYE', view, at, end));
      case FrameType.book:
        return events.live('BOOK').book(symIdx, decodeBook(view, at, end));
      case FrameType.bars:
        return events.live('BARS').bars(symIdx, decodeBars(view, at, end, flags));
      case FrameType.account:
        return events.live('ACCOUNT').account(decodeAccount(view, at, end));
      case FrameType.positions:
        return events.live('POSITIONS').positions(decodePositions(view, at, end, flags));
    }
    throw badFrame(`${frameName(type)} is the plugin's to send`);
  }

  welcome(welcome: Welcome): Uint8Array {
    return encodeWelcome(welcome);
  }

  sub(sub: Sub): Uint8Array {
    return encodeSub(sub);
  }

  unsub(symIdx: number): Uint8Array {
    return encodeUnsub(symIdx);
  }

  watch(names: readonly string[]): Uint8Array {
    return encodeWatch(names);
  }

  getBars(symIdx: number, request: BarsRequest): Uint8Array {
    return encodeBarsRequest(symIdx, request);
  }

  ack(entries: readonly AckEntry[]): Uint8Array {
    return encodeAck(entries);
  }

  ping(seq: bigint, clockUs: bigint): Uint8Array {
    return encodePing({ seq, clockUs, report: null });
  }

  pong(seq: bigint, clockUs: bigint): Uint8Array {
    return encodePong(seq, clockUs);
  }

  err(notice: Notice): Uint8Array {
    return encodeNotice(FrameType.err, notice);
  }

  bye(notice: Notice): Uint8Array {
    return encodeNotice(FrameType.bye, notice);
  }
}
