import type { ByteChannel, ByteReceiver } from '../link/byte-channel.ts';

/**
 * A channel within the process: the plugin's end is a {@link ByteChannel} as a socket's is; at the other end sits the replay. What the replay sends
 * arrives at once; what the plugin writes arrives in a microtask, so that neither calls into the other while it is being called.
 */
export class MemoryChannel implements ByteChannel {
  #receiver: ByteReceiver | null = null;
  readonly #toReplay: (bytes: Uint8Array) => void;
  readonly #onClosed: () => void;
  #paused = false;
  #closed = false;
  #wakers: (() => void)[] = [];

  /** @param toReplay takes what the plugin writes. @param onClosed called once, when either end closed it. */
  constructor(toReplay: (bytes: Uint8Array) => void, onClosed: () => void) {
    this.#toReplay = toReplay;
    this.#onClosed = onClosed;
  }

  connect(receiver: ByteReceiver): void {
    this.#receiver = receiver;
  }

  // The replay's end

  get open(): boolean {
    return !this.#closed;
  }

  /** False while the plugin does not read: await {@link writable}. */
  get isWritable(): boolean {
    return !this.#paused;
  }

  /** Resolves when the plugin reads again, or the channel is closed. */
  writable(): Promise<void> {
    if (!this.#paused || this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakers.push(resolve);
    });
  }

  /** Hands bytes to the plugin now. They may be used again afterwards. */
  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#receiver?.receive(bytes);
  }

  // The plugin's end

  readonly unsent = 0;

  write(bytes: Uint8Array): void {
    if (!this.#closed) queueMicrotask(() => this.#toReplay(bytes));
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake();
  }

  end(): void {
    queueMicrotask(() => this.destroy());
  }

  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
    this.#receiver?.closed('the replay ended');
    this.#onClosed();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
