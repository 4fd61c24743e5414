import type { SymbolEntry, SymbolTable } from '@tickhub/plugin-sdk/host';
import { StreamError } from './errors.ts';

const MAX_IDS = 65_536;

/**
 * The tenant's sources and symbols, and the ids that stand for them in batches. Ids live as long as the spool does, so they are given
 * out here and kept by it. A symbol id stands for one symbol of one source. Ids may have holes where a damaged spool lost names.
 */
export class SymbolDirectory {
  readonly #sources = new Map<string, number>();
  readonly #sourceNames: string[] = [];
  readonly #ids = new Map<string, number>();
  readonly #entries: (SymbolEntry | undefined)[] = [];
  readonly #keep: (added: SymbolTable) => void;

  /**
   * @param known what earlier runs gave out.
   * @param keep makes new names durable; called before anything uses them. What it throws is thrown on, and the name stays unknown.
   */
  constructor(known: SymbolTable, keep: (added: SymbolTable) => void) {
    this.#keep = keep;
    for (const { id, name } of known.sources) {
      this.#sources.set(name, id);
      this.#sourceNames[id] = name;
    }
    for (const entry of known.symbols) {
      this.#entries[entry.id] = entry;
      this.#ids.set(this.#key(entry.sourceId, entry.name), entry.id);
    }
  }

  /** The durable id of a source. @throws {StreamError} TOO_MANY_SYMBOLS */
  sourceId(name: string): number {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const id = this.#sourceNames.length;
    if (id >= MAX_IDS) throw new StreamError('TOO_MANY_SYMBOLS', `there are ${MAX_IDS} sources already; start over with a new data folder`);
    this.#keep({ sources: [{ id, name }], symbols: [] });
    this.#sources.set(name, id);
    this.#sourceNames[id] = name;
    return id;
  }

  /** The durable id of a source's symbol; `told` is how the source describes it. @throws {StreamError} TOO_MANY_SYMBOLS */
  symbolId(sourceId: number, told: Omit<SymbolEntry, 'id' | 'sourceId'>): number {
    const key = this.#key(sourceId, told.name);
    const known = this.#ids.get(key);
    const id = known ?? this.#entries.length;
    if (id >= MAX_IDS) {
      throw new StreamError(
        'TOO_MANY_SYMBOLS',
        `there are ${MAX_IDS} symbols already, ${told.name} is one too many; name the symbols you need in the plugin's config`,
      );
    }
    const before = this.#entries[id];
    if (before === undefined || before.digits !== told.digits || before.rawName !== told.rawName) {
      const entry: SymbolEntry = { id, sourceId, name: told.name, rawName: told.rawName, digits: told.digits };
      this.#keep({ sources: [], symbols: [entry] });
      this.#entries[id] = entry;
      this.#ids.set(key, id);
    }
    return id;
  }

  entry(id: number): SymbolEntry | undefined {
    return this.#entries[id];
  }

  sourceName(id: number): string | undefined {
    return this.#sourceNames[id];
  }

  /** All ids so far are below it. */
  get size(): number {
    return this.#entries.length;
  }

  /** Symbols with ids from `from` up, by id. */
  all(from = 0): SymbolEntry[] {
    return this.#entries.slice(from).filter((entry) => entry !== undefined);
  }

  #key(sourceId: number, name: string): string {
    return `${sourceId}/${name}`;
  }
}
