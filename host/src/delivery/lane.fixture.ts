/** For tests: a spool in memory and a link that records, to run a delivery lane between. */
import { PipeFrame } from '@tickhub/plugin-sdk/host';
import type { PipeFrameType, SymbolTable } from '@tickhub/plugin-sdk/host';
import { KnownNames } from './known-names.ts';
import { Listeners } from './listeners.ts';
import type { SpoolFrame, SpoolHealth } from './spool.ts';

/** A spool without a disk: what is appended is durable when the test says so; what is older than `recentFrom` takes a read. */
export class MemorySpool {
  readonly window = { frames: 10, bytes: 1_000 };
  openedSeq = 0;
  ackedSeq = 0;
  durableSeq = 0;
  recentFrom = 1;
  renewals: string[] = [];
  frames: SpoolFrame[] = [];
  readonly #names = new KnownNames();
  readonly durable = new Listeners<number>();
  readonly health = new Listeners<SpoolHealth>();

  get lastSeq(): number {
    return Math.max(this.openedSeq, this.ackedSeq, this.frames.at(-1)?.seq ?? 0);
  }

  append(count: number, bytes = 10): void {
    for (let i = 0; i < count; i++) {
      const seq = this.lastSeq + 1;
      this.frames.push({ seq, stream: seq % 4 === 0 ? 'news' : 'ticks', count: 2, body: new Uint8Array(bytes).fill(seq) });
    }
  }

  commit(): void {
    this.durableSeq = this.lastSeq;
    this.durable.emit(this.durableSeq);
  }

  onDurable = (listener: (seq: number) => void): (() => void) => this.durable.add(listener);
  onHealth = (listener: (health: SpoolHealth) => void): (() => void) => this.health.add(listener);
  symbols = (): SymbolTable => this.#names.table;
  addSymbols = (table: SymbolTable): void => void this.#names.add(table);
  ack = (seq: number): void => {
    if (seq > this.durableSeq) throw new RangeError(`an ack of ${seq}, durable is ${this.durableSeq}`);
    this.ackedSeq = Math.max(this.ackedSeq, seq);
    this.frames = this.frames.filter((frame) => frame.seq > this.ackedSeq);
  };
  readRecent = (from: number, maxBytes: number): SpoolFrame[] | null => {
    if (from > this.durableSeq) return [];
    return from < this.recentFrom ? null : this.#from(from, maxBytes);
  };
  read = async (from: number, maxBytes: number): Promise<SpoolFrame[]> => {
    await Promise.resolve();
    return this.#from(from, maxBytes);
  };
  renew = async (reason: string): Promise<void> => {
    await Promise.resolve();
    this.renewals.push(reason);
  };

  #from(from: number, maxBytes: number): SpoolFrame[] {
    const found: SpoolFrame[] = [];
    let bytes = 0;
    for (const frame of this.frames) {
      if (frame.seq < from || frame.seq > this.durableSeq) continue;
      bytes += frame.body.byteLength;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(frame);
    }
    return found;
  }
}

/** An isolate that takes `capacity` frames before it is slow. */
export class RecordingLink {
  readonly sent: { type: PipeFrameType; seq: number; body: Uint8Array }[] = [];
  /** Where in `sent` each `resumed` frame came, and what it said. */
  readonly resumed: { lastSeq: number; at: number }[] = [];
  capacity = Infinity;
  #drained: () => void = () => undefined;

  send(type: PipeFrameType, head: Uint8Array | null, body: Uint8Array): boolean {
    if (type === PipeFrame.resumed) {
      this.resumed.push({ lastSeq: new DataView(body.buffer, body.byteOffset).getFloat64(0, true), at: this.sent.length });
      return this.capacity > 0;
    }
    const seq = head === null ? 0 : new DataView(head.buffer, head.byteOffset).getFloat64(0, true);
    this.sent.push({ type, seq, body });
    return --this.capacity > 0;
  }

  onDrained(listener: () => void): void {
    this.#drained = listener;
  }

  drain(capacity = Infinity): void {
    this.capacity = capacity;
    this.#drained();
  }

  /** Without names and the answers to resumes. */
  get frames(): { type: PipeFrameType; seq: number; body: Uint8Array }[] {
    return this.sent.filter(({ type }) => type === PipeFrame.deliverTicks || type === PipeFrame.deliverRecords);
  }

  get seqs(): number[] {
    return this.frames.map(({ seq }) => seq);
  }
}
