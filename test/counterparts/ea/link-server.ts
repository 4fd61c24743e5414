import { once } from 'node:events';
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { readHello, str, Type, u16, type Cursor, type Frame, type Hello } from './link-codec.ts';

/**
 * The plugin's end of the link, scripted by a test: it answers PINGs, and does everything else only when told to. Written from
 * LINK.md alone, apart from the plugin's own decoder, so that the two cannot share a mistake.
 */
export class LinkServer {
  readonly #server: Server;
  readonly #peers: LinkPeer[] = [];
  readonly #waiting: ((peer: LinkPeer) => void)[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      const peer = new LinkPeer(socket);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#peers.push(peer);
      else waiting(peer);
    });
  }

  /** Port 0: any that is free. */
  static async listen(port = 0): Promise<LinkServer> {
    return LinkServer.#listen({ port, host: '127.0.0.1' });
  }

  /** On a unix socket, which stands for a Windows named pipe. */
  static async listenOnPipe(path: string): Promise<LinkServer> {
    return LinkServer.#listen({ path });
  }

  static async #listen(options: ListenOptions): Promise<LinkServer> {
    const server = createServer({ noDelay: true });
    const link = new LinkServer(server);
    server.listen(options);
    await once(server, 'listening');
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the link server is not listening');
    return address.port;
  }

  /** The next connection, in the order they came. */
  accept(): Promise<LinkPeer> {
    const peer = this.#peers.shift();
    return peer === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(peer);
  }

  /** Accepts, reads HELLO, answers WELCOME. */
  async welcome(options: WelcomeOptions = {}): Promise<{ peer: LinkPeer; hello: Hello }> {
    const peer = await this.accept();
    const hello = readHello((await peer.next(Type.hello)).body);
    peer.sendWelcome(options);
    return { peer, hello };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export interface WelcomeOptions {
  readonly heartbeatMs?: number;
  readonly maxBatch?: number;
  readonly sweepMs?: number;
  readonly bookMs?: number;
  /** Bits: 1 account, 2 positions. */
  readonly share?: number;
}

export class LinkPeer {
  readonly closed: Promise<void>;
  /** Leaves PINGs unanswered. */
  mute = false;
  readonly #socket: Socket;
  readonly #frames: Frame[] = [];
  #waiting: (() => void) | undefined;
  #ended = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#ended = true;
        this.#waiting?.();
        resolve();
      });
    });
    socket.on('error', () => undefined); // a reset is a way to close; `closed` tells
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** The next frame of one of the types; frames of other types before it are dropped, so ask in the protocol's order. */
  async next(...types: number[]): Promise<Frame> {
    while (true) {
      const frame = this.#frames.shift();
      if (frame !== undefined && types.includes(frame.type)) return frame;
      if (frame !== undefined) continue;
      if (this.#ended) throw new Error(`the connection closed while a frame of type ${types.join(' or ')} was awaited`);
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  send(type: number, symIdx: number, body: Buffer): void {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(4 + body.length, 0);
    head.writeUInt8(type, 4);
    head.writeUInt16LE(symIdx, 6);
    this.#socket.write(Buffer.concat([head, body]));
  }

  sendRaw(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  sendWelcome({ heartbeatMs = 1000, maxBatch = 512, sweepMs = 10, bookMs = 200, share = 0 }: WelcomeOptions = {}): void {
    const body = Buffer.alloc(12);
    [2, heartbeatMs, maxBatch, sweepMs, bookMs, share].forEach((value, i) => body.writeUInt16LE(value, 2 * i));
    this.send(Type.welcome, 0, body);
  }

  sendSub(symIdx: number, cursor: Cursor = { msc: 0, same: 0 }, maxBackfillMs = 0xffffffff, wants = 1): void {
    const body = Buffer.alloc(18);
    body.writeBigInt64LE(BigInt(cursor.msc), 0);
    body.writeUInt32LE(cursor.same, 8);
    body.writeUInt32LE(maxBackfillMs, 12);
    body.writeUInt16LE(wants, 16);
    this.send(Type.sub, symIdx, body);
  }

  sendGetBars(symIdx: number, id: number, widthMs: number, from: number, to: number): void {
    const body = Buffer.alloc(24);
    body.writeUInt32LE(id, 0);
    body.writeUInt32LE(widthMs, 4);
    body.writeBigInt64LE(BigInt(from), 8);
    body.writeBigInt64LE(BigInt(to), 16);
    this.send(Type.getBars, symIdx, body);
  }

  sendAck(symIdx: number, cursor: Cursor): void {
    const body = Buffer.alloc(16);
    body.writeUInt16LE(1, 0);
    body.writeUInt16LE(symIdx, 2);
    body.writeBigInt64LE(BigInt(cursor.msc), 4);
    body.writeUInt32LE(cursor.same, 12);
    this.send(Type.ack, 0, body);
  }

  /** ERR or BYE. */
  sendEnd(type: number, code: number, text: string): void {
    this.send(type, 0, Buffer.concat([u16(code), str(text)]));
  }

  sendWatch(names: readonly string[]): void {
    this.send(Type.watch, 0, Buffer.concat([u16(names.length), ...names.map(str)]));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (rest.length >= 4) {
      const len = rest.readUInt32LE(0);
      if (rest.length < 4 + len) break;
      this.#frame({
        type: rest.readUInt8(4),
        flags: rest.readUInt8(5),
        symIdx: rest.readUInt16LE(6),
        body: rest.subarray(8, 4 + len),
      });
      rest = rest.subarray(4 + len);
    }
    this.#rest = rest;
    this.#waiting?.();
  }

  #frame(frame: Frame): void {
    if (frame.type === Type.ping && !this.mute) this.send(Type.pong, 0, frame.body.subarray(0, 16));
    this.#frames.push(frame);
  }
}
