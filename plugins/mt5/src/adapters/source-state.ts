import type { Clock, Log, SourceHealth, SourceState } from '@tickhub/plugin-sdk';

/** States in which nothing is wrong. */
const HEALTHY: ReadonlySet<SourceState> = new Set(['starting', 'ok', 'waiting', 'closed']);

/** The named state of one source, since when it is in it, and why; a change goes to the log. */
export class SourceStateKeeper {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #state: SourceState = 'starting';
  #why = '';
  #since: number;

  constructor(source: string, clock: Clock, log: Log) {
    this.#source = source;
    this.#clock = clock;
    this.#log = log;
    this.#since = clock.now();
  }

  get state(): SourceState {
    return this.#state;
  }

  get healthy(): boolean {
    return HEALTHY.has(this.#state);
  }

  get since(): number {
    return this.#since;
  }

  /** @param why what stays the same while the state lasts: no durations in it, for each new text is logged. */
  enter(state: SourceState, why: string): void {
    if (state === this.#state && why === this.#why) return;
    const wasHealthy = this.healthy;
    if (state !== this.#state) this.#since = this.#clock.now();
    this.#state = state;
    this.#why = why;
    if (!this.healthy) this.#log.warn(`${this.#source}: ${why}`, { state });
    else if (!wasHealthy) this.#log.info(`${this.#source}: ${why}`, { state });
  }

  health(rest: Pick<SourceHealth, 'lastDataAt' | 'nextAttemptAt' | 'counters'>, more = ''): SourceHealth {
    const detail = more === '' ? this.#why : `${this.#why}; ${more}`;
    return { source: this.#source, state: this.#state, detail: detail.slice(0, 500), since: this.#since, ...rest };
  }
}
