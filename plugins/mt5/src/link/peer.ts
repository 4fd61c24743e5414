/** How a connection talks to its peer, whichever of the two languages of LINK.md that peer speaks. */
import type {
  AccountFrame,
  AckEntry,
  BarsFrame,
  BarsRequest,
  BookFrame,
  Hello,
  Notice,
  Ping,
  PositionsFrame,
  Sub,
  SymbolSpec,
  TicksFrame,
  Welcome,
} from './frames.ts';

/** What a peer says of its market and account. */
export interface PeerData {
  symbol(spec: SymbolSpec): void;
  ticks(frame: TicksFrame): void;
  book(symIdx: number, frame: BookFrame): void;
  bars(symIdx: number, frame: BarsFrame): void;
  account(frame: AccountFrame): void;
  positions(frame: PositionsFrame): void;
}

/** What a peer says. */
export interface PeerEvents {
  hello(hello: Hello): void;
  /** Who takes its data. @throws {LinkError} BAD_FRAME before HELLO was accepted; `what` names the frame. */
  live(what: string): PeerData;
  ping(ping: Ping): void;
  pong(seq: bigint, clockUs: bigint): void;
  err(notice: Notice): void;
  bye(notice: Notice): void;
}

/** Turns bytes into {@link PeerEvents} and commands into bytes. */
export interface PeerCodec {
  /** How long the peer may be silent, in milliseconds, when nothing excuses it. */
  readonly silenceMs: number;
  /**
   * Whether a PONG comes back in order with the ticks, so that a PING between UNSUB and SUB parts the ticks of the old subscription
   * from those of the new one.
   */
  readonly fences: boolean;
  /** Bytes of a message that has not come whole. */
  readonly pending: number;
  /** @throws {LinkError} on input against the rules. */
  push(chunk: Uint8Array): void;
  /** Takes nothing more. */
  stop(): void;
  /** The highest protocol of this language. */
  readonly maxProto: number;
  /** The peer has shown its token: messages of full size are taken from now on, in protocol `proto`. */
  trust(proto: number): void;

  welcome(welcome: Welcome): Uint8Array;
  sub(sub: Sub): Uint8Array;
  unsub(symIdx: number): Uint8Array;
  watch(names: readonly string[]): Uint8Array;
  /** Absent where the language has no bars. */
  getBars?(symIdx: number, request: BarsRequest): Uint8Array;
  ack(entries: readonly AckEntry[]): Uint8Array;
  ping(seq: bigint, clockUs: bigint): Uint8Array;
  pong(seq: bigint, clockUs: bigint): Uint8Array;
  err(notice: Notice): Uint8Array;
  bye(notice: Notice): Uint8Array;
}
