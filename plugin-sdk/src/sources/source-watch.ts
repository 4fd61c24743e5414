import type { Clock } from '../capabilities/clock.ts';
import type { SourceHealth, SourceState } from '../protocol/control.ts';

const MAX_DETAIL = 500;

/** Keeps the health of one source. Pauses are monotonic; the wall clock only stamps what is shown. */
export class SourceWatch {
  readonly name: string;
  readonly counters: Record<string, number>;
  readonly #clock: Clock;
  #state: SourceState = 'starting';
  #words = 'not asked yet';
  #since: number;
  #lastDataAt: number | null = null;

  constructor(name: string, clock: Clock, counters: Record<string, number>) {
    this.name = name;
    this.counters = counters;
    this.#clock = clock;
    this.#since = clock.now();
  }

  get state(): SourceState {
    return this.#state;
  }

  /** @param words for a person, without the next attempt, which {@link health} adds. */
  set(state: SourceState, words: string): void {
    if (state !== this.#state) this.#since = this.#clock.now();
    this.#state = state;
    this.#words = words;
  }

  data(): void {
    this.#lastDataAt = this.#clock.now();
  }

  /** @param dueAt the next attempt on the monotonic clock; null while there is none to come, or one is under way. */
  health(dueAt: number | null, hint = ''): SourceHealth {
    const inMs = dueAt === null ? null : Math.max(0, dueAt - this.#clock.monotonic());
    const next = inMs === null ? '' : `next attempt in ${duration(inMs)}`;
    const tail = [hint, next].filter((text) => text !== '').join('; ');
    const room = MAX_DETAIL - tail.length - 2;
    return {
      source: this.name,
      state: this.#state,
      detail: tail === '' ? this.#words.slice(0, MAX_DETAIL) : `${this.#words.slice(0, room)}; ${tail}`,
      since: this.#since,
      lastDataAt: this.#lastDataAt,
      nextAttemptAt: inMs === null ? null : Math.round(this.#clock.now() + inMs),
      counters: { ...this.counters },
    };
  }
}

/** `850 ms`, `40 s`, `12 min`, `3 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 3_600_000)} h`;
}
