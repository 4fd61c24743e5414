import type { TickBatch } from '@tickhub/plugin-sdk/host';
import { CursorTable } from './cursor-table.ts';

/** Told which symbols' durable cursors moved: `ids[0..count)` with their cursors in the tables. Valid for the length of the call. */
export type DurableListener = (ids: Uint16Array, count: number, cursors: CursorTable) => void;

/** A first-in-first-out queue on a ring that grows: the frames between append and commit. */
class PendingBatches {
  #seqs = new Float64Array(1_024);
  #batches: (TickBatch | null)[] = Array.from({ length: 1_024 }, () => null);
  #head = 0;
  #size = 0;

  push(seq: number, batch: TickBatch): void {
    if (this.#size === this.#seqs.length) this.#grow();
    const at = (this.#head + this.#size++) & (this.#seqs.length - 1);
    this.#seqs[at] = seq;
    this.#batches[at] = batch;
  }

  /** The oldest batch, taken out, if its seq is at most `seq`. */
  shiftUpTo(seq: number): TickBatch | null {
    if (this.#size === 0 || (this.#seqs[this.#head] as number) > seq) return null;
    const batch = this.#batches[this.#head] ?? null;
    this.#batches[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#seqs.length - 1);
    this.#size--;
    return batch;
  }

  #grow(): void {
    const capacity = this.#seqs.length;
    const seqs = new Float64Array(capacity * 2);
    const batches: (TickBatch | null)[] = Array.from({ length: capacity * 2 }, () => null);
    for (let i = 0; i < this.#size; i++) {
      const from = (this.#head + i) & (capacity - 1);
      seqs[i] = this.#seqs[from] as number;
      batches[i] = this.#batches[from] ?? null;
    }
    this.#seqs = seqs;
    this.#batches = batches;
    this.#head = 0;
  }
}

/**
 * Turns "the spool is durable up to seq n" into "these symbols are durable up to there", which is what a source may acknowledge upstream.
 */
export class DurableTracker {
  /** Where each symbol's durable ticks end. Time 0: there are none. */
  readonly cursors = new CursorTable();
  readonly #pending = new PendingBatches();
  readonly #listeners = new Set<DurableListener>();
  #mark = new Uint8Array(256);
  #touched = new Uint16Array(65_536);

  constructor(initial: readonly { symbolId: number; time: number; same: number }[]) {
    for (const { symbolId, time, same } of initial) this.cursors.set(symbolId, time, same);
  }

  /** @returns ends the listening. */
  onMoved(listener: DurableListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A batch is in the spool under this seq, and not on disk yet. */
  appended(seq: number, batch: TickBatch): void {
    this.#pending.push(seq, batch);
  }

  /** Everything up to this seq is on disk. */
  durableUpTo(seq: number): void {
    let count = 0;
    for (let batch = this.#pending.shiftUpTo(seq); batch !== null; batch = this.#pending.shiftUpTo(seq)) {
      count = this.#advance(batch, count);
    }
    if (count === 0) return;
    for (let i = 0; i < count; i++) this.#mark[this.#touched[i] as number] = 0;
    for (const listener of this.#listeners) listener(this.#touched, count, this.cursors);
  }

  #advance(batch: TickBatch, touched: number): number {
    const { symbol, time, ordinal } = batch;
    for (let i = 0; i < batch.count; i++) {
      const id = symbol[i] as number;
      if (id >= this.#mark.length) this.#growTo(id + 1);
      this.cursors.time[id] = time[i] as number;
      this.cursors.same[id] = (ordinal[i] as number) + 1;
      if (this.#mark[id] === 0) {
        this.#mark[id] = 1;
        this.#touched[touched++] = id;
      }
    }
    return touched;
  }

  #growTo(size: number): void {
    const mark = new Uint8Array(Math.max(size, this.#mark.length * 2));
    mark.set(this.#mark);
    this.#mark = mark;
    this.cursors.reserve(mark.length);
  }
}
