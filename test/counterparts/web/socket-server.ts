import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

/** What a WebSocket server may do wrong. */
export type SocketFault =
  /** Answers the upgrade with an HTTP status. */
  | { readonly kind: 'refused'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the upgrade request and never answers. */
  | { readonly kind: 'unanswered' }
  /** Opens, and says nothing; it answers pings. */
  | { readonly kind: 'silent' }
  /** Opens, and is dead: it neither says nor answers anything. */
  | { readonly kind: 'half-open' }
  /** Closes after so many messages of the recording. */
  | { readonly kind: 'closing'; readonly code: number; readonly after: number }
  /** Breaks the connection after so many messages of the recording. */
  | { readonly kind: 'breaking'; readonly after: number }
  /** Sends one message of so many bytes. */
  | { readonly kind: 'oversized'; readonly bytes: number }
  /** Sends bytes that are no WebSocket frame. */
  | { readonly kind: 'garbage' }
  /** Sends messages that are not what was recorded. */
  | { readonly kind: 'nonsense'; readonly messages: readonly string[] };

/** A connection that a client made, or tried to make. */
export interface SocketVisit {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly url: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** What the client said. */
  readonly said: string[];
  /** With which code it ended; null while it is open. */
  ended: number | null;
}

export interface SocketServerOptions {
  /** What each connection is sent, in order; a function makes it from what the client said first. */
  readonly messages: readonly string[];
  /** Waits for the client's first message, its subscription, before the recording begins. */
  readonly afterFirstWord?: boolean;
  /** Between two messages; 0, when it is not given: all at once. */
  readonly everyMs?: number;
}

/** A WebSocket server that replays a recording to whoever connects. */
export class SocketServer {
  readonly port: number;
  readonly visits: SocketVisit[] = [];
  /** What the next connections meet; null for none. */
  fault: SocketFault | null = null;
  readonly #options: SocketServerOptions;
  readonly #http: Server;
  readonly #ws = new WebSocketServer({ noServer: true });
  readonly #sockets = new Set<Socket>();
  readonly #open = new Set<WebSocket>();
  readonly #waiting = new Set<() => void>();

  private constructor(http: Server, options: SocketServerOptions) {
    this.#http = http;
    this.#options = options;
    // A listening TCP server's address is an AddressInfo.
    this.port = (http.address() as AddressInfo).port;
    http.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => this.#onUpgrade(request, socket, head));
  }

  static async start(options: SocketServerOptions): Promise<SocketServer> {
    const http = createServer((_request, response) => response.writeHead(426).end());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return new SocketServer(http, options);
  }

  /** As `permissions.hosts` names it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  url(path = '/'): string {
    return `ws://${this.host}${path}`;
  }

  /** Resolves when `met`; looked at whenever a client comes, speaks or goes. */
  async until(what: string, met: (visits: readonly SocketVisit[]) => boolean, timeoutMs = 45_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (met(this.visits)) resolve();
    };
    const timer = setTimeout(
      () => reject(new Error(`waited ${timeoutMs} ms for ${what}; there were ${this.visits.length} visits`)),
      timeoutMs,
    );
    this.#waiting.add(look);
    look();
    await promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  /** Says something to all who are connected. */
  say(message: string): void {
    for (const socket of this.#open) socket.send(message);
  }

  /** Ends all connections, with a close code, or by breaking them. */
  drop(code?: number): void {
    for (const socket of this.#open) {
      if (code === undefined) socket.terminate();
      else socket.close(code);
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #changed(): void {
    for (const look of this.#waiting) look();
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const visit: SocketVisit = { at: performance.now(), url: request.url ?? '/', headers: request.headers, said: [], ended: null };
    this.visits.push(visit);
    this.#changed();
    const { fault } = this;
    if (fault?.kind === 'unanswered') return;
    if (fault?.kind === 'refused') {
      const lines = Object.entries({ ...fault.headers, 'content-length': '0', connection: 'close' }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.end(`HTTP/1.1 ${fault.status} Refused\r\n${lines.join('')}\r\n`);
      return;
    }
    this.#ws.handleUpgrade(request, socket, head, (made) => {
      this.#open.add(made);
      made.on('error', () => undefined);
      made.on('message', (data) => {
        visit.said.push(String(data));
        this.#changed();
      });
      made.on('close', (code) => {
        this.#open.delete(made);
        visit.ended = code;
        this.#changed();
      });
      if (this.#options.afterFirstWord === true && fault === null) made.once('message', () => this.#play(made, socket, fault));
      else this.#play(made, socket, fault);
    });
  }

  #play(made: WebSocket, socket: Socket, fault: SocketFault | null): void {
    switch (fault?.kind) {
      case 'silent':
        return;
      case 'half-open':
        socket.removeAllListeners('data');
        socket.pause();
        return;
      case 'oversized':
        return made.send('x'.repeat(fault.bytes));
      case 'garbage':
        socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x00, 0x00]));
        return;
      case 'nonsense':
        for (const message of fault.messages) made.send(message);
        return;
      default:
        return this.#replay(made, fault ?? null);
    }
  }

  #replay(made: WebSocket, fault: SocketFault | null): void {
    const { messages, everyMs = 0 } = this.#options;
    let at = 0;
    const next = (): boolean => {
      if (fault?.kind === 'closing' && at === fault.after) made.close(fault.code);
      else if (fault?.kind === 'breaking' && at === fault.after) made.terminate();
      else {
        const message = messages[at++];
        if (message !== undefined && made.readyState === made.OPEN) made.send(message);
        return at < messages.length || (fault !== null && at === messages.length);
      }
      return false;
    };
    if (everyMs === 0) {
      while (next());
      return;
    }
    const timer = setInterval(() => next() || clearInterval(timer), everyMs);
    made.once('close', () => clearInterval(timer));
  }
}
