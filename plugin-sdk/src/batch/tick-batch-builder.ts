import { MAX_BATCH_TICKS, TickBatch, TickFlag } from './tick-batch.ts';
import { TickColumns } from './tick-columns.ts';

/**
 * Collects ticks into columns that are allocated once, and seals them into a {@link TickBatch}.
 * `push` allocates nothing; `seal` allocates the one batch.
 */
export class TickBatchBuilder {
  /** For writers on a hot path; everybody else calls {@link push}. */
  readonly columns: TickColumns;

  constructor(capacity = 4_096) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_BATCH_TICKS) {
      throw new RangeError(`capacity is ${capacity}, allowed are 1 to ${MAX_BATCH_TICKS}`);
    }
    this.columns = new TickColumns(capacity);
  }

  get capacity(): number {
    return this.columns.capacity;
  }

  get count(): number {
    return this.columns.count;
  }

  get full(): boolean {
    return this.columns.count === this.columns.capacity;
  }

  /**
   * Adds one tick. The caller seals when {@link full}; a push into a full builder throws RangeError.
   * @param receivedAt Unix epoch milliseconds; the first tick's is the batch's.
   */
  push(
    symbol: number,
    time: number,
    ordinal: number,
    bid: number,
    ask: number,
    last: number,
    volume: number,
    flags: number,
    receivedAt: number,
  ): void {
    const columns = this.columns;
    const at = columns.count;
    if (at === columns.capacity) throw new RangeError(`the builder is full at ${at} ticks; seal it first`);
    if (at === 0) columns.receivedAt = receivedAt;
    columns.time[at] = time;
    columns.bid[at] = bid;
    columns.ask[at] = ask;
    columns.last[at] = last;
    columns.volume[at] = volume;
    columns.ordinal[at] = ordinal;
    columns.symbol[at] = symbol;
    columns.flags[at] = ask < bid ? flags | TickFlag.crossed : flags;
    if (last !== 0) columns.hasLast = true;
    if (volume !== 0) columns.hasVolume = true;
    columns.count = at + 1;
  }

  /** The ticks pushed so far as a batch, or null when there are none; the builder is empty again. */
  seal(sourceId: number, utcOffsetMs: number): TickBatch | null {
    const columns = this.columns;
    const n = columns.count;
    if (n === 0) return null;
    const batch = TickBatch.create(n, { last: columns.hasLast, volume: columns.hasVolume });
    batch.sourceId = sourceId;
    batch.utcOffsetMs = utcOffsetMs;
    batch.receivedAt = columns.receivedAt;
    batch.time.set(columns.time.subarray(0, n));
    batch.bid.set(columns.bid.subarray(0, n));
    batch.ask.set(columns.ask.subarray(0, n));
    batch.last?.set(columns.last.subarray(0, n));
    batch.volume?.set(columns.volume.subarray(0, n));
    batch.ordinal.set(columns.ordinal.subarray(0, n));
    batch.symbol.set(columns.symbol.subarray(0, n));
    batch.flags.set(columns.flags.subarray(0, n));
    columns.count = 0;
    columns.hasLast = false;
    columns.hasVolume = false;
    return batch;
  }
}
