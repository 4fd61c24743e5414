import { createServer, type Server } from 'node:net';
import { EaConnection } from './connection.ts';
import { removeAbandoned } from './pipe-path.ts';
import { LinkCode } from './wire.ts';
import { SocketChannel } from './socket-channel.ts';
import type { ConnectionDeps, ConnectionOptions } from './connection-terms.ts';
import type { Log } from '@tickhub/plugin-sdk';

/** More than a person has terminals; a peer that only opens connections does not exhaust the plugin. */
const MAX_CONNECTIONS = 256;
const RETRY_MS = 2_000;
/** After a reload the old version's port may take a moment to be free; only then is it worth a word. */
const QUIET_TRIES = 5;
const QUIET_RETRY_MS = 50;
/** How long a stop waits for terminals to read its BYE and close: a reload is waiting. */
const FAREWELL_MS = 100;

/** Where terminals connect: a port (0: any free one), or a named pipe or unix socket. */
export type Place = { readonly host: string; readonly port: number } | { readonly pipe: string };

export interface ServerOptions extends ConnectionOptions {
  readonly place: Place;
}

export interface ServerDeps extends Omit<ConnectionDeps, 'closed'> {
  readonly log: Log;
  /** Terminals may connect; `port` is 0 for a pipe. */
  readonly listening: (port: number) => void | Promise<void>;
}

/**
 * Listens for terminals. A port or pipe that is taken does not end the plugin: it says so and tries again every 2 s.
 */
export class LinkServer {
  readonly #options: ServerOptions;
  readonly #deps: ServerDeps;
  readonly #connections = new Set<EaConnection>();
  /** Open sockets, those included whose connection is over and whose last words are under way. */
  readonly #channels = new Set<SocketChannel>();
  #server: Server | null = null;
  #cancelRetry: (() => void) | null = null;
  #stopped = false;
  #trouble: string | null = null;

  constructor(options: ServerOptions, deps: ServerDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Why nobody can connect, in words for the user; null when they can. */
  get trouble(): string | null {
    return this.#trouble;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Resolves when the first try, and the quick ones after it, are over: the port is open or {@link trouble} says why not. */
  async start(): Promise<void> {
    for (let tries = 1; !this.#stopped; tries++) {
      const failure = await this.#listen();
      if (failure === null) return;
      if (tries >= QUIET_TRIES || failure.code !== 'EADDRINUSE') return this.#retryLater(failure);
      await new Promise<void>((resolve) => {
        this.#deps.clock.after(QUIET_RETRY_MS, resolve);
      });
    }
  }

  /** Says BYE to every terminal and lets go of the port. */
  async stop(code: number, text: string): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry?.();
    const server = this.#server;
    this.#server = null;
    const closed = new Promise<void>((resolve) => {
      if (server === null) resolve();
      else server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.goodbye(code, text);
    const waited = new Promise<void>((resolve) => {
      this.#deps.clock.after(FAREWELL_MS, resolve);
    });
    await Promise.race([closed, waited]);
    for (const channel of this.#channels) channel.destroy();
  }

  async #listen(): Promise<NodeJS.ErrnoException | null> {
    const failure = await this.#tryListen();
    if (failure?.code !== 'EADDRINUSE' || !('pipe' in this.#options.place)) return failure;
    await removeAbandoned(this.#options.place.pipe);
    return this.#tryListen();
  }

  #tryListen(): Promise<NodeJS.ErrnoException | null> {
    const server = createServer((socket) => this.#accept(new SocketChannel(socket, this.#deps.clock)));
    server.maxConnections = MAX_CONNECTIONS;
    const { place } = this.#options;
    return new Promise((resolve) => {
      server.once('error', resolve);
      // exclusive: a shared handle would let two programs take turns in accepting terminals.
      server.listen({ ...('pipe' in place ? { path: place.pipe } : place), exclusive: true }, async () => {
        server.off('error', resolve);
        if (this.#stopped) return server.close(() => resolve(null));
        server.on('error', (error) => this.#deps.log.error(`the MT5 link's ${nameOf(place)} failed: ${error.message}`));
        const address = server.address();
        this.#server = server;
        this.#trouble = null;
        await this.#deps.listening(typeof address === 'object' && address !== null ? address.port : 0);
        resolve(null);
      });
    });
  }

  #retryLater(failure: NodeJS.ErrnoException): void {
    const { place } = this.#options;
    const trouble = troubleOf(place, failure);
    if (this.#trouble === null)
      this.#deps.log.error(`${trouble}; trying again every ${RETRY_MS / 1_000} s`, { ...place, code: 'LINK_PORT' });
    this.#trouble = trouble;
    this.#cancelRetry = this.#deps.clock.after(RETRY_MS, async () => {
      if (this.#stopped) return;
      const again = await this.#listen();
      if (again !== null) this.#retryLater(again);
    });
  }

  #accept(channel: SocketChannel): void {
    const connection: EaConnection = new EaConnection(channel, this.#options, {
      ...this.#deps,
      closed: () => this.#connections.delete(connection),
    });
    this.#channels.add(channel);
    channel.deliverTo(connection, () => this.#channels.delete(channel));
    // A connection accepted while the port was being let go of.
    if (this.#stopped) return connection.goodbye(LinkCode.reload, 'the plugin stops');
    this.#connections.add(connection);
  }
}

function nameOf(place: Place): string {
  return 'pipe' in place ? `pipe ${place.pipe}` : `port ${place.port} on ${place.host}`;
}

function troubleOf(place: Place, failure: NodeJS.ErrnoException): string {
  const taken = failure.code === 'EADDRINUSE';
  if ('pipe' in place) {
    return taken
      ? `the pipe ${place.pipe} is another Tickhub's: give plugins.mt5.pipe another name, and the EA the same one`
      : `cannot listen on the pipe ${place.pipe} (${failure.code ?? failure.message})`;
  }
  return taken
    ? `${nameOf(place)} is taken by another program (or another Tickhub): close it, or set plugins.mt5.port to a free port ` +
        `and give the EA the same one`
    : `cannot listen on ${place.host}:${place.port} (${failure.code ?? failure.message}): set plugins.mt5.port to a port that this user may open`;
}
