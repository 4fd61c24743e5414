import { PluginFault } from '../fault.ts';

const MOST_SYMBOLS = 65_535;
const MOST_SOURCES = 65_536;

/**
 * The numbers of sources and symbols on one data channel. They live as long as the channel does, over stops and starts of the plugin: a frame
 * about a symbol that is still under way when the plugin starts again then means the same symbol.
 */
export class SymbolIds {
  readonly #sources = new Map<string, number>();
  readonly #symbols: Map<string, number>[] = [];
  #symbolCount = 0;

  source(name: string): number {
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const id = this.#sources.size;
    if (id >= MOST_SOURCES)
      throw new PluginFault('TOO_MANY_SOURCES', `a plugin has at most ${MOST_SOURCES} sources; "${name}" is one too many`);
    this.#sources.set(name, id);
    this.#symbols.push(new Map());
    return id;
  }

  symbol(sourceId: number, name: string): number {
    const symbols = this.#symbols[sourceId];
    if (symbols === undefined) throw new RangeError(`there is no source ${sourceId}`);
    const known = symbols.get(name);
    if (known !== undefined) return known;
    const id = this.#symbolCount;
    if (id >= MOST_SYMBOLS) {
      throw new PluginFault(
        'TOO_MANY_SYMBOLS',
        `a plugin has at most ${MOST_SYMBOLS} symbols; "${name}" is one too many: let its config name those it needs`,
      );
    }
    this.#symbolCount++;
    symbols.set(name, id);
    return id;
  }
}
