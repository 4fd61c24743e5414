import { TickBatch } from '../batch/tick-batch.ts';
import type { NamedCursor } from '../protocol/control.ts';
import { RecordBatch, SymbolTable } from '../protocol/records.ts';
import type { RecordStream, SymbolEntry } from '../protocol/records.ts';
import { decodeJson } from '../run/json-frame.ts';

/** One tick that a plugin published, as a plain object. */
export interface CollectedTick {
  readonly source: string;
  readonly symbol: string;
  readonly time: number;
  readonly ordinal: number;
  readonly bid: number;
  readonly ask: number;
  readonly last: number;
  readonly volume: number;
  readonly flags: number;
  /** Source time minus UTC in milliseconds. */
  readonly utcOffsetMs: number;
}

/** One record that a plugin published. */
export interface CollectedRecord {
  readonly stream: RecordStream;
  readonly source: string;
  readonly seq: number;
  readonly time: number;
  readonly symbol?: string | undefined;
  readonly body: Record<string, unknown>;
}

/** Reads what a plugin publishes as the host does: names from tables, columns from batches. */
export class Collector {
  readonly ticks: CollectedTick[] = [];
  readonly records: CollectedRecord[] = [];
  /** Sizes of the batches, in ticks. */
  readonly batchSizes: number[] = [];
  readonly #sources = new Map<number, string>();
  readonly #symbols = new Map<number, SymbolEntry>();
  readonly #cursors = new Map<number, { time: number; same: number }>();
  readonly #positions = new Map<RecordStream, number>();

  get symbols(): readonly SymbolEntry[] {
    return [...this.#symbols.values()];
  }

  /** Where the host would be, by names. */
  get cursors(): NamedCursor[] {
    return [...this.#cursors].map(([id, { time, same }]) => {
      const { name, sourceId } = this.#symbol(id);
      return { source: this.#source(sourceId), symbol: name, time, same };
    });
  }

  /** The cursors by ids, as a `durable` frame has them. */
  get cursorIds(): { source: number; symbol: number; time: number; same: number }[] {
    return [...this.#cursors].map(([id, { time, same }]) => ({ source: this.#symbol(id).sourceId, symbol: id, time, same }));
  }

  get positions(): Record<string, number> {
    return Object.fromEntries(this.#positions);
  }

  takeSymbols(body: Uint8Array): void {
    const table = decodeJson(body, SymbolTable, 'symbols');
    for (const { id, name } of table.sources) this.#sources.set(id, name);
    for (const entry of table.symbols) this.#symbols.set(entry.id, entry);
  }

  takeTicks(body: Uint8Array): void {
    const batch = TickBatch.view(body);
    const source = this.#source(batch.sourceId);
    this.batchSizes.push(batch.count);
    for (let i = 0; i < batch.count; i++) {
      const id = batch.symbol[i] ?? 0;
      const [time, ordinal] = [batch.time[i] ?? 0, batch.ordinal[i] ?? 0];
      this.#cursors.set(id, { time, same: ordinal + 1 });
      this.ticks.push({
        source,
        symbol: this.#symbol(id).name,
        time,
        ordinal,
        bid: batch.bid[i] ?? 0,
        ask: batch.ask[i] ?? 0,
        last: batch.last?.[i] ?? 0,
        volume: batch.volume?.[i] ?? 0,
        flags: batch.flags[i] ?? 0,
        utcOffsetMs: batch.utcOffsetMs,
      });
    }
  }

  takeRecords(body: Uint8Array): void {
    const { stream, source, records } = decodeJson(body, RecordBatch, 'records');
    for (const record of records) {
      this.records.push({ stream, source, ...record });
      this.#positions.set(stream, record.seq);
    }
  }

  #source(id: number): string {
    const name = this.#sources.get(id);
    if (name === undefined) throw new Error(`source ${id} was not announced before its first batch`);
    return name;
  }

  #symbol(id: number): SymbolEntry {
    const entry = this.#symbols.get(id);
    if (entry === undefined) throw new Error(`symbol ${id} was not announced before its first batch`);
    return entry;
  }
}
