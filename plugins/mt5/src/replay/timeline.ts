/** Between the time a tick was recorded at and the time it is played with. Epoch milliseconds on both sides. */
export interface TimelineOptions {
  /** `recorded`: ticks keep their times; `now`: the first is played at `base`, and the rest follow at `speed`. */
  readonly startAt: 'recorded' | 'now';
  /** Recorded time of the very first tick. */
  readonly first: number;
  /** Recorded time of the very last, where the recording loops. */
  readonly last: number | null;
  /** With `now`: when the first tick of the first loop is played. */
  readonly base: number;
  readonly speed: number | 'full';
}

/** Between the last tick of a loop and the first of the next. */
const LOOP_GAP_MS = 1_000;

/**
 * The mapping is a function of the recording and `base` alone, so a tick has the same time, and with it the same identity, after a restart.
 */
export class Timeline {
  readonly first: number;
  readonly loops: boolean;
  readonly #span: number;
  readonly #base: number;
  readonly #rate: number;

  constructor(options: TimelineOptions) {
    const { startAt, first, last, base, speed } = options;
    this.first = first;
    this.loops = last !== null;
    this.#span = last === null ? 0 : last - first + LOOP_GAP_MS;
    this.#base = startAt === 'now' ? base : first;
    this.#rate = startAt === 'now' && speed !== 'full' ? speed : 1;
  }

  /** When a tick recorded at `time` is played in loop `loop` (from 0). Never falls as time rises. */
  played(time: number, loop: number): number {
    return this.#base + Math.floor((time - this.first + loop * this.#span) / this.#rate);
  }

  /** The loop that is being played at `played`, or the first. */
  loopAt(played: number): number {
    if (!this.loops || played <= this.#base) return 0;
    return Math.floor(((played - this.#base) * this.#rate) / this.#span);
  }
}
