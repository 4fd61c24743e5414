/**
 * The open columns of a batch that is being filled, each as long as the capacity. Whoever writes a tick writes every column at row `count`, raises
 * `count`, and sets the two marks. They are fields rather than a method's arguments because V8 puts each double that is passed to a call it does
 * not inline on the heap (measured: 54 bytes a tick).
 */
export class TickColumns {
  count = 0;
  /** Whether a tick has a last price, and a volume. */
  hasLast = false;
  hasVolume = false;
  /** Unix epoch milliseconds when the first tick came. */
  receivedAt = 0;
  readonly capacity: number;
  readonly time: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  readonly volume: Float64Array;
  readonly ordinal: Uint32Array;
  readonly symbol: Uint16Array;
  readonly flags: Uint16Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.time = new Float64Array(capacity);
    this.bid = new Float64Array(capacity);
    this.ask = new Float64Array(capacity);
    this.last = new Float64Array(capacity);
    this.volume = new Float64Array(capacity);
    this.ordinal = new Uint32Array(capacity);
    this.symbol = new Uint16Array(capacity);
    this.flags = new Uint16Array(capacity);
  }
}
