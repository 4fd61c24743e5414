import type { TickBatch } from '@tickhub/plugin-sdk/host';
import type { SymbolCounters } from '../streams/intake.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** Frames between append and acknowledgement whose latency is still to be measured; older ones are forgotten, not their frames. */
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
  readonly #ticks = new Uint32Array(MAX_IN_FLIGHT);
  #head = 0;
  #size = 0;
  #takenTicks = 0;
  #ackedTicks = 0;
  #ackedBefore = 0;
  #ackedRate = 0;

  constructor(counters: SymbolCounters) {
    this.#counters = counters;
  }

  taken(seq: number, batch: TickBatch): void {
    this.#takenTicks += batch.count;
    if (this.#size === MAX_IN_FLIGHT) {
      this.#ackedTicks += this.#ticks[this.#head] as number;
      this.#head = (this.#head + 1) % MAX_IN_FLIGHT;
      this.#size--;
    }
    const at = (this.#head + this.#size++) % MAX_IN_FLIGHT;
    this.#seq[at] = seq;
    this.#receivedAt[at] = batch.receivedAt;
    this.#ticks[at] = batch.count;
  }

  acked(seq: number): void {
    const now = preciseNow();
    while (this.#size > 0 && (this.#seq[this.#head] as number) <= seq) {
      const ticks = this.#ticks[this.#head] as number;
      this.latency.record(now - (this.#receivedAt[this.#head] as number), ticks);
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
