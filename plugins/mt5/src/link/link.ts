/** The border between a connection (bytes, manners, heartbeats) and the terminal behind it (symbols, cursors, ticks). */
import type { AckEntry, BarsRequest, Hello, Sub, TerminalReport } from './frames.ts';
import type { PeerData } from './peer.ts';

/** A live connection, as the terminal's session sees it. */
export interface Link {
  /** Milliseconds since the peer was last heard; 0 while reading is paused, for nothing can be heard then. */
  readonly silentMs: number;
  /** Reading is paused because the host cannot take more. */
  readonly paused: boolean;
  /** Round trip of the last PING, milliseconds; null before the first PONG. */
  readonly roundTripMs: number | null;
  readonly fences: boolean;
  subscribe(sub: Sub): void;
  unsubscribe(symIdx: number): void;
  watch(names: readonly string[]): void;
  /** Asks for bars; absent where the peer has none to give. */
  readonly requestBars?: ((symIdx: number, request: BarsRequest) => void) | undefined;
  ack(entries: readonly AckEntry[]): void;
  /** Sends a PING; {@link LinkSession.passed} gets its number back when the PONG has come. */
  fence(): bigint;
  /** Says BYE and closes. */
  goodbye(code: number, text: string): void;
  /** Closes without a word. The session's `closed` is called before this returns. */
  destroy(reason: string): void;
}

/** One terminal on one connection: made when its HELLO is good, ended by {@link closed}. Throws LinkError to end the connection. */
export interface LinkSession extends PeerData {
  /** A SUB has had no answer: the terminal may be loading history and is given more time. */
  readonly awaitsAnswer: boolean;
  /** WELCOME is sent. */
  welcomed(): void;
  report(report: TerminalReport): void;
  /** Everything the peer sent before it got PING `seq` has been handed over. */
  passed(seq: bigint): void;
  /** The terminal has no symbol of this name. */
  noSymbol(name: string): void;
  closed(reason: string): void;
}

/** Takes in a terminal whose HELLO is good. @throws {LinkError} to refuse it. */
export type Admit = (hello: Hello, link: Link) => LinkSession;
