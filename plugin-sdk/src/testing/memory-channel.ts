import type { PipeFrameType } from '../protocol/pipe.ts';
import type { FrameChannel } from '../run/frame-channel.ts';

/** A data channel without a process at its other end. */
export class MemoryChannel implements FrameChannel {
  readonly #onSent: (type: PipeFrameType, body: Uint8Array) => void;
  readonly #drainedListeners = new Set<() => void>();
  #waiting: { readonly type: number; readonly body: Uint8Array }[] = [];
  #onFrame: ((type: number, body: Uint8Array) => void) | null = null;
  #congested = false;

  /** @param onSent takes each frame that the plugin's side sends, in a buffer of its own. */
  constructor(onSent: (type: PipeFrameType, body: Uint8Array) => void) {
    this.#onSent = onSent;
  }

  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): void {
    this.#onSent(type, joined(head, body));
  }

  get backlogBytes(): number {
    return 0;
  }

  get congested(): boolean {
    return this.#congested;
  }

  set congested(congested: boolean) {
    const before = this.#congested;
    this.#congested = congested;
    if (before && !congested) for (const listener of this.#drainedListeners) listener();
  }

  onDrained(listener: () => void): () => void {
    this.#drainedListeners.add(listener);
    return () => this.#drainedListeners.delete(listener);
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }

  resume(onFrame: (type: number, body: Uint8Array) => void): void {
    this.#onFrame = onFrame;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { type, body } of waiting) onFrame(type, body);
  }

  pause(): void {
    this.#onFrame = null;
  }

  /** A frame from the host's side. */
  receive(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): void {
    const whole = joined(head, body);
    if (this.#onFrame === null) this.#waiting.push({ type, body: whole });
    else this.#onFrame(type, whole);
  }
}

function joined(head: Uint8Array | null, body: Uint8Array): Uint8Array {
  const headBytes = head?.byteLength ?? 0;
  const whole = new Uint8Array(headBytes + body.byteLength);
  if (head !== null) whole.set(head);
  whole.set(body, headBytes);
  return whole;
}
