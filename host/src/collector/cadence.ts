/** A symbol is silent when it is quiet for this many of its usual pauses, and for at least {@link LEAST_SILENCE_MS}. */
const USUAL_PAUSES = 20;
const LEAST_SILENCE_MS = 30_000;
/** The usual pause is that of the last minute or so, milliseconds. */
const MEMORY_MS = 60_000;

/**
 * How often the ticks of each symbol usually come, learnt while they come, and how long it has been since the last. Read once a second from
 * counters, so it costs a tick nothing. Times are monotonic milliseconds.
 */
export class Cadence {
  #before = new Float64Array(0);
  #pauseMs = new Float64Array(0);
  #lastAt = new Float64Array(0);
  #measuredAt: number;

  constructor(now: number) {
    this.#measuredAt = now;
  }

  /** Ends a period. @param taken ticks per symbol id, since the start. */
  measure(taken: Float64Array, now: number): void {
    this.#measuredAt = now;
    this.#reserve(taken.length);
    for (let id = 0; id < taken.length; id++) {
      const came = (taken[id] as number) - (this.#before[id] as number);
      if (came <= 0) continue;
      this.#before[id] = taken[id] as number;
      const last = this.#lastAt[id] as number;
      this.#lastAt[id] = now;
      // The first ticks say nothing of pauses: nobody knows since when they were awaited.
      if (last === 0) continue;
      const span = now - last;
      const usual = this.#pauseMs[id] as number;
      this.#pauseMs[id] = usual === 0 ? span / came : usual + (span / came - usual) * (1 - Math.exp(-span / MEMORY_MS));
    }
  }

  /** Milliseconds since the last tick, to a second; null when there was none since the host started. */
  silentFor(id: number): number | null {
    const last = this.#lastAt[id] ?? 0;
    return last === 0 ? null : this.#measuredAt - last;
  }

  /** Whether it is silent for much longer than it usually is. */
  isSilent(id: number): boolean {
    const silence = this.silentFor(id);
    return silence !== null && silence > Math.max(LEAST_SILENCE_MS, (this.#pauseMs[id] ?? 0) * USUAL_PAUSES);
  }

  #reserve(size: number): void {
    if (size <= this.#before.length) return;
    const grown = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(size);
      next.set(column);
      return next;
    };
    this.#before = grown(this.#before);
    this.#pauseMs = grown(this.#pauseMs);
    this.#lastAt = grown(this.#lastAt);
  }
}
