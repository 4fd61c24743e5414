import type { TickBatch } from '../../batch/tick-batch.ts';
import { TickBatchBuilder } from '../../batch/tick-batch-builder.ts';
import type { TickColumns } from '../../batch/tick-columns.ts';
import { START_CURSOR } from '../../batch/cursor.ts';
import type { TickCursor } from '../../batch/cursor.ts';
import type { SymbolOptions, TickSource, TickSymbol } from '../../capabilities/publish.ts';
import { SymbolEntry } from '../../protocol/records.ts';
import { PluginFault, describe } from '../fault.ts';
import { PublishedSymbol } from './published-symbol.ts';
import type { TickSink } from './published-symbol.ts';

/** What a source needs of the publisher it belongs to. */
export interface SourceOwner {
  /** Unix epoch milliseconds with fraction. */
  epoch(): number;
  idOf(source: PublishedSource, symbol: string): number;
  allows(symbol: string): boolean;
  cursorOf(source: string, symbol: string): TickCursor | undefined;
  /** The symbol is new, or described anew. */
  announce(source: PublishedSource, symbol: PublishedSymbol): void;
  /** The source has its first tick since it was sealed. */
  began(source: PublishedSource): void;
  /** The source has no room for another tick. */
  filled(source: PublishedSource): void;
}

const DIGITS = 5;
const INT32_MAX = 0x7fff_ffff;

/** One source of a plugin: its symbols and the batch that is being filled. */
export class PublishedSource implements TickSource, TickSink {
  readonly id: number;
  readonly name: string;
  readonly #owner: SourceOwner;
  readonly #symbols = new Map<string, PublishedSymbol>();
  readonly #durableListeners: ((moved: readonly TickSymbol[]) => void)[] = [];
  readonly #builder = new TickBatchBuilder();
  #utcOffsetMs = 0;

  constructor(id: number, name: string, owner: SourceOwner) {
    this.id = id;
    this.name = name;
    this.#owner = owner;
  }

  symbol(name: string, options?: SymbolOptions): PublishedSymbol {
    const known = this.#symbols.get(name);
    if (known !== undefined && options === undefined) return known;
    const described = {
      name,
      rawName: options?.rawName ?? known?.entry.rawName ?? name,
      digits: options?.digits ?? known?.entry.digits ?? DIGITS,
    };
    if (known !== undefined) {
      if (known.entry.rawName === described.rawName && known.entry.digits === described.digits) return known;
      Object.assign(known.entry, this.#checked({ ...described, id: known.entry.id }));
      this.#owner.announce(this, known);
      return known;
    }
    this.#checked({ ...described, id: 0 });
    const entry = this.#checked({ ...described, id: this.#owner.idOf(this, name) });
    const symbol = new PublishedSymbol(entry, this.#owner.cursorOf(this.name, name) ?? START_CURSOR, this.#owner.allows(name), this);
    this.#symbols.set(name, symbol);
    this.#owner.announce(this, symbol);
    return symbol;
  }

  setUtcOffset(ms: number): void {
    if (!Number.isInteger(ms) || Math.abs(ms) > INT32_MAX) {
      throw new PluginFault('BAD_UTC_OFFSET', `the UTC offset of "${this.name}" is ${ms}; give whole milliseconds`);
    }
    if (ms === this.#utcOffsetMs) return;
    // The offset is the batch's, so what was pushed with the old one goes out with it.
    if (this.#builder.count > 0) this.#owner.filled(this);
    this.#utcOffsetMs = ms;
  }

  onDurable(listener: (moved: readonly TickSymbol[]) => void): void {
    this.#durableListeners.push(listener);
  }

  get symbols(): Iterable<PublishedSymbol> {
    return this.#symbols.values();
  }

  get columns(): TickColumns {
    return this.#builder.columns;
  }

  turned(): void {
    const columns = this.#builder.columns;
    if (columns.count === 1) {
      columns.receivedAt = this.#owner.epoch();
      this.#owner.began(this);
    }
    if (this.#builder.full) this.#owner.filled(this);
  }

  /** What was pushed since the last call, as a batch; null when nothing was. */
  seal(): TickBatch | null {
    return this.#builder.seal(this.id, this.#utcOffsetMs);
  }

  tellDurable(moved: readonly TickSymbol[]): void {
    for (const listener of this.#durableListeners) listener(moved);
  }

  #checked(entry: Omit<SymbolEntry, 'sourceId'>): SymbolEntry {
    const checked = SymbolEntry.safeParse({ ...entry, sourceId: this.id });
    if (checked.success) return checked.data;
    const [issue] = checked.error.issues;
    const what = typeof entry.name === 'string' ? `"${entry.name.slice(0, 64)}"` : describe(entry.name);
    throw new PluginFault('BAD_SYMBOL', `symbol ${what} of "${this.name}": ${issue?.path.join('.')}: ${issue?.message}`);
  }
}
