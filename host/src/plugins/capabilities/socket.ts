import { z } from 'zod';
import type { SocketNews, SocketOrder } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';
import { OpenSocket } from './open-socket.ts';
import { openWebSocket } from './open-web-socket.ts';
import type { Reach } from './reach.ts';

const MAX_BYTES = 8 * 1_048_576;
/** Open and being opened. */
const MAX_CONNECTIONS = 64;

const Options = z.object({
  protocols: z.array(z.string().max(256)).max(16).default([]),
  headers: z.record(z.string(), z.string()).default({}),
  timeoutMs: z.number().int().min(1).max(300_000).default(15_000),
  maxMessageBytes: z.number().int().min(1).max(MAX_BYTES).default(1_048_576),
});

/** The `socket` capability of one isolate. */
export class SocketBackend {
  readonly #reach: Reach;
  readonly #userAgent: string;
  readonly #tell: (news: SocketNews) => void;
  readonly #open = new Map<number, OpenSocket>();
  readonly #abort = new AbortController();
  #opening = 0;
  #nextId = 1;

  /** @param tell takes what the isolate is to hear; called after the answer to the `connect` that it is about. */
  constructor(reach: Reach, userAgent: string, tell: (news: SocketNews) => void) {
    this.#reach = reach;
    this.#userAgent = userAgent;
    this.#tell = tell;
  }

  /** @throws {PluginError} SOCKET_* */
  async call(method: string, args: readonly unknown[]): Promise<{ connection: number; protocol: string }> {
    if (method !== 'connect') throw new PluginError('CAPABILITY_UNKNOWN', `socket has no "${method}"`);
    const [url, given] = args;
    const options = Options.safeParse(given ?? {});
    if (!options.success) {
      const [issue] = options.error.issues;
      throw new PluginError('SOCKET_FAILED', `connect: "${issue?.path.join('.')}": ${issue?.message}`, { remedy: 'Correct the options.' });
    }
    const address = this.#permit(url);
    if (this.#opening + this.#open.size >= MAX_CONNECTIONS) {
      throw new PluginError('SOCKET_LIMIT', `it has ${MAX_CONNECTIONS} WebSockets open, or being opened`);
    }
    this.#opening++;
    try {
      const socket = await openWebSocket(address, {
        ...options.data,
        userAgent: this.#userAgent,
        lookup: this.#reach.lookup(address, 'SOCKET_HOST_DENIED'),
        signal: this.#abort.signal,
      });
      const connection = this.#nextId++;
      const open = new OpenSocket(connection, socket, options.data.maxMessageBytes, (news) => {
        if (news.type === 'socket-ended') this.#open.delete(connection);
        this.#tell(news);
      });
      this.#open.set(connection, open);
      return { connection, protocol: socket.protocol };
    } finally {
      this.#opening--;
    }
  }

  /** What the isolate does with a connection; one that has ended meanwhile takes nothing. */
  take(order: SocketOrder): void {
    const open = this.#open.get(order.connection);
    switch (order.type) {
      case 'socket-send':
        return open?.send(order.data);
      case 'socket-taken':
        return open?.taken();
      case 'socket-close':
        return open?.close(order.code, order.reason);
    }
  }

  /** The isolate is gone: its connections are ended at once. */
  close(): void {
    this.#abort.abort();
    for (const open of this.#open.values()) open.terminate();
    this.#open.clear();
  }

  /** @throws {PluginError} SOCKET_HOST_DENIED, SOCKET_FAILED */
  #permit(text: unknown): URL {
    const url = typeof text === 'string' ? URL.parse(text) : null;
    if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:')) {
      throw new PluginError('SOCKET_FAILED', 'not a ws or wss URL', { remedy: 'Give an absolute URL.' });
    }
    if (!this.#reach.permits(url)) throw new PluginError('SOCKET_HOST_DENIED', `${url.host} is not in permissions.hosts`);
    return url;
  }
}
