import type { Socket } from 'node:net';
import type { Clock } from '@tickhub/plugin-sdk';
import type { ByteChannel, ByteReceiver } from './byte-channel.ts';

/** How long a peer may take to read the last words. */
const LAST_WORDS_MS = 1_000;

/** A TCP socket as a {@link ByteChannel}. */
export class SocketChannel implements ByteChannel {
  readonly #socket: Socket;
  readonly #clock: Clock;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.setNoDelay(true);
  }

  /** Hands what comes to `receiver`; `gone` is called when the socket is closed for good. */
  deliverTo(receiver: ByteReceiver, gone: () => void): void {
    const socket = this.#socket;
    let reason = 'the peer closed the connection';
    socket.on('data', (chunk: Buffer) => receiver.receive(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = `the connection broke (${error.code ?? error.message})`;
    });
    socket.on('close', () => {
      receiver.closed(reason);
      gone();
    });
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
    // Unread bytes would turn the close into a reset that overtakes the last words, so they are read and thrown away.
    this.#socket.resume();
    const cancel = this.#clock.after(LAST_WORDS_MS, () => void this.#socket.destroy());
    this.#socket.once('close', cancel);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
