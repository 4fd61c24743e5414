import type { Duplex } from 'node:stream';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { PipeFrameReader, pipeHeader } from '@tickhub/plugin-sdk/host';
import type { PipeFrameType } from '@tickhub/plugin-sdk/host';
import { PluginError } from '../errors.ts';

/** Above it the isolate counts as slow. */
const SLOW_BYTES = 1_048_576;

/** The host's end of the data channel (fd 3 of the isolate): frames both ways. */
export class DataChannel {
  readonly #socket: Duplex;
  readonly #drained: (() => void)[] = [];
  #received = 0;
  #slow = false;
  #paused = false;

  /** @param onViolation called once, when the bytes are no frames or `onFrame` threw; nothing is read after it. */
  constructor(socket: Duplex, onFrame: (type: number, body: Uint8Array) => void, onViolation: (error: PluginError) => void) {
    this.#socket = socket;
    const reader = new PipeFrameReader(onFrame);
    const read = (chunk: Uint8Array): void => {
      this.#received += chunk.byteLength;
      try {
        reader.push(chunk);
      } catch (error) {
        socket.off('data', read);
        socket.resume();
        onViolation(new PluginError('PLUGIN_PROTOCOL', `malformed data: ${(error as Error).message}`, { cause: error }));
      }
    };
    socket.on('data', read);
    // The other end going away is told by the end of the process.
    socket.on('error', () => undefined);
    socket.on('drain', () => {
      if (!this.#slow) return;
      this.#slow = false;
      for (const listener of this.#drained) listener();
    });
  }

  /** The body is kept until it is written: do not write to it. */
  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): boolean {
    if (this.#socket.destroyed || this.#socket.writableEnded) return true;
    this.#socket.cork();
    this.#socket.write(pipeHeader(type, (head?.byteLength ?? 0) + body.byteLength));
    if (head !== null) this.#socket.write(head);
    if (body.byteLength > 0) this.#socket.write(body);
    this.#socket.uncork();
    if (this.#socket.writableLength < SLOW_BYTES) return true;
    this.#slow = true;
    return false;
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  onDrained(listener: () => void): void {
    this.#drained.push(listener);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  /**
   * Resolves when everything the isolate wrote so far has been read. What it wrote before it said so on IPC is in the kernel by then, and a turn of the
   * event loop reads what is there: two turns without a byte mean that there is none.
   */
  async quiet(signal: AbortSignal): Promise<void> {
    for (let still = 0; still < 2 && !signal.aborted && !this.#socket.readableEnded && !this.#socket.destroyed;) {
      const before = this.#received;
      if (this.#paused) await delay(5);
      else await turn();
      still = !this.#paused && this.#received === before ? still + 1 : 0;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
