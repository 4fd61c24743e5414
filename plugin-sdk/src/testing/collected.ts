import { TickBatch } from '../batch/tick-batch.ts';
import type { NamedCursor } from '../protocol/control.ts';
import { PublishedBatch, SymbolTable } from '../protocol/records.ts';
import type { PublishedRecord, RecordStream, SymbolEntry } from '../protocol/records.ts';
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

/** One record that a plugin published and a host would take: not what has a known key and the same content. */
export interface CollectedRecord {
  readonly stream: RecordStream;
  readonly source: string;
  readonly seq: number;
  readonly time: number;
  readonly symbol?: string | undefined;
  readonly key?: string | undefined;
  readonly revision?: number | undefined;
  readonly sourceTime?: string | undefined;
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
  readonly #seqs = new Map<RecordStream, number>();
  readonly #keys = new Map<string, { content: string; revision: number }>();

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
    const { stream, source, records } = decodeJson(body, PublishedBatch, 'records');
    for (const record of records) {
      const revision = this.#revisionOf(stream, record);
      if (revision === null) continue;
      const seq = (this.#seqs.get(stream) ?? 0) + 1;
      this.#seqs.set(stream, seq);
      this.records.push({ stream, source, seq, ...(revision > 0 && { revision }), ...record });
    }
  }

  /** How many versions of the record came before; null when it is a duplicate. */
  #revisionOf(stream: RecordStream, record: PublishedRecord): number | null {
    if (record.key === undefined) return 0;
    const key = `${stream}/${record.key}`;
    const content = JSON.stringify([record.time, record.symbol, record.body]);
    const before = this.#keys.get(key);
    if (before?.content === content) return null;
    const revision = before === undefined ? 0 : before.revision + 1;
    this.#keys.set(key, { content, revision });
    return revision;
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
