import type { Clock, Log } from '@tickhub/plugin-sdk';
import type { LinkError } from './errors.ts';

/** A refused EA tries again every 2 s; one line a minute is enough. */
const QUIET_MS = 60_000;
/** How long a refusal is worth telling in the status. */
const RECENT_MS = 10_000;

/** Counts the peers that were turned away, and says so once a minute for each reason. */
export class Refusals {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #loggedAt = new Map<string, { at: number; quiet: number }>();
  #count = 0;
  #last: { text: string; at: number } | null = null;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  /** The last refusal in words, while it is recent. */
  get recent(): string | null {
    return this.#last !== null && this.#clock.monotonic() - this.#last.at < RECENT_MS ? this.#last.text : null;
  }

  add(error: LinkError, eaId: string | null): void {
    const now = this.#clock.monotonic();
    const who = eaId === null ? 'a terminal' : `terminal ${eaId}`;
    this.#count++;
    this.#last = { text: `${who} was refused: ${error.message}`, at: now };
    const key = `${error.code} ${eaId ?? ''}`;
    const seen = this.#loggedAt.get(key);
    if (seen !== undefined && now - seen.at < QUIET_MS) {
      seen.quiet++;
      return;
    }
    if (this.#loggedAt.size > 1_000) this.#loggedAt.clear();
    this.#loggedAt.set(key, { at: now, quiet: 0 });
    const repeats = seen !== undefined && seen.quiet > 0 ? { repeats: seen.quiet } : {};
    this.#log.warn(this.#last.text, { code: error.code, ...repeats });
  }
}
