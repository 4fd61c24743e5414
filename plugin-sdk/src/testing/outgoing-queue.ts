import type { IsolateMessage } from '../protocol/control.ts';
import { PipeFrame } from '../protocol/pipe.ts';
import type { MemoryChannel } from './memory-channel.ts';

interface Queued {
  readonly seq: number;
  readonly type: typeof PipeFrame.deliverTicks | typeof PipeFrame.deliverRecords;
  readonly body: Uint8Array;
}

/** State of a transport's link, as it told it. */
export type LinkState = { readonly state: 'down'; readonly reason: string } | { readonly state: 'up'; readonly lastSeq: number };

/** The frames for a transport under test: sent from where it resumes, kept until it acknowledges. */
export class OutgoingQueue {
  readonly #channel: MemoryChannel;
  readonly #frames: Queued[] = [];
  #nextSeq: number;
  #acked: number;
  #link: LinkState = { state: 'down', reason: 'the transport has not resumed yet' };

  constructor(channel: MemoryChannel, lastSeq: number, ackedSeq: number) {
    this.#channel = channel;
    this.#nextSeq = lastSeq + 1;
    this.#acked = ackedSeq;
  }

  get link(): LinkState {
    return this.#link;
  }

  get acked(): number {
    return this.#acked;
  }

  get lastSeq(): number {
    return this.#nextSeq - 1;
  }

  add(type: Queued['type'], body: Uint8Array): number {
    const frame: Queued = { seq: this.#nextSeq++, type, body };
    this.#frames.push(frame);
    if (this.#link.state === 'up') this.#send(frame);
    return frame.seq;
  }

  take(message: Extract<IsolateMessage, { type: 'resume' | 'suspend' }>): void {
    if (message.type === 'suspend') {
      this.#link = { state: 'down', reason: message.reason };
      return;
    }
    this.#link = { state: 'up', lastSeq: message.lastSeq };
    this.#channel.receive(PipeFrame.resumed, null, f64(message.lastSeq));
    for (const frame of this.#frames) if (frame.seq > message.lastSeq) this.#send(frame);
  }

  stopped(): void {
    this.#link = { state: 'down', reason: 'the transport has stopped' };
  }

  takeAck(body: Uint8Array): void {
    this.#acked = Math.max(this.#acked, new DataView(body.buffer, body.byteOffset).getFloat64(0, true));
  }

  #send({ seq, type, body }: Queued): void {
    this.#channel.receive(type, f64(seq), body);
  }
}

export function f64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}
