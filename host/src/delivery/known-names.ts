import type { SymbolTable } from '@tickhub/plugin-sdk/host';

/** Sources and symbols by id, each as it was described last. */
export class KnownNames {
  #table: SymbolTable;

  constructor(known: SymbolTable = { sources: [], symbols: [] }) {
    this.#table = known;
  }

  /** In the order of their first appearance. Another object after each change, so that who has this one has them all. */
  get table(): SymbolTable {
    return this.#table;
  }

  /** @returns what of it is new or described anew; null when nothing is. */
  add({ sources, symbols }: SymbolTable): SymbolTable | null {
    const before = this.#table;
    const sourceById = new Map(before.sources.map((source) => [source.id, source]));
    const symbolById = new Map(before.symbols.map((symbol) => [symbol.id, symbol]));
    const newSources = sources.filter(({ id, name }) => sourceById.get(id)?.name !== name);
    const newSymbols = symbols.filter((symbol) => {
      const known = symbolById.get(symbol.id);
      return (
        known === undefined ||
        known.sourceId !== symbol.sourceId ||
        known.name !== symbol.name ||
        known.rawName !== symbol.rawName ||
        known.digits !== symbol.digits
      );
    });
    if (newSources.length === 0 && newSymbols.length === 0) return null;
    for (const source of newSources) sourceById.set(source.id, source);
    for (const symbol of newSymbols) symbolById.set(symbol.id, symbol);
    this.#table = { sources: [...sourceById.values()], symbols: [...symbolById.values()] };
    return { sources: newSources, symbols: newSymbols };
  }
}
