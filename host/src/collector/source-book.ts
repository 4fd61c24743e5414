import type { RecordBatch, RecordStream } from '@tickhub/plugin-sdk/host';

/** What came of one source since the host started, besides its ticks. */
export interface SourceActivity {
  /** Records taken, by stream. */
  readonly records: Readonly<Partial<Record<RecordStream, number>>>;
  /** When the last record was taken, Unix epoch milliseconds; null when there was none. */
  readonly lastRecordAt: number | null;
  /** Gap records, by symbol: how often ticks are known to be missing. */
  readonly gaps: ReadonlyMap<string, number>;
}

interface Entry {
  records: Partial<Record<RecordStream, number>>;
  lastRecordAt: number | null;
  gaps: Map<string, number>;
}

/** Keeps which sources there are and what came of them. Bounded: a plugin that makes up names does not fill the memory. */
export class SourceBook {
  static readonly MAX_SOURCES = 10_000;
  readonly #sources = new Map<string, Entry>();

  take({ stream, source, records }: RecordBatch): void {
    let entry = this.#sources.get(source);
    if (entry === undefined) {
      if (this.#sources.size >= SourceBook.MAX_SOURCES) return;
      this.#sources.set(source, (entry = { records: {}, lastRecordAt: null, gaps: new Map() }));
    }
    entry.records[stream] = (entry.records[stream] ?? 0) + records.length;
    entry.lastRecordAt = records.at(-1)?.receivedAt ?? entry.lastRecordAt;
    if (stream !== 'gap') return;
    for (const { symbol = '' } of records) entry.gaps.set(symbol, (entry.gaps.get(symbol) ?? 0) + 1);
  }

  get names(): Iterable<string> {
    return this.#sources.keys();
  }

  of(source: string): SourceActivity | undefined {
    return this.#sources.get(source);
  }
}
