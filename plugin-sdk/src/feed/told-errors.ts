import type { Log } from '../capabilities/log.ts';

/** Different errors that are told; after them only the counters go on. */
const MOST = 20;

/** Says each error once: a feed with a field that is wrong in each row has one line in the log, not a million. */
export class ToldErrors {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  tell(message: string): void {
    // What differs from row to row makes no other error of it.
    const kind = message.replace(/ gives a \w+ .*? (?=where|which)/, ' ').replace(/ \(row \d+\)$/, '');
    if (this.#told.has(kind) || this.#told.size >= MOST) return;
    this.#told.add(kind);
    this.#log.warn(`${message}; the row is left out, and further ones like it are only counted`);
  }
}
