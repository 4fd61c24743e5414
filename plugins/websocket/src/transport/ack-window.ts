export type AckVerdict = 'moved' | 'stale' | 'future';

/** What of one epoch was sent and acknowledged. The acknowledged seq never moves back, nor beyond what was sent. */
export class AckWindow {
  #sent = 0;
  #acked = 0;

  /** Frames of this epoch up to `seq` were sent, on whichever connection. */
  get sent(): number {
    return this.#sent;
  }

  get acked(): number {
    return this.#acked;
  }

  /** The backend said in its `resume` that it has everything up to `seq`: what it takes for sent, whoever sent it. */
  resume(seq: number): void {
    this.#sent = seq;
    this.#acked = seq;
  }

  send(seq: number): void {
    this.#sent = seq;
  }

  ack(seq: number): AckVerdict {
    if (seq > this.#sent) return 'future';
    if (seq <= this.#acked) return 'stale';
    this.#acked = seq;
    return 'moved';
  }
}
