import { z } from 'zod';
import type { Socket, SocketConnection, SocketEnd, SocketOptions } from '../../capabilities/socket.ts';
import type { SocketNews, SocketOrder } from '../../protocol/control.ts';
import { PluginFault } from '../fault.ts';
import type { CapabilityCalls } from './capability-calls.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
/** The host keeps the deadline; this is how much longer it may take to say so. */
const GRACE_MS = 5_000;
const NORMAL_CLOSURE = 1_000;
const MAX_REASON_BYTES = 123;

const Connected = z.object({ connection: z.number(), protocol: z.string() });

export type TellSocket = (order: SocketOrder) => void;

/** The `socket` capability: the host holds the connections. */
export class RemoteSocket implements Socket {
  readonly #calls: CapabilityCalls;
  readonly #tell: TellSocket;
  readonly #crash: (error: unknown) => void;
  readonly #open = new Map<number, RemoteConnection>();
  #connecting = 0;
  /**
   * What came of connections that nobody has yet: where the answer to `connect` and what follows it are read in one piece, all of it is told before whoever waits for the answer goes on.
   */
  readonly #early = new Map<number, SocketNews[]>();
  #closed = false;

  /** @param crash called with what a listener threw. */
  constructor(calls: CapabilityCalls, tell: TellSocket, crash: (error: unknown) => void) {
    this.#calls = calls;
    this.#tell = tell;
    this.#crash = crash;
  }

  async connect(url: string, options: SocketOptions = {}): Promise<SocketConnection> {
    const timeoutMs = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) + GRACE_MS;
    this.#connecting++;
    try {
      const { connection, protocol } = Connected.parse(
        await this.#calls.call('socket', 'connect', [url, options], timeoutMs, 'SOCKET_TIMEOUT'),
      );
      return this.#made(connection, protocol);
    } finally {
      // What is left is of a connection that came too late for who asked.
      if (--this.#connecting === 0) this.#early.clear();
    }
  }

  #made(connection: number, protocol: string): RemoteConnection {
    const made = new RemoteConnection(connection, protocol, this.#tell, this.#crash);
    this.#open.set(connection, made);
    const early = this.#early.get(connection) ?? [];
    this.#early.delete(connection);
    for (const news of early) this.take(news);
    // The plugin stopped while it was being connected: nobody will read it.
    if (this.#closed) made.close();
    return made;
  }

  take(news: SocketNews): void {
    const connection = this.#open.get(news.connection);
    if (connection === undefined) return this.#keepEarly(news);
    if (news.type === 'socket-messages') return connection.take(news.messages);
    this.#open.delete(news.connection);
    connection.ended({ code: news.code, reason: news.reason });
  }

  #keepEarly(news: SocketNews): void {
    if (this.#connecting === 0) return;
    const early = this.#early.get(news.connection);
    if (early === undefined) this.#early.set(news.connection, [news]);
    else early.push(news);
  }

  /** Closes every connection; called when the plugin stops. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#open.values()) connection.close();
  }
}

class RemoteConnection implements SocketConnection {
  readonly protocol: string;
  readonly #id: number;
  readonly #tell: TellSocket;
  readonly #crash: (error: unknown) => void;
  /** What came before somebody listened. */
  #waiting: (readonly (string | Uint8Array)[])[] = [];
  #end: SocketEnd | null = null;
  #closing = false;
  #onMessage: ((data: string | Uint8Array) => void) | null = null;
  #onEnd: ((end: SocketEnd) => void) | null = null;

  constructor(id: number, protocol: string, tell: TellSocket, crash: (error: unknown) => void) {
    this.#id = id;
    this.protocol = protocol;
    this.#tell = tell;
    this.#crash = crash;
  }

  onMessage(listener: (data: string | Uint8Array) => void): void {
    this.#onMessage = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const messages of waiting) this.take(messages);
  }

  onEnd(listener: (end: SocketEnd) => void): void {
    this.#onEnd = listener;
    if (this.#end !== null) this.#guard(() => listener(this.#end as SocketEnd));
  }

  send(data: string | Uint8Array): void {
    if (typeof data !== 'string' && !(data instanceof Uint8Array)) {
      throw new PluginFault('SOCKET_ARGUMENT', 'send takes a string or a Uint8Array');
    }
    if (this.#end === null && !this.#closing) this.#tell({ type: 'socket-send', connection: this.#id, data });
  }

  close(code = NORMAL_CLOSURE, reason = ''): void {
    if (code !== NORMAL_CLOSURE && !(Number.isInteger(code) && code >= 3_000 && code <= 4_999)) {
      throw new PluginFault('SOCKET_ARGUMENT', `close takes the code 1000, or one from 3000 to 4999, not ${String(code)}`);
    }
    if (Buffer.byteLength(reason) > MAX_REASON_BYTES) {
      throw new PluginFault('SOCKET_ARGUMENT', `close takes a reason of at most ${MAX_REASON_BYTES} bytes`);
    }
    if (this.#end !== null || this.#closing) return;
    this.#closing = true;
    this.#waiting = [];
    this.#tell({ type: 'socket-close', connection: this.#id, code, reason });
  }

  take(messages: readonly (string | Uint8Array)[]): void {
    if (this.#closing) return;
    if (this.#onMessage === null) {
      this.#waiting.push(messages);
      return;
    }
    for (const data of messages) {
      // One of its listeners may have closed it.
      if (!this.#closing) this.#guard(() => this.#onMessage?.(data));
    }
    this.#tell({ type: 'socket-taken', connection: this.#id });
  }

  ended(end: SocketEnd): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#guard(() => this.#onEnd?.(end));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#crash(error);
    }
  }
}
