import type { Spool } from './spool.ts';

interface Page {
  /** Everything up to here was taken by this transport's backend. */
  acked: number;
  /** Its plugin is gone for good. It keeps its place all the same until another transport is there, as nobody else delivers what it has not. */
  isRemoved: boolean;
}

/**
 * What each transport has acknowledged, over the lives of its isolates. The spool is trimmed to what all of them have: a transport that is down
 * keeps its place until it is forgotten. Holders, such as the history, keep frames from being trimmed without being delivered to: they never make it trim what no transport has, nor
 * drop for them what a transport has not.
 */
export class AckBook {
  readonly #spool: Pick<Spool, 'ack' | 'ackedSeq' | 'openedSeq'>;
  readonly #pages = new Map<string, Page>();
  /** The highest seq that each transport ever sent in this process; one that was forgotten may come back. */
  readonly #sent = new Map<string, number>();
  readonly #holds = new Map<string, number>();

  constructor(spool: Pick<Spool, 'ack' | 'ackedSeq' | 'openedSeq'>) {
    this.#spool = spool;
  }

  /** Makes `transport` one whose acks are waited for. */
  require(transport: string): void {
    const page = this.#pages.get(transport);
    if (page === undefined) this.#pages.set(transport, { acked: this.#spool.ackedSeq, isRemoved: false });
    else page.isRemoved = false;
    this.#forgetRemoved();
  }

  /**
   * `transport` was removed for good: it is not waited for any more, as soon as another one is there to deliver. Should it come back later, it begins where the spool does then.
   * One that never was a transport is passed over.
   * @returns whether its place was given up at once.
   */
  forget(transport: string): boolean {
    const page = this.#pages.get(transport);
    if (page === undefined) return false;
    page.isRemoved = true;
    this.#forgetRemoved();
    return !this.#pages.has(transport);
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
    return Math.max(this.#spool.openedSeq, this.#sent.get(transport) ?? 0);
  }

  sent(transport: string, seq: number): void {
    if (seq > (this.#sent.get(transport) ?? 0)) this.#sent.set(transport, seq);
  }

  acked(transport: string, seq: number): void {
    const page = this.#pages.get(transport);
    if (page === undefined || seq <= page.acked) return;
    page.acked = seq;
    this.#trim();
  }

  #forgetRemoved(): void {
    const pages = [...this.#pages];
    if (pages.every(([, { isRemoved }]) => isRemoved)) return;
    for (const [transport, { isRemoved }] of pages) if (isRemoved) this.#pages.delete(transport);
    this.#trim();
  }

  #trim(): void {
    const delivered = this.deliveredSeq;
    if (delivered > 0) this.#spool.ack(Math.min(delivered, ...this.#holds.values()), delivered);
  }
}
