import type { SymbolTable } from '@tickhub/plugin-sdk/host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SymbolDirectory } from './symbol-directory.ts';

const NONE: SymbolTable = { sources: [], symbols: [] };
const told = (name: string, digits = 5) => ({ name, rawName: `${name}.x`, digits });

/** A directory, and the table that whoever keeps its names has. */
function setUp(known: SymbolTable = NONE) {
  const kept: SymbolTable = { sources: [...known.sources], symbols: [...known.symbols] };
  const directory = new SymbolDirectory(known, ({ sources, symbols }) => {
    kept.sources.push(...sources);
    kept.symbols.push(...symbols);
  });
  return { directory, kept };
}

describe('SymbolDirectory', () => {
  it('gives ids from 0 up, one per symbol of a source, and keeps each name once', () => {
    const { directory, kept } = setUp();
    const [a, b] = [directory.sourceId('a'), directory.sourceId('b')];
    expect([directory.symbolId(a, told('EURUSD')), directory.symbolId(b, told('EURUSD')), directory.symbolId(a, told('EURUSD'))]).toEqual([
      0, 1, 0,
    ]);
    expect(directory.sourceId('a')).toBe(a);
    expect(kept.sources.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(kept.symbols.map(({ id, sourceId }) => [id, sourceId])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect([directory.size, directory.entry(1)?.name, directory.sourceName(b)]).toEqual([2, 'EURUSD', 'b']);
  });

  it('keeps a symbol again when its source describes it otherwise, under the same id', () => {
    const { directory, kept } = setUp();
    const source = directory.sourceId('a');
    const id = directory.symbolId(source, told('EURUSD', 4));
    expect(directory.symbolId(source, told('EURUSD', 5))).toBe(id);
    expect(directory.entry(id)?.digits).toBe(5);
    expect(kept.symbols.map(({ digits }) => digits)).toEqual([4, 5]);
  });

  it('knows no name that could not be kept', () => {
    let isOpen = false;
    const directory = new SymbolDirectory(NONE, () => {
      if (!isOpen) throw new Error('the spool is closed');
    });
    expect(() => directory.sourceId('a')).toThrow('closed');
    isOpen = true;
    const source = directory.sourceId('a');
    isOpen = false;
    expect(() => directory.symbolId(source, told('EURUSD'))).toThrow('closed');
    expect(directory.size).toBe(0);
    expect(directory.all()).toEqual([]);
  });

  it('goes on behind the highest id where some were lost, and shows those there are', () => {
    const { directory } = setUp({
      sources: [{ id: 2, name: 'c' }],
      symbols: [{ id: 7, sourceId: 2, ...told('GOLD') }],
    });
    expect(directory.all().map(({ name }) => name)).toEqual(['GOLD']);
    expect(directory.sourceId('d')).toBe(3);
    expect(directory.symbolId(3, told('OIL'))).toBe(8);
    expect(directory.all().map(({ id }) => id)).toEqual([7, 8]);
  });

  it('refuses one symbol more than a batch can name, and says what to do', () => {
    const full: SymbolTable = {
      sources: [{ id: 0, name: 'a' }],
      symbols: [{ id: 65_535, sourceId: 0, ...told('LAST') }],
    };
    const { directory } = setUp(full);
    expect(directory.symbolId(0, told('LAST'))).toBe(65_535);
    expect(() => directory.symbolId(0, told('MORE'))).toThrow(/MORE is one too many; name the symbols you need/);
    expect(() => setUp({ sources: [{ id: 65_535, name: 'z' }], symbols: [] }).directory.sourceId('more')).toThrow(/sources/);
  });

  it('gives the same ids after a restart, in whatever order the symbols come', () => {
    const names = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.string({ minLength: 1, maxLength: 3 })), {
      selector: ([source, name]) => `${source} ${name}`,
    });
    fc.assert(
      fc.property(names, fc.array(fc.nat()), (symbols, order) => {
        const first = setUp();
        const ids = symbols.map(([source, name]) => first.directory.symbolId(first.directory.sourceId(source), told(name)));
        expect(new Set(ids).size).toBe(symbols.length);
        const again = setUp(first.kept);
        for (const pick of order) {
          const at = pick % Math.max(1, symbols.length);
          const [source, name] = symbols[at] ?? [];
          if (source !== undefined && name !== undefined)
            expect(again.directory.symbolId(again.directory.sourceId(source), told(name))).toBe(ids[at]);
        }
      }),
    );
  });
});
