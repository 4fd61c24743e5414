import type { TickBatch } from '@tickhub/plugin-sdk/host';
import type { SymbolCounters } from '../streams/intake.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/**
 * Frames between append and acknowledgement of which each is remembered; those beyond are counted together, and their latency is not
 * measured.
 */
const MAX_IN_FLIGHT = 16_384;

/** Wall clock with fraction, Unix epoch milliseconds: the same clock that plugins stamp `receivedAt` with. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Rates per symbol, and the time from a tick's arrival at its plugin to the backend's acknowledgement. */
export class FlowMeter {
  readonly latency = new LatencyHistogram();
  readonly #counters: SymbolCounters;
  #before = new Float64Array(0);
  #rates = new Float64Array(0);
  #measuredAt = performance.now();
  readonly #seq = new Float64Array(MAX_IN_FLIGHT);
  readonly #receivedAt = new Float64Array(MAX_IN_FLIGHT);
  readonly #ticks = new Float64Array(MAX_IN_FLIGHT);
  #head = 0;
  #size = 0;
  #takenTicks = 0;
  #ackedTicks = 0;
  #ackedBefore = 0;
  #ackedRate = 0;

  constructor(counters: SymbolCounters) {
    this.#counters = counters;
  }

  /** A batch is in the spool under this seq. Allocates nothing. */
  taken(seq: number, batch: TickBatch): void {
    this.#takenTicks += batch.count;
    if (this.#size === MAX_IN_FLIGHT) {
      // The backend is away or far behind: how far is the spool's to tell, so the newest entry stands for all that follows.
      const last = (this.#head + this.#size - 1) % MAX_IN_FLIGHT;
      this.#seq[last] = seq;
      this.#receivedAt[last] = NaN;
      this.#ticks[last] = (this.#ticks[last] as number) + batch.count;
      return;
    }
    const at = (this.#head + this.#size++) % MAX_IN_FLIGHT;
    this.#seq[at] = seq;
    this.#receivedAt[at] = batch.receivedAt;
    this.#ticks[at] = batch.count;
  }

  /** The backend has everything up to this seq. Allocates nothing. */
  acked(seq: number): void {
    const now = preciseNow();
    while (this.#size > 0 && (this.#seq[this.#head] as number) <= seq) {
      const ticks = this.#ticks[this.#head] as number;
      const receivedAt = this.#receivedAt[this.#head] as number;
      if (!Number.isNaN(receivedAt)) this.latency.record(now - receivedAt, ticks);
      this.#ackedTicks += ticks;
      this.#head = (this.#head + 1) % MAX_IN_FLIGHT;
      this.#size--;
    }
  }

  /** Ticks taken since the start. */
  get takenTicks(): number {
    return this.#takenTicks;
  }

  /** Ticks acknowledged by the backend a second, over the last period. */
  get ackedPerSecond(): number {
    return this.#ackedRate;
  }

  /** Ticks taken a second, per symbol id, over the last period. */
  rate(symbolId: number): number {
    return this.#rates[symbolId] ?? 0;
  }

  /** Ends a period; call it about once a second. */
  measure(): void {
    const now = performance.now();
    const seconds = Math.max((now - this.#measuredAt) / 1000, 0.001);
    this.#measuredAt = now;
    const taken = this.#counters.taken;
    if (this.#before.length < taken.length) {
      const before = new Float64Array(taken.length);
      before.set(this.#before);
      this.#before = before;
      this.#rates = new Float64Array(taken.length);
    }
    for (let id = 0; id < taken.length; id++) {
      this.#rates[id] = ((taken[id] as number) - (this.#before[id] as number)) / seconds;
      this.#before[id] = taken[id] as number;
    }
    this.#ackedRate = (this.#ackedTicks - this.#ackedBefore) / seconds;
    this.#ackedBefore = this.#ackedTicks;
    // Half-life of ten seconds.
    this.latency.decay(0.933);
  }
}
