import type { SocketEnd, SocketOptions } from '../capabilities/socket.ts';
import type { SocketNews, SocketOrder } from '../protocol/control.ts';
import { CapabilityError } from '../run/remote/capability-calls.ts';

/**
 * What becomes of an attempt to connect: `accept`, a subprotocol to choose, an HTTP status that refuses it, or an error code (`SOCKET_FAILED`,
 * `SOCKET_TIMEOUT`).
 */
export type SocketAnswer = 'accept' | { protocol: string } | { status: number; headers?: Record<string, string> } | { code: string };

/** The other ends of a plugin's WebSockets, in a test's hands. */
export class TestSockets {
  /** Every attempt so far. */
  readonly attempts: { readonly url: string; readonly options: SocketOptions }[] = [];
  /** Every connection that was ever open, in order. */
  readonly connections: TestConnection[] = [];
  /** What becomes of the next attempts. */
  answer: SocketAnswer | ((url: string, options: SocketOptions) => SocketAnswer) = 'accept';
  readonly #tell: (news: SocketNews) => void;

  constructor(tell: (news: SocketNews) => void) {
    this.#tell = tell;
  }

  /** The newest connection. @throws when there was none. */
  get last(): TestConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('the plugin has opened no WebSocket yet');
    return last;
  }

  /** Those that are open now. */
  get open(): TestConnection[] {
    return this.connections.filter(({ end }) => end === null);
  }

  /** For the harness: an attempt of the plugin. @throws {CapabilityError} SOCKET_* */
  connect(url: string, options: SocketOptions): { connection: number; protocol: string } {
    this.attempts.push({ url, options });
    const answer = typeof this.answer === 'function' ? this.answer(url, options) : this.answer;
    if (typeof answer === 'object' && 'status' in answer) {
      throw new CapabilityError('SOCKET_REFUSED', `answered ${answer.status}`, {
        answer: { status: answer.status, headers: answer.headers ?? {} },
      });
    }
    if (typeof answer === 'object' && 'code' in answer) throw new CapabilityError(answer.code, `${answer.code}, as the host says it`);
    const connection = this.connections.length + 1;
    this.connections.push(new TestConnection(connection, url, options, this.#tell));
    return { connection, protocol: typeof answer === 'object' ? answer.protocol : '' };
  }

  /** For the harness: what the plugin does with its connections. */
  take(order: SocketOrder): void {
    this.connections[order.connection - 1]?.take(order);
  }
}

export class TestConnection {
  readonly url: string;
  readonly options: SocketOptions;
  /** What the plugin sent. */
  readonly sent: (string | Uint8Array)[] = [];
  readonly #id: number;
  readonly #tell: (news: SocketNews) => void;
  #end: SocketEnd | null = null;

  constructor(id: number, url: string, options: SocketOptions, tell: (news: SocketNews) => void) {
    this.#id = id;
    this.url = url;
    this.options = options;
    this.#tell = tell;
  }

  /** How it ended; null while it is open. */
  get end(): SocketEnd | null {
    return this.#end;
  }

  /** Sends messages to the plugin, which takes them before this returns. An object is sent as JSON. */
  send(...messages: (string | Uint8Array | object)[]): void {
    if (this.#end !== null) throw new Error(`this WebSocket has ended with ${this.#end.code}`);
    const wire = messages.map((data) => (typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data)));
    this.#tell({ type: 'socket-messages', connection: this.#id, messages: wire });
  }

  /** Ends it: by default as one that broke. */
  drop(code = 1_006, reason = ''): void {
    if (this.#end !== null) return;
    this.#end = { code, reason };
    this.#tell({ type: 'socket-ended', connection: this.#id, code, reason });
  }

  take(order: SocketOrder): void {
    if (order.type === 'socket-send') this.sent.push(order.data);
    if (order.type !== 'socket-close') return;
    // The other side answers the close.
    queueMicrotask(() => this.drop(order.code ?? 1_005, order.reason ?? ''));
  }
}
