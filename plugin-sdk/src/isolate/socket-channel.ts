import { Socket } from 'node:net';
import { PipeFrameReader, pipeHeader } from '../protocol/pipe.ts';
import type { PipeFrameType } from '../protocol/pipe.ts';
import type { FrameChannel } from '../run/frame-channel.ts';

const UPPER_MARK = 1_048_576;
const LOWER_MARK = 262_144;

/** The data channel on a file descriptor that the host opened as a pipe or socket pair. */
export class SocketChannel implements FrameChannel {
  readonly #socket: Socket;
  readonly #drainedListeners = new Set<() => void>();
  #reader: PipeFrameReader | null = null;
  #onFrame: ((type: number, body: Uint8Array) => void) | null = null;
  #congested = false;

  /** @param onError called when what comes from the host is no frame. */
  constructor(fd: number, onError: (error: unknown) => void) {
    this.#socket = new Socket({ fd, readable: true, writable: true });
    // The host closing its end means that it is gone, which the end of the IPC channel tells.
    this.#socket.on('error', () => undefined);
    this.#socket.pause();
    this.#socket.on('data', (chunk: Uint8Array) => {
      try {
        this.#reader?.push(chunk);
      } catch (error) {
        this.#socket.destroy();
        onError(error);
      }
    });
  }

  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.cork();
    socket.write(pipeHeader(type, (head?.byteLength ?? 0) + body.byteLength));
    if (head !== null) socket.write(head);
    socket.write(body, this.#onWritten);
    socket.uncork();
    if (socket.writableLength >= UPPER_MARK) this.#congested = true;
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  get congested(): boolean {
    return this.#congested;
  }

  onDrained(listener: () => void): () => void {
    this.#drainedListeners.add(listener);
    return () => this.#drainedListeners.delete(listener);
  }

  flushed(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableLength === 0) return Promise.resolve();
    return new Promise((resolve) => socket.write(new Uint8Array(0), () => resolve()));
  }

  resume(onFrame: (type: number, body: Uint8Array) => void): void {
    this.#onFrame = onFrame;
    // One reader for the life of the channel: a pause may fall into the middle of a frame.
    this.#reader ??= new PipeFrameReader((type, body) => this.#onFrame?.(type, body));
    this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  readonly #onWritten = (): void => {
    if (!this.#congested || this.#socket.writableLength > LOWER_MARK) return;
    this.#congested = false;
    for (const listener of this.#drainedListeners) listener();
  };
}
