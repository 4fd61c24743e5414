const BUCKETS_PER_OCTAVE = 8;
const SMALLEST_MS = 0.01;
const BUCKETS = 25 * BUCKETS_PER_OCTAVE;

/** Latencies in buckets that grow by 2^(1/8) (9 %), from 10 us to over 5 minutes. Recording allocates nothing. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** Counts `weight` events of `ms`. Negative latencies (clocks of two processes) count as the smallest. */
  record(ms: number, weight = 1): void {
    const place = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log2(ms / SMALLEST_MS) * BUCKETS_PER_OCTAVE);
    const bucket = Math.min(place, BUCKETS - 1);
    this.#counts[bucket] = (this.#counts[bucket] as number) + weight;
    this.#total += weight;
  }

  get total(): number {
    return this.#total;
  }

  /** The upper edge of the bucket that holds the quantile `q` (0 to 1), in ms; null when nothing was recorded. */
  quantile(q: number): number | null {
    if (this.#total === 0) return null;
    let left = q * this.#total;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket] as number;
      if (left <= 0) return SMALLEST_MS * 2 ** (bucket / BUCKETS_PER_OCTAVE);
    }
    return SMALLEST_MS * 2 ** (BUCKETS / BUCKETS_PER_OCTAVE);
  }

  /** Forgets a share of the past, so that the quantiles follow the present: 0.5 halves every count. */
  decay(factor: number): void {
    this.#total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const kept = (this.#counts[bucket] as number) * factor;
      // Below a thousandth of an event a bucket only costs time.
      this.#counts[bucket] = kept < 0.001 ? 0 : kept;
      this.#total += this.#counts[bucket] as number;
    }
  }
}
