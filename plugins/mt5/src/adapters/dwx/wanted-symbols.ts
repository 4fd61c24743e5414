import { canonicalName, possibleRawNames, type MappingRules } from '../../session/symbol-map.ts';
import { isNameForCommand } from './commands.ts';

/** A name that was asked for and is neither there nor refused is asked for again after this, then after twice that, and so on. */
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

/** Which symbols the user wants of a DWX server, and which of the broker's names to ask it for next. */
export class WantedSymbols {
  readonly #wanted: readonly string[];
  readonly #mapping: MappingRules;
  readonly #refused = new Set<string>();
  readonly #asked = new Map<string, { until: number; waitMs: number }>();

  /** @param wanted canonical or broker's names; empty: whatever is there. */
  constructor(wanted: readonly string[], mapping: MappingRules) {
    this.#wanted = wanted;
    this.#mapping = mapping;
  }

  /**
   * The next name to ask for, given those that are there; null while nothing is missing, or all that is missing was asked for. One at a time: of several in one
   * command the EA keeps a hole for each that it refuses, and complains about it at each of its turns.
   * @param now monotonic milliseconds.
   */
  next(present: ReadonlySet<string>, now: number): string | null {
    // What came and went again was taken off the list by another client: it is asked for anew at once.
    for (const raw of present) this.#asked.delete(raw);
    for (const name of this.#lacking(present)) {
      for (const raw of this.#candidates(name)) if ((this.#asked.get(raw)?.until ?? -Infinity) <= now) return raw;
    }
    return null;
  }

  asked(raw: string, now: number): void {
    const waitMs = Math.min((this.#asked.get(raw)?.waitMs ?? FIRST_WAIT_MS / 2) * 2, LONGEST_WAIT_MS);
    this.#asked.set(raw, { until: now + waitMs, waitMs });
  }

  /** The terminal has no symbol of this name. False when it was not one that is asked for here. */
  refuse(raw: string): boolean {
    if (!this.#asked.has(raw)) return false;
    this.#refused.add(raw);
    return true;
  }

  /** The EA began anew, maybe at another broker. */
  forget(): void {
    this.#refused.clear();
    this.#asked.clear();
  }

  /** Wanted names that the terminal has refused under each name that they could have. */
  missing(present: ReadonlySet<string>): string[] {
    return this.#lacking(present).filter((name) => this.#candidates(name).length === 0);
  }

  #lacking(present: ReadonlySet<string>): string[] {
    if (this.#wanted.length === 0) return [];
    const there = new Set(present);
    for (const raw of present) there.add(canonicalName(raw, this.#mapping));
    return this.#wanted.filter((name) => !there.has(name));
  }

  #candidates(name: string): string[] {
    return possibleRawNames(name, this.#mapping).filter((raw) => !this.#refused.has(raw) && isNameForCommand(raw));
  }
}
