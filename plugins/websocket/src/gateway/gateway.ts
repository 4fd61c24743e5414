/** The gateway: HTTP and WebSocket server in front of the ledger's thread. */
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { SDK_VERSION } from '@tickhub/plugin-sdk';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { CloseCode, HEARTBEAT_MS, MAX_UP_BYTES, Subprotocol, closeReason } from '../wire/link-constants.ts';
import type { Agent } from './agents/agent.ts';
import { AgentHall } from './agents/agent-hall.ts';
import { bundledAgents } from './agents/bundled-agents.ts';
import { GatewayError, RefusedClient } from './errors.ts';
import { answerHttp } from './http-answers.ts';
import { lockDataDir } from './ledger/lock.ts';
import { LEDGER_FILE } from './ledger/schema.ts';
import type { FromLedger, LedgerHealth, LedgerStats, LedgerThreadOptions, ToLedger } from './ledger-messages.ts';
import { Session } from './session.ts';
import { loadSigningKey } from './signing-key.ts';
import type { SigningKey } from './signing-key.ts';
import { Tokens, UserId } from './tokens.ts';
import type { TokenTrust } from './tokens.ts';

const PATH_OF_CLIENT = /^\/ws\/client\/([^/?#]+)$/;

export interface GatewayOptions {
  /** Absolute; made when it is not there. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Bytes of frames that the ledger keeps; Infinity keeps all. */
  readonly keepBytes: number;
  readonly trust?: TokenTrust;
  /** Which agents it has; those that it brings, where nothing else is said. */
  readonly agents?: readonly Agent[];
  log(level: 'info' | 'warn' | 'error', text: string): void;
  /** Called when the ledger's thread has ended by an error that is a bug, or that waiting does not mend. */
  onFatal(error: Error): void;
  /** The thread's module; beside this one by default. */
  readonly ledgerWorker?: URL;
}

export interface GatewayStats extends LedgerStats {
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly refusedTotal: number;
  readonly acksTotal: number;
  readonly ledger: LedgerHealth;
}

export class Gateway {
  readonly tokens: Tokens;
  readonly #agents: AgentHall;
  readonly #options: GatewayOptions;
  readonly #unlock: () => void;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #worker: Worker;
  readonly #sessions = new Map<number, Session>();
  readonly #byUser = new Map<string, Session>();
  readonly #questions = new Map<number, (stats: LedgerStats) => void>();
  readonly #beat: NodeJS.Timeout;
  #nextId = 1;
  #health: LedgerHealth = { ok: false, code: 'LEDGER_UNAVAILABLE', reason: 'the ledger is being opened' };
  #wasUnwell = false;
  #connectionsTotal = 0;
  #refusedTotal = 0;
  #acksTotal = 0;
  #closing = false;
  #onLedgerClosed: () => void = () => undefined;

  /** Starts a gateway. @throws {GatewayError} @throws {LedgerError} */
  static async start(options: GatewayOptions): Promise<Gateway> {
    try {
      mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new GatewayError('GATEWAY_DATA', `${options.dataDir}: the data folder cannot be made (${(error as Error).message})`, error);
    }
    const unlock = lockDataDir(options.dataDir);
    try {
      const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 });
      // The thread opens the ledger while the keys are read.
      const worker = startWorker(options);
      try {
        const [key, opening] = await Promise.all([loadSigningKey(options.dataDir), opened(worker)]);
        const gateway = new Gateway(options, unlock, server, worker, opening, new Tokens(key, options.trust), hallOf(options, key));
        // Last: a client that comes before there is someone to answer it would wait for nothing.
        await listen(server, options);
        return gateway;
      } catch (error) {
        server.close();
        await worker.terminate();
        throw error;
      }
    } catch (error) {
      unlock();
      throw error;
    }
  }

  private constructor(
    options: GatewayOptions,
    unlock: () => void,
    server: Server,
    worker: Worker,
    opening: Opening,
    tokens: Tokens,
    agents: AgentHall,
  ) {
    this.#options = options;
    this.#unlock = unlock;
    this.#server = server;
    this.#worker = worker;
    this.tokens = tokens;
    this.#agents = agents;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: MAX_UP_BYTES,
      handleProtocols: (offered) =>
        offered.has(Subprotocol.binary) ? Subprotocol.binary : offered.has(Subprotocol.json) ? Subprotocol.json : false,
    });
    const take = (messages: readonly FromLedger[]): void => {
      for (const message of messages) this.#onLedger(message);
    };
    worker.off('message', opening.collect);
    worker.on('message', take);
    take(opening.messages);
    worker.on('error', (error) => {
      if (!this.#closing) options.onFatal(error as Error);
    });
    server.on('request', (request, response) => void answerHttp(request, response, this));
    server.on('upgrade', (request, socket, head) => void this.#onUpgrade(request, socket, head));
    this.#beat = setInterval(() => this.#beatAll(), HEARTBEAT_MS);
    this.#beat.unref();
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** Where a user's client connects. */
  urlOf(userId: string): string {
    const { host } = this.#options;
    return `ws://${host.includes(':') ? `[${host}]` : host}:${this.port}/ws/client/${encodeURIComponent(userId)}`;
  }

  get health(): LedgerHealth {
    return this.#health;
  }

  async stats(): Promise<GatewayStats> {
    const id = this.#nextId++;
    const stats = await new Promise<LedgerStats>((resolve) => {
      this.#questions.set(id, resolve);
      this.#toLedger({ type: 'stats', id });
    });
    return {
      ...stats,
      connections: this.#byUser.size,
      connectionsTotal: this.#connectionsTotal,
      refusedTotal: this.#refusedTotal,
      acksTotal: this.#acksTotal,
      ledger: this.#health,
    };
  }

  /** Commits what has come, says goodbye, and lets go of everything. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#beat);
    this.#agents.close();
    // The ledger first: its last acks go out before the goodbye.
    await new Promise<void>((resolve) => {
      this.#onLedgerClosed = resolve;
      this.#worker.once('exit', () => resolve());
      this.#toLedger({ type: 'close' });
    });
    for (const session of this.#sessions.values()) session.close(CloseCode.goingAway, 'the gateway stops');
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#sockets.close();
    this.#server.closeAllConnections();
    await closed;
    await this.#worker.terminate();
    this.#unlock();
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const drop = (): void => void socket.destroy();
    socket.on('error', drop);
    const userId = userOf(request.url ?? '');
    if (userId === null) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const verified = await this.tokens.verify(request.headers.authorization, userId).catch((error: unknown) => {
      if (error instanceof RefusedClient) return error;
      throw error;
    });
    if (socket.destroyed || this.#closing) {
      drop();
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      socket.off('error', drop);
      if (verified instanceof RefusedClient) this.#refuse(client, userId, verified);
      else this.#admit(client, verified);
    });
  }

  #refuse(client: WebSocket, userId: string, { closeCode, message }: RefusedClient): void {
    this.#refusedTotal++;
    this.#options.log('warn', `refused a connection for ${userId}: ${message}`);
    // Nothing that it says is read.
    client.on('error', () => undefined);
    client.close(closeCode, closeReason(message));
    setTimeout(() => client.terminate(), 1_000).unref();
  }

  #admit(socket: WebSocket, token: ConstructorParameters<typeof Session>[0]['token']): void {
    this.#connectionsTotal++;
    const session = new Session({
      id: this.#nextId++,
      socket,
      token,
      agents: this.#agents,
      server: `tickhub-gateway/${SDK_VERSION}`,
      toLedger: (message) => this.#toLedger(message),
      onHello: (newer) => {
        this.#byUser.get(newer.userId)?.close(CloseCode.replaced, 'a newer connection of this user took over');
        this.#byUser.set(newer.userId, newer);
      },
      onClosed: (gone) => {
        this.#sessions.delete(gone.id);
        if (this.#byUser.get(gone.userId) === gone) this.#byUser.delete(gone.userId);
      },
    });
    this.#sessions.set(session.id, session);
  }

  #toLedger(message: ToLedger): void {
    // A message's bytes are the session's own copy: they are moved, not copied again.
    this.#worker.postMessage(message, message.type === 'message' ? [message.data.buffer as ArrayBuffer] : []);
  }

  #onLedger(message: FromLedger): void {
    switch (message.type) {
      case 'resume':
        this.#sessions.get(message.session)?.resume(message.epoch, message.lastSeq);
        return;
      case 'taken':
        if (message.seq !== null) this.#acksTotal++;
        this.#sessions.get(message.session)?.taken(message.seq, message.bytes);
        return;
      case 'refused':
        // The ledger gives codes of the protocol only.
        this.#sessions.get(message.session)?.close(message.closeCode as CloseCode, message.reason);
        return;
      case 'aside':
        this.#sessions.get(message.session)?.takeAside(message.aside);
        return;
      case 'health':
        if (message.health.ok && this.#wasUnwell) this.#options.log('info', 'the ledger takes frames again');
        this.#wasUnwell = !message.health.ok;
        this.#health = message.health;
        return;
      case 'log':
        this.#options.log(message.level, message.text);
        return;
      case 'stats':
        this.#questions.get(message.id)?.(message.stats);
        this.#questions.delete(message.id);
        return;
      case 'closed':
        this.#onLedgerClosed();
        return;
      case 'opened':
    }
  }

  #beatAll(): void {
    const now = Date.now();
    for (const session of this.#sessions.values()) session.beat(now);
  }
}

function hallOf({ agents, dataDir }: GatewayOptions, key: SigningKey): AgentHall {
  return new AgentHall(agents ?? bundledAgents(dataDir), key.kid, key.keyObject);
}

function startWorker(options: GatewayOptions): Worker {
  const workerData: LedgerThreadOptions = { path: path.join(options.dataDir, LEDGER_FILE), keepBytes: options.keepBytes };
  return new Worker(options.ledgerWorker ?? new URL('./ledger-worker.js', import.meta.url), { workerData, name: 'ledger' });
}

/** What the thread said before there was a gateway to hear it. */
interface Opening {
  readonly messages: FromLedger[];
  readonly collect: (messages: readonly FromLedger[]) => void;
}

function opened(worker: Worker): Promise<Opening> {
  return new Promise((resolve, reject) => {
    const messages: FromLedger[] = [];
    const collect = (more: readonly FromLedger[]): void => {
      messages.push(...more);
      worker.off('error', reject);
      resolve({ messages, collect });
    };
    worker.once('error', reject);
    worker.on('message', collect);
  });
}

function listen(server: Server, { host, port }: GatewayOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, () => resolve());
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): GatewayError {
  const what: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use; stop the program that has it, or give another with --port`,
    EACCES: `port ${port} may not be used by this account; give one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; give one with --host, such as 127.0.0.1`,
  };
  return new GatewayError('GATEWAY_PORT', what[error.code ?? ''] ?? `cannot listen on ${host}:${port}: ${error.message}`, error);
}

function userOf(url: string): string | null {
  const encoded = PATH_OF_CLIENT.exec(url.split('?', 1)[0] ?? '')?.[1];
  if (encoded === undefined) return null;
  try {
    return UserId.parse(decodeURIComponent(encoded));
  } catch {
    return null;
  }
}
