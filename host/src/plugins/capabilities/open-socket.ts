import type { RawData, WebSocket } from 'ws';
import type { SocketNews } from '@tickhub/plugin-sdk/host';

/** So much may be on its way to the isolate before the connection is no longer read, and be left when it is read again. */
const UPPER_MARK = 1_048_576;
const LOWER_MARK = 262_144;
/** What a message costs on its way besides its bytes: an empty one is not free. */
const MESSAGE_BYTES = 64;
/** A server that takes so much less than the plugin sends is given up. */
const MOST_UNSENT = 8 * 1_048_576;
/** How often a silent connection is asked for a sign of life; without one until the next time it is dead. */
const PING_EVERY_MS = 30_000;
/** The other side has so long to answer a close. */
const CLOSE_MS = 2_000;
const ABNORMAL = 1_006;

/** Ends that `ws` tells by an error of its own. */
const CODE_OF_ERROR: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1_009,
  WS_ERR_INVALID_UTF8: 1_007,
};

/** One open WebSocket of an isolate: messages go to it a turn of the event loop at a time, and no faster than it takes them. */
export class OpenSocket {
  readonly #id: number;
  readonly #socket: WebSocket;
  readonly #maxMessageBytes: number;
  readonly #tell: (news: SocketNews) => void;
  readonly #ping: NodeJS.Timeout;
  /** Came in this turn. */
  #messages: (string | Uint8Array)[] = [];
  #bytes = 0;
  #flush: NodeJS.Immediate | null = null;
  /** The sizes of what was sent to the isolate and is not taken, oldest first. */
  readonly #onTheWay: number[] = [];
  #bytesOnTheWay = 0;
  #alive = true;
  #ended = false;
  #fault: { readonly code: number; readonly reason: string } | null = null;

  /** @param socket paused: what comes before the isolate knows of it would be lost. */
  constructor(id: number, socket: WebSocket, maxMessageBytes: number, tell: (news: SocketNews) => void) {
    this.#id = id;
    this.#socket = socket;
    this.#maxMessageBytes = maxMessageBytes;
    this.#tell = tell;
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', (code, reason) => this.#onClose(code, reason.toString()));
    this.#ping = setInterval(() => this.#beat(), PING_EVERY_MS);
    // Only when the answer to `connect` has gone out, which it does within this turn.
    setImmediate(() => socket.resume());
  }

  send(data: string | Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MOST_UNSENT) return this.#giveUp(ABNORMAL, 'the server does not read what is sent to it');
    this.#socket.send(data, () => undefined);
  }

  /** One batch of messages was dealt with. */
  taken(): void {
    this.#bytesOnTheWay -= this.#onTheWay.shift() ?? 0;
    if (this.#socket.isPaused && this.#bytesOnTheWay <= LOWER_MARK) this.#socket.resume();
  }

  close(code = 1_000, reason = ''): void {
    // What still comes is for nobody; reading it lets the other side's close arrive.
    this.#socket.removeAllListeners('message');
    if (this.#socket.isPaused) this.#socket.resume();
    try {
      this.#socket.close(code, reason);
    } catch {
      // A code or reason that the protocol does not allow; the SDK refuses them where the plugin gives them.
      this.#socket.terminate();
    }
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
  }

  terminate(): void {
    this.#ended = true;
    clearInterval(this.#ping);
    this.#socket.terminate();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const bytes = data as Buffer; // The default binaryType, "nodebuffer", gives nothing else.
    this.#alive = true;
    // A copy: the buffer may be a view into a larger one, which would be sent along.
    this.#messages.push(isBinary ? new Uint8Array(bytes) : bytes.toString());
    this.#bytes += bytes.byteLength + MESSAGE_BYTES;
    this.#flush ??= setImmediate(() => this.#sendBatch());
    if (this.#bytes + this.#bytesOnTheWay >= UPPER_MARK) this.#socket.pause();
  }

  #sendBatch(): void {
    this.#flush = null;
    if (this.#ended || this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#onTheWay.push(this.#bytes);
    this.#bytesOnTheWay += this.#bytes;
    this.#messages = [];
    this.#bytes = 0;
    this.#tell({ type: 'socket-messages', connection: this.#id, messages });
  }

  /** Finds a connection that looks open and is dead: a cable that was pulled, a router that forgot it. */
  #beat(): void {
    // While it is not read, its pongs are not seen.
    if (this.#socket.isPaused) return;
    if (!this.#alive) return this.#giveUp(ABNORMAL, `no sign of life for ${(2 * PING_EVERY_MS) / 1_000} s`);
    this.#alive = false;
    this.#socket.ping();
  }

  #onError(error: Error): void {
    const code = 'code' in error ? String(error.code) : '';
    const isProtocol = code.startsWith('WS_ERR_');
    const reason = code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? `a message has more than ${this.#maxMessageBytes} bytes` : error.message;
    this.#giveUp(CODE_OF_ERROR[code] ?? (isProtocol ? 1_002 : ABNORMAL), reason);
  }

  #giveUp(code: number, reason: string): void {
    this.#fault ??= { code, reason };
    this.#socket.terminate();
  }

  #onClose(code: number, reason: string): void {
    clearInterval(this.#ping);
    if (this.#flush !== null) clearImmediate(this.#flush);
    this.#sendBatch();
    if (this.#ended) return;
    this.#ended = true;
    this.#tell({ type: 'socket-ended', connection: this.#id, ...(this.#fault ?? { code, reason }) });
  }
}
