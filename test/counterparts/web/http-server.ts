import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerWith } from './http-faults.ts';
import type { HttpFault } from './http-faults.ts';

/** A document, as it lies at a path. */
export interface WebDocument {
  readonly body: string | Uint8Array;
  /** `application/json` when it is not given. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** When it was changed last; now, when it is not given. */
  readonly modified?: Date;
}

/** A request that came. */
export interface WebRequest {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** How many requests this server had open then, this one included. */
  readonly open: number;
}

/** An HTTP server that gives documents with validators, and faults where it is told to. */
export class WebServer {
  readonly port: number;
  /** Every request so far, in order. */
  readonly requests: WebRequest[] = [];
  readonly #server: Server;
  readonly #documents = new Map<string, Required<WebDocument> & { etag: string }>();
  readonly #faults = new Map<string, { fault: HttpFault; left: number }>();
  readonly #waiting = new Set<() => void>();
  #open = 0;

  private constructor(server: Server) {
    this.#server = server;
    // A listening TCP server's address is an AddressInfo.
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response));
  }

  static async start(): Promise<WebServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WebServer(server);
  }

  /** As `permissions.hosts` names it. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  url(path: string): string {
    return `http://${this.host}${path}`;
  }

  /** Puts a document at a path (without a query), or another one there. */
  put(path: string, document: WebDocument): void {
    const body = typeof document.body === 'string' ? Buffer.from(document.body) : document.body;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 20)}"`;
    this.#documents.set(path, { type: 'application/json', headers: {}, modified: new Date(), ...document, body, etag });
  }

  /** Has a path answer with a fault: so many times, or until {@link heal}. */
  fail(path: string, fault: HttpFault, times = Infinity): void {
    this.#faults.set(path, { fault, left: times });
  }

  heal(path: string): void {
    this.#faults.delete(path);
  }

  /** The requests to a path, whatever their query. */
  to(path: string): WebRequest[] {
    return this.requests.filter(({ url }) => url.split('?')[0] === path);
  }

  /** Resolves when a path was asked for `count` times in all. */
  async asked(path: string, count: number, timeoutMs = 45_000): Promise<WebRequest[]> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.to(path).length >= count) resolve();
    };
    const timer = setTimeout(
      () => reject(new Error(`waited ${timeoutMs} ms for request ${count} to ${path}; there were ${this.to(path).length}`)),
      timeoutMs,
    );
    this.#waiting.add(look);
    look();
    await promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
    return this.to(path);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    const path = url.split('?')[0] ?? url;
    this.#open++;
    response.once('close', () => this.#open--);
    this.requests.push({ at: performance.now(), method: request.method ?? 'GET', url, headers: request.headers, open: this.#open });
    for (const look of this.#waiting) look();
    const document = this.#documents.get(path);
    const headers = document === undefined ? {} : headersOf(document);
    const failing = this.#faults.get(path);
    if (failing !== undefined && failing.left-- > 0) {
      return answerWith(failing.fault, request, response, { body: Buffer.from(document?.body ?? 'x'.repeat(1_000)), headers });
    }
    if (document === undefined) return void response.writeHead(404).end();
    if (isFresh(request, document)) return void response.writeHead(304, headers).end();
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : document.body);
  }
}

function headersOf({ type, headers, modified, etag }: Required<WebDocument> & { etag: string }): Record<string, string> {
  return { 'content-type': type, etag, 'last-modified': modified.toUTCString(), ...headers };
}

/** RFC 9110, 13.2.2: `If-None-Match` counts, and where it is there `If-Modified-Since` does not. */
function isFresh({ headers }: IncomingMessage, { etag, modified }: { etag: string; modified: Date }): boolean {
  const given = headers['if-none-match'];
  if (given !== undefined) return given.split(',').some((one) => one.trim().replace(/^W\//, '') === etag || one.trim() === '*');
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && Math.floor(modified.getTime() / 1_000) * 1_000 <= since;
}
