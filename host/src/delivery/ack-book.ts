import type { Spool } from './spool.ts';

interface Page {
  /** Everything up to here was taken by this transport's backend. */
  acked: number;
  /** The highest seq that was ever sent by this transport in this process. */
  sent: number;
}

/**
 * What each transport has acknowledged, over the lives of its isolates. The spool is trimmed to what all of them have: a transport that is down
 * keeps its place until it is forgotten. Holders, such as the history, keep frames from being trimmed without being delivered to: they never make it trim what no transport has, nor
 * drop for them what a transport has not.
 */
export class AckBook {
  readonly #spool: Pick<Spool, 'ack' | 'ackedSeq' | 'openedSeq'>;
  readonly #pages = new Map<string, Page>();
  readonly #holds = new Map<string, number>();

  constructor(spool: Pick<Spool, 'ack' | 'ackedSeq' | 'openedSeq'>) {
    this.#spool = spool;
  }

  /** Makes `transport` one whose acks are waited for. */
  require(transport: string): void {
    if (!this.#pages.has(transport)) this.#pages.set(transport, { acked: this.#spool.ackedSeq, sent: 0 });
  }

  /** Nobody waits for `transport` any more: it was removed for good. */
  forget(transport: string): void {
    this.#pages.delete(transport);
    this.#trim();
  }

  /** Everything up to here was acknowledged by every transport; 0 while there is none. */
  get deliveredSeq(): number {
    let all = Infinity;
    for (const { acked } of this.#pages.values()) all = Math.min(all, acked);
    return all === Infinity ? 0 : all;
  }

  /** Nothing behind `seq` is trimmed until `holder` moves on. It never moves back. */
  hold(holder: string, seq: number): void {
    this.#holds.set(holder, Math.max(seq, this.#holds.get(holder) ?? 0));
    this.#trim();
  }

  release(holder: string): void {
    this.#holds.delete(holder);
    this.#trim();
  }

  ackedBy(transport: string): number {
    return this.#pages.get(transport)?.acked ?? this.#spool.ackedSeq;
  }

  /** The highest seq that the backend behind `transport` can have of this spool. */
  sentBy(transport: string): number {
    return Math.max(this.#spool.openedSeq, this.#pages.get(transport)?.sent ?? 0);
  }

  sent(transport: string, seq: number): void {
    const page = this.#pages.get(transport);
    if (page !== undefined && seq > page.sent) page.sent = seq;
  }

  acked(transport: string, seq: number): void {
    const page = this.#pages.get(transport);
    if (page === undefined || seq <= page.acked) return;
    page.acked = seq;
    this.#trim();
  }

  #trim(): void {
    const delivered = this.deliveredSeq;
    if (delivered > 0) this.#spool.ack(Math.min(delivered, ...this.#holds.values()), delivered);
  }
}
