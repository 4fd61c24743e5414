import type { Clock } from '../capabilities/clock.ts';
import type { Log } from '../capabilities/log.ts';
import type { Socket, SocketConnection, SocketOptions } from '../capabilities/socket.ts';
import type { SourceHealth } from '../protocol/control.ts';

/** One WebSocket that is kept open. */
export interface FollowedSource {
  /** `<plugin>:<name>`, as its records and its health name it. */
  readonly name: string;
  /** Where to connect, made anew for each attempt, so that it can name where to go on. */
  request(): { url: string } & SocketOptions;
  /** Called when it is open: subscribe here. What it throws ends the connection, as with {@link take}. */
  opened?(connection: SocketConnection): void | Promise<void>;
  /**
   * Takes a message. A thrown {@link SourceFault} (the server says that the key is wrong) ends the connection and names the state; anything else that
   * is thrown is counted, and makes the source `malformed` when it is all that comes.
   */
  take(data: string | Uint8Array): void;
  /** Silent for so long, the connection is closed and made anew. */
  readonly staleAfterMs: number;
}

export interface FollowerTerms {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly log: Log;
  /** From 0 to 1, for the jitter; Math.random by default. */
  readonly random?: () => number;
}

/** Keeps WebSockets open: connects again with backoff and jitter, and notices a connection that is open and dead. */
export interface Follower {
  add(source: FollowedSource): void;
  remove(name: string): void;
  health(): SourceHealth[];
  stop(): void;
}
