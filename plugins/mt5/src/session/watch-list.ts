import { canonicalName, possibleRawNames, type MappingRules } from './symbol-map.ts';

/** The symbols that the config names: which of the terminal's are wanted, under what names they are asked for, and which the broker does not have. */
export class WatchList {
  readonly #symbols: readonly string[];
  readonly #mapping: MappingRules;
  readonly #refused = new Set<string>();

  constructor(symbols: readonly string[], mapping: MappingRules) {
    this.#symbols = symbols;
    this.#mapping = mapping;
  }

  /** Whether a symbol is to be taken: all are where the config names none. */
  wants(rawName: string, canonical: string): boolean {
    return this.#symbols.length === 0 || this.#symbols.includes(rawName) || this.#symbols.includes(canonical);
  }

  /** What the broker may call them. */
  get rawNames(): readonly string[] {
    return [...new Set(this.#symbols.flatMap((name) => possibleRawNames(name, this.#mapping)))];
  }

  /** The terminal has no symbol of this name. */
  refuse(rawName: string): void {
    this.#refused.add(rawName);
  }

  wasRefused(rawName: string): boolean {
    return this.#refused.has(rawName);
  }

  /** Those that the broker has under none of their names. @param announced the broker's names of what there is. */
  missing(announced: readonly string[]): readonly string[] {
    const there = new Set(announced.flatMap((rawName) => [rawName, canonicalName(rawName, this.#mapping)]));
    return this.#symbols.filter((name) => !there.has(name) && possibleRawNames(name, this.#mapping).every((raw) => this.#refused.has(raw)));
  }
}
