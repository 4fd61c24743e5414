import type { PluginError } from '../errors.ts';
import type { CrashRecord } from '../plugin-info.ts';
import type { PluginTimings } from '../timings.ts';
import { CrashTally } from './crash-tally.ts';
import type { CrashVerdict } from './crash-tally.ts';

/** What one plugin's crashes lead to: a wait, or the end of the attempts. */
export class Recovery {
  readonly #tally: CrashTally;
  readonly #onElapsed: () => void;
  #timer: NodeJS.Timeout | null = null;
  #last: CrashRecord | null = null;
  #crashes = 0;

  /** @param onElapsed called when a wait is over. */
  constructor(timings: PluginTimings, onElapsed: () => void) {
    this.#tally = new CrashTally(timings);
    this.#onElapsed = onElapsed;
  }

  get last(): CrashRecord | null {
    return this.#last;
  }

  /** All crashes there were, forgiven ones too. */
  get crashes(): number {
    return this.#crashes;
  }

  get waiting(): boolean {
    return this.#timer !== null;
  }

  crash(error: PluginError, lastWords: readonly string[]): CrashVerdict {
    this.#last = { at: Date.now(), code: error.code, reason: error.message, lastWords };
    this.#crashes++;
    const verdict = this.#tally.crash(performance.now());
    if (verdict.backoffMs !== null) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#onElapsed();
      }, verdict.backoffMs);
    }
    return verdict;
  }

  healthy(): void {
    this.#tally.healthy(performance.now());
  }

  /** Ends a wait. */
  proceed(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Ends a wait and forgives all crashes. */
  reset(): void {
    this.proceed();
    this.#tally.reset();
  }
}
