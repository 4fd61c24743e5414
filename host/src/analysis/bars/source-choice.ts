import type { SymbolEntry } from '@tickhub/plugin-sdk/host';
import { namePattern } from '../../collector/preferences.ts';

/** Ids and names, as the tenant's directory has them. */
export interface NamedSymbols {
  entry(id: number): SymbolEntry | undefined;
  sourceName(id: number): string | undefined;
}

/** A source that has been silent so long is left for another one that carries the symbol. */
const SWITCH_MS = 300_000;
const UNKNOWN = -1;

/**
 * Which source's ticks stand for a symbol that several carry: the one that the config prefers, otherwise the first that had a tick. It stays the one until it has been silent
 * for {@link SWITCH_MS} while another has ticks, or one that is preferred to it has. Symbols have slots, which count from 0 in the order in which they appeared.
 */
export class SourceChoice {
  readonly unknown = UNKNOWN;
  /** By host symbol id: the symbol's slot where this source is the chosen one, below 0 otherwise. */
  chosen = new Int32Array(256).fill(UNKNOWN);
  readonly #symbols: NamedSymbols;
  readonly #preferred: readonly ((source: string) => boolean)[];
  /** By host symbol id: the place of its source among the preferred ones. */
  readonly #ranks: number[] = [];
  readonly #names: string[] = [];
  readonly #slots = new Map<string, number>();
  /** By slot: host symbol id of the chosen one. */
  readonly #ids: number[] = [];

  constructor(symbols: NamedSymbols, prefer: readonly string[]) {
    this.#symbols = symbols;
    this.#preferred = prefer.map((pattern) => namePattern([pattern]));
  }

  get names(): readonly string[] {
    return this.#names;
  }

  get count(): number {
    return this.#names.length;
  }

  slotOf(symbol: string): number | null {
    return this.#slots.get(symbol) ?? null;
  }

  /** Source and digits of the chosen one. */
  of(symbol: string): { readonly source: string; readonly digits: number } | null {
    const id = this.#ids[this.#slots.get(symbol) ?? -1];
    const entry = id === undefined ? undefined : this.#symbols.entry(id);
    return id === undefined || entry === undefined ? null : { source: this.#sourceNameOf(id), digits: entry.digits };
  }

  /**
   * The symbol's slot, for an id that is not the chosen one; made for a symbol that is new. -1 for an id that stands for nothing.
   * @param code what {@link chosen} says of it.
   */
  slotOfOther(code: number, id: number): number {
    return code === UNKNOWN ? this.#learn(id) : -2 - code;
  }

  /**
   * Whether a tick of an id that is not the chosen one makes it that.
   * @param silentMs how long the chosen one has been silent.
   * @param isLater whether the tick is later than the last of the chosen one.
   */
  takesOver(slot: number, id: number, silentMs: number, isLater: boolean): boolean {
    const current = this.#ids[slot];
    if (current !== undefined) {
      const isBetter = (this.#ranks[id] as number) < (this.#ranks[current] as number);
      if (!isLater || !(isBetter || silentMs > SWITCH_MS)) return false;
      this.chosen[current] = -2 - slot;
    }
    this.#ids[slot] = id;
    this.chosen[id] = slot;
    return true;
  }

  /** @returns the slot of its symbol, made if there is none; -1 for an id that stands for nothing. */
  #learn(id: number): number {
    const entry = this.#symbols.entry(id);
    if (entry === undefined) return -1;
    if (id >= this.chosen.length) {
      const grown = new Int32Array(Math.max(id + 1, this.chosen.length * 2)).fill(UNKNOWN);
      grown.set(this.chosen);
      this.chosen = grown;
    }
    let slot = this.#slots.get(entry.name);
    if (slot === undefined) {
      slot = this.#names.length;
      this.#slots.set(entry.name, slot);
      this.#names.push(entry.name);
    }
    this.chosen[id] = -2 - slot;
    this.#ranks[id] = this.#rankOf(id);
    return slot;
  }

  #rankOf(id: number): number {
    const source = this.#sourceNameOf(id);
    const rank = this.#preferred.findIndex((matches) => matches(source));
    return rank < 0 ? Infinity : rank;
  }

  #sourceNameOf(id: number): string {
    return this.#symbols.sourceName(this.#symbols.entry(id)?.sourceId ?? -1) ?? '';
  }
}
