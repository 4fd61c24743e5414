import { MAX_BATCH_TICKS, TickBatch, TickFlag } from './tick-batch.ts';

/**
 * Collects ticks into columns that are allocated once, and seals them into a {@link TickBatch}.
 * `push` allocates nothing; `seal` allocates the one batch.
 */
export class TickBatchBuilder {
  readonly capacity: number;
  #count = 0;
  #hasLast = false;
  #hasVolume = false;
  #receivedAt = 0;
  readonly #time: Float64Array;
  readonly #bid: Float64Array;
  readonly #ask: Float64Array;
  readonly #last: Float64Array;
  readonly #volume: Float64Array;
  readonly #ordinal: Uint32Array;
  readonly #symbol: Uint16Array;
  readonly #flags: Uint16Array;

  constructor(capacity = 4_096) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > MAX_BATCH_TICKS) {
      throw new RangeError(`capacity is ${capacity}, allowed are 1 to ${MAX_BATCH_TICKS}`);
    }
    this.capacity = capacity;
    this.#time = new Float64Array(capacity);
    this.#bid = new Float64Array(capacity);
    this.#ask = new Float64Array(capacity);
    this.#last = new Float64Array(capacity);
    this.#volume = new Float64Array(capacity);
    this.#ordinal = new Uint32Array(capacity);
    this.#symbol = new Uint16Array(capacity);
    this.#flags = new Uint16Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.capacity;
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
    const at = this.#count;
    if (at === this.capacity) throw new RangeError(`the builder is full at ${at} ticks; seal it first`);
    if (at === 0) this.#receivedAt = receivedAt;
    this.#time[at] = time;
    this.#bid[at] = bid;
    this.#ask[at] = ask;
    this.#last[at] = last;
    this.#volume[at] = volume;
    this.#ordinal[at] = ordinal;
    this.#symbol[at] = symbol;
    this.#flags[at] = ask < bid ? flags | TickFlag.crossed : flags;
    if (last !== 0) this.#hasLast = true;
    if (volume !== 0) this.#hasVolume = true;
    this.#count = at + 1;
  }

  /** The ticks pushed so far as a batch, or null when there are none; the builder is empty again. */
  seal(sourceId: number, utcOffsetMs: number): TickBatch | null {
    const n = this.#count;
    if (n === 0) return null;
    const batch = TickBatch.create(n, { last: this.#hasLast, volume: this.#hasVolume });
    batch.sourceId = sourceId;
    batch.utcOffsetMs = utcOffsetMs;
    batch.receivedAt = this.#receivedAt;
    batch.time.set(this.#time.subarray(0, n));
    batch.bid.set(this.#bid.subarray(0, n));
    batch.ask.set(this.#ask.subarray(0, n));
    batch.last?.set(this.#last.subarray(0, n));
    batch.volume?.set(this.#volume.subarray(0, n));
    batch.ordinal.set(this.#ordinal.subarray(0, n));
    batch.symbol.set(this.#symbol.subarray(0, n));
    batch.flags.set(this.#flags.subarray(0, n));
    this.#count = 0;
    this.#hasLast = false;
    this.#hasVolume = false;
    return batch;
  }
}
