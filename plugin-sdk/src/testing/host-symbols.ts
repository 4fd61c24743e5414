import { TickBatchBuilder } from '../batch/tick-batch-builder.ts';
import { TickFlag } from '../batch/tick-batch.ts';
import type { TickBatch } from '../batch/tick-batch.ts';
import type { SymbolEntry, SymbolTable } from '../protocol/records.ts';

/** A tick for a model or a transport under test. */
export interface TestTick {
  symbol: string;
  time: number;
  bid: number;
  ask: number;
  last?: number;
  volume?: number;
  /** Counted when it is not given. */
  ordinal?: number;
  flags?: number;
  /** `test` when it is not given. */
  source?: string;
  digits?: number;
}

/** Gives ids to the symbols of test ticks, as the host does for a tenant, and lays ticks into batches. */
export class HostSymbols {
  readonly #sources = new Map<string, number>();
  readonly #symbols = new Map<string, SymbolEntry>();
  readonly #cursors = new Map<number, { time: number; same: number }>();
  #newSources: { id: number; name: string }[] = [];
  #newSymbols: SymbolEntry[] = [];

  /** Names since the last call; null when there are none. */
  takeNew(): SymbolTable | null {
    if (this.#newSymbols.length === 0) return null;
    const table = { sources: this.#newSources, symbols: this.#newSymbols };
    this.#newSources = [];
    this.#newSymbols = [];
    return table;
  }

  /** Every name again, for a plugin that is started again. */
  announceAll(): void {
    this.#newSources = [...this.#sources].map(([name, id]) => ({ id, name }));
    this.#newSymbols = [...this.#symbols.values()];
  }

  /** One batch per run of ticks of one source. */
  batches(ticks: readonly TestTick[], receivedAt: number): TickBatch[] {
    const batches: TickBatch[] = [];
    let builder: TickBatchBuilder | null = null;
    let sourceId = 0;
    const seal = (): void => {
      const batch = builder?.seal(sourceId, 0);
      if (batch) batches.push(batch);
    };
    for (const tick of ticks) {
      const entry = this.#entry(tick);
      if (builder === null || entry.sourceId !== sourceId || builder.full) {
        seal();
        builder = new TickBatchBuilder();
        sourceId = entry.sourceId;
      }
      const { time, bid, ask, last = 0, volume = 0, flags = TickFlag.bid | TickFlag.ask } = tick;
      const cursor = this.#cursors.get(entry.id);
      const ordinal = tick.ordinal ?? (cursor?.time === time ? cursor.same : 0);
      this.#cursors.set(entry.id, { time, same: ordinal + 1 });
      builder.push(entry.id, time, ordinal, bid, ask, last, volume, flags, receivedAt);
    }
    seal();
    return batches;
  }

  #entry({ source = 'test', symbol, digits = 5 }: TestTick): SymbolEntry {
    const key = `${source}/${symbol}`;
    const known = this.#symbols.get(key);
    if (known !== undefined) return known;
    let sourceId = this.#sources.get(source);
    if (sourceId === undefined) {
      sourceId = this.#sources.size;
      this.#sources.set(source, sourceId);
      this.#newSources.push({ id: sourceId, name: source });
    }
    const entry: SymbolEntry = { id: this.#symbols.size, sourceId, name: symbol, rawName: symbol, digits };
    this.#symbols.set(key, entry);
    this.#newSymbols.push(entry);
    return entry;
  }
}
