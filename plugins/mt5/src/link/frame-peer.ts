import { decodeHello, decodeNotice, decodePing, decodePong, decodeSymbol, decodeTicks } from './decode.ts';
import { encodeAck, encodeNotice, encodePing, encodePong, encodeSub, encodeUnsub, encodeWatch, encodeWelcome } from './encode.ts';
import { badFrame } from './errors.ts';
import { FrameReader } from './frame-reader.ts';
import { emptyTicksFrame, type AckEntry, type Notice, type Sub, type Welcome } from './frames.ts';
import { frameName, FrameType, MAX_HELLO_LENGTH, MAX_LENGTH } from './wire.ts';
import type { PeerCodec, PeerEvents } from './peer.ts';

/** The binary frames: what the Expert Advisor speaks. */
export class FramePeer implements PeerCodec {
  readonly silenceMs: number;
  readonly fences = true;
  readonly #events: PeerEvents;
  readonly #maxBatch: number;
  readonly #reader: FrameReader;
  readonly #ticks = emptyTicksFrame();

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

  trust(): void {
    this.#reader.maxLength = MAX_LENGTH;
  }

  #frame(type: number, flags: number, symIdx: number, view: DataView, at: number, end: number): void {
    const events = this.#events;
    switch (type) {
      case FrameType.ticks:
        decodeTicks(view, at, end, symIdx, flags, this.#maxBatch, this.#ticks);
        return events.ticks(this.#ticks);
      case FrameType.hello:
        return events.hello(decodeHello(view, at, end));
      case FrameType.symbol:
        return events.symbol(decodeSymbol(view, at, end, symIdx));
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
      case FrameType.account:
      case FrameType.positions:
        return;
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
