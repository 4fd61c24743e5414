import type { TickBatch } from '@tickhub/plugin-sdk/host';

/** Columns of a {@link TickRun} that a reader may leave out. */
export interface WantedColumns {
  readonly bid: boolean;
  readonly ask: boolean;
  readonly last: boolean;
  readonly volume: boolean;
  /** ordinal, flags, receivedAt and seq: what bars do not need. */
  readonly rest: boolean;
}

export const ALL_COLUMNS: WantedColumns = { bid: true, ask: true, last: true, volume: true, rest: true };

const MIN_CAPACITY = 64;

/** Ticks of one series in order, as columns that grow. Nothing is allocated per tick. */
export class TickRun {
  count = 0;
  /** The source's own time; UTC is `time - utcOffset`. */
  time: Float64Array;
  utcOffset: Int32Array;
  ordinal: Uint32Array;
  bid: Float64Array;
  ask: Float64Array;
  last: Float64Array;
  volume: Float64Array;
  flags: Uint16Array;
  receivedAt: Float64Array;
  /** Of the spool's frame that a tick came in; 0 of an imported one. */
  seq: Float64Array;
  #capacity: number;

  constructor(capacity = MIN_CAPACITY) {
    this.#capacity = capacity;
    this.time = new Float64Array(capacity);
    this.utcOffset = new Int32Array(capacity);
    this.ordinal = new Uint32Array(capacity);
    this.bid = new Float64Array(capacity);
    this.ask = new Float64Array(capacity);
    this.last = new Float64Array(capacity);
    this.volume = new Float64Array(capacity);
    this.flags = new Uint16Array(capacity);
    this.receivedAt = new Float64Array(capacity);
    this.seq = new Float64Array(capacity);
  }

  get capacity(): number {
    return this.#capacity;
  }

  reserve(capacity: number): void {
    if (capacity <= this.#capacity) return;
    const grown = new TickRun(Math.max(capacity, this.#capacity * 2));
    grown.append(this, 0, this.count);
    const { count } = this;
    Object.assign(this, { ...grown, count });
    this.#capacity = grown.#capacity;
  }

  /** Copies ticks `from` to `to` of another run behind the last of this one. */
  append(source: TickRun, from: number, to: number): void {
    const at = this.count;
    this.reserve(at + to - from);
    this.time.set(source.time.subarray(from, to), at);
    this.utcOffset.set(source.utcOffset.subarray(from, to), at);
    this.ordinal.set(source.ordinal.subarray(from, to), at);
    this.bid.set(source.bid.subarray(from, to), at);
    this.ask.set(source.ask.subarray(from, to), at);
    this.last.set(source.last.subarray(from, to), at);
    this.volume.set(source.volume.subarray(from, to), at);
    this.flags.set(source.flags.subarray(from, to), at);
    this.receivedAt.set(source.receivedAt.subarray(from, to), at);
    this.seq.set(source.seq.subarray(from, to), at);
    this.count = at + to - from;
  }

  /** Copies ticks `from` to `to` of a batch behind the last of this run. @param receivedAt null: each at its own time in UTC. */
  appendBatch(batch: TickBatch, from: number, to: number, receivedAt: number | null, seq: number): void {
    const at = this.count;
    const end = at + to - from;
    this.reserve(end);
    this.count = end;
    const offset = batch.utcOffsetMs;
    if (to - from === 1) {
      // Batches of many symbols have them in turn: setting a column of one would cost more than what is set.
      this.time[at] = batch.time[from] as number;
      this.ordinal[at] = batch.ordinal[from] as number;
      this.bid[at] = batch.bid[from] as number;
      this.ask[at] = batch.ask[from] as number;
      this.flags[at] = batch.flags[from] as number;
      this.last[at] = batch.last?.[from] ?? 0;
      this.volume[at] = batch.volume?.[from] ?? 0;
      this.utcOffset[at] = offset;
      this.seq[at] = seq;
      this.receivedAt[at] = receivedAt ?? this.utc(at);
      return;
    }
    this.time.set(batch.time.subarray(from, to), at);
    this.ordinal.set(batch.ordinal.subarray(from, to), at);
    this.bid.set(batch.bid.subarray(from, to), at);
    this.ask.set(batch.ask.subarray(from, to), at);
    this.flags.set(batch.flags.subarray(from, to), at);
    if (batch.last === null) this.last.fill(0, at, end);
    else this.last.set(batch.last.subarray(from, to), at);
    if (batch.volume === null) this.volume.fill(0, at, end);
    else this.volume.set(batch.volume.subarray(from, to), at);
    this.utcOffset.fill(offset, at, end);
    this.seq.fill(seq, at, end);
    if (receivedAt !== null) this.receivedAt.fill(receivedAt, at, end);
    else for (let i = at; i < end; i++) this.receivedAt[i] = this.utc(i);
  }

  utc(i: number): number {
    return (this.time[i] as number) - (this.utcOffset[i] as number);
  }
}

/** Order of two ticks of one series: by (time, ordinal). Negative when the first comes before the second; 0 when they are the same tick. */
export function compareTicks(time: number, ordinal: number, otherTime: number, otherOrdinal: number): number {
  return time === otherTime ? ordinal - otherOrdinal : time - otherTime;
}
