import type { PriceSide, RecordBatch, RecordStream, StreamRecord, TickBatch } from '@tickhub/plugin-sdk/host';

/** Half open: `from` is in it, `to` is not. Unix epoch milliseconds, UTC. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** A symbol of a source. Without a source: the only one that has the symbol. */
export interface SeriesQuery {
  readonly symbol: string;
  readonly source?: string;
}

/** Where a reader is in one series: the next tick is the first that is not behind it. The time is the source's own, as in the ticks themselves. */
export interface SeriesCursor {
  readonly time: number;
  readonly same: number;
}

export interface BarQuery extends SeriesQuery, TimeRange {
  /** `1s`, `5m`, `4h`, `1d`, `1w`, or any other whole number of one of these units; see `query/bar-width.ts`. */
  readonly width: string;
  /** Default `bid`. */
  readonly side?: PriceSide;
  /** IANA zone at whose midnight days begin (weeks: Mondays), such as `Europe/Athens`. Default UTC. */
  readonly zone?: string;
  /** Most bars that are answered; the earliest are. Default 100,000. */
  readonly limit?: number;
}

/**
 * Bars as columns, by time. A bar is there only where there was a tick of the side; ticks whose price of that side is 0 (there is none) are not counted.
 * Prices of `mid` are (bid + ask) / 2.
 */
export interface Bars {
  readonly source: string;
  readonly symbol: string;
  /** Decimal digits of a price. */
  readonly digits: number;
  readonly side: PriceSide;
  readonly count: number;
  /** When each bar opened, UTC. */
  readonly time: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Ticks in it. */
  readonly ticks: Float64Array;
  /** Traded volume in lots; null where no tick had one. */
  readonly volume: Float64Array | null;
  /** Whether there are more than `limit` in the range. */
  readonly more: boolean;
  /** Ticks in the range that could not be read, because their chunk is damaged. */
  readonly damaged: number;
}

export interface TickQuery extends SeriesQuery, TimeRange {
  /** Where the page before this one ended, from {@link TickPage.next}. */
  readonly after?: SeriesCursor;
  /** Most ticks in a page. Default and at most 65,536. */
  readonly limit?: number;
}

/** Ticks of one series as columns, in the order in which the source sent them. */
export interface TickPage {
  readonly source: string;
  readonly symbol: string;
  readonly digits: number;
  readonly count: number;
  /** The source's own time; UTC is `time - utcOffsetMs`. */
  readonly time: Float64Array;
  readonly ordinal: Uint32Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array | null;
  readonly volume: Float64Array | null;
  /** See `TickFlag`. */
  readonly flags: Uint16Array;
  /** Of the batch that a tick came in; of an imported tick its own time in UTC. */
  readonly receivedAt: Float64Array;
  readonly utcOffsetMs: Int32Array;
  /** Null when this page was the last. */
  readonly next: SeriesCursor | null;
  readonly damaged: number;
}

export interface RecordQuery extends TimeRange {
  readonly stream: RecordStream;
  readonly source?: string;
  readonly symbol?: string;
  readonly key?: string;
  /** What was known then: nothing that was received later. Unix epoch milliseconds. Default: all. */
  readonly asOf?: number;
  /** `newest` (default): of each key only its newest version, as of `asOf`. `all`: every version. */
  readonly revisions?: 'newest' | 'all';
  /** Where the page before this one ended. */
  readonly after?: string;
  /** Default 1,000, at most 10,000. */
  readonly limit?: number;
}

export interface StoredRecord extends StreamRecord {
  readonly stream: RecordStream;
  readonly source: string;
  readonly receivedAt: number;
}

/** Records by time, then by when they came. */
export interface RecordPage {
  readonly records: readonly StoredRecord[];
  readonly next: string | null;
}

export interface SeriesInfo {
  readonly source: string;
  readonly symbol: string;
  readonly rawName: string;
  readonly digits: number;
  /** UTC of the first and the last tick. */
  readonly from: number;
  readonly to: number;
  readonly ticks: number;
  /** On disk. */
  readonly bytes: number;
}

export interface StreamInfo {
  readonly stream: RecordStream;
  readonly source: string;
  /** Of the records' own times. */
  readonly from: number;
  readonly to: number;
  /** Versions included. */
  readonly records: number;
  readonly bytes: number;
}

/** Frames of the spool that never came into history: it lagged so far behind that they had to be let go. */
export interface HistoryGap {
  readonly epoch: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** When that was seen, Unix epoch milliseconds. */
  readonly at: number;
}

export interface HistoryInfo {
  readonly path: string;
  /** Of the file, without its log. */
  readonly bytes: number;
  readonly series: readonly SeriesInfo[];
  readonly streams: readonly StreamInfo[];
  readonly gaps: readonly HistoryGap[];
  /** The tier lets one see nothing from before, Unix epoch milliseconds, UTC; null where it sees all there is. */
  readonly since: number | null;
}

export interface ReplayQuery extends TimeRange {
  /** `received` (default): as the host came to know of it, backfills late as they were. `event`: ticks at their own time; records still when they were received. */
  readonly by?: 'received' | 'event';
  /** Default all. */
  readonly sources?: readonly string[];
  readonly symbols?: readonly string[];
  /** Symbols whose ticks and records are left out. */
  readonly without?: readonly string[];
  /** Default none. */
  readonly streams?: readonly RecordStream[];
}

/**
 * A piece of a replay. Ticks: one or more ticks of one source, in order, with the ids of {@link HistorySnapshot.symbols}; `at` is the first one's place in
 * time. A batch ends where something of another source, or a record, comes in between.
 */
export type ReplayItem =
  | { readonly kind: 'ticks'; readonly at: number; readonly source: string; readonly batch: TickBatch }
  | { readonly kind: 'records'; readonly at: number; readonly batch: RecordBatch };

/** A symbol and the id that stands for it in the batches of a snapshot. */
export interface SnapshotSymbol {
  readonly id: number;
  readonly sourceId: number;
  readonly source: string;
  readonly symbol: string;
  readonly rawName: string;
  readonly digits: number;
}

export interface HistoryReader {
  info(): Promise<HistoryInfo>;
  /** @throws {HistoryError} HISTORY_NO_SERIES, HISTORY_SOURCE_AMBIGUOUS, HISTORY_BAD_QUERY */
  bars(query: BarQuery): Promise<Bars>;
  /** @throws {HistoryError} HISTORY_NO_SERIES, HISTORY_SOURCE_AMBIGUOUS, HISTORY_BAD_QUERY */
  ticks(query: TickQuery): Promise<TickPage>;
  /** @throws {HistoryError} HISTORY_BAD_QUERY */
  records(query: RecordQuery): Promise<RecordPage>;
}

/** History as of one moment: what comes in, goes or is put together meanwhile changes nothing in it. Close it: what has gone since stays on disk till then. */
export interface HistorySnapshot extends HistoryReader {
  symbols(): readonly SnapshotSymbol[];
  /** Ticks and records merged into one order that depends on nothing but what is in the snapshot: the same query gives the same items. */
  replay(query: ReplayQuery): AsyncIterable<ReplayItem>;
  close(): Promise<void>;
}

/** What an import is of. The series is made when there is none; `rawName` and `digits` count only then. */
export interface ImportTarget {
  readonly source: string;
  readonly symbol: string;
  /** Default: as `symbol`. */
  readonly rawName?: string;
  readonly digits: number;
}

export interface ImportSummary {
  readonly added: number;
  /** Were there already: a tick is the same when series, time and ordinal are. */
  readonly duplicate: number;
}

/** Ticks of one series on their way into history, holes between what is there included. */
export interface TickImport {
  /**
   * Takes a batch; its symbol, source id and `receivedAt` mean nothing (an imported tick counts as received at its own time). Ticks must rise by (time, ordinal),
   * within a batch and from one to the next. The batch's buffer is handed over: it is empty afterwards where it was a buffer of its own.
   * Resolves when it is durable, so that awaiting each is backpressure; two or three may be under way.
   * @throws {HistoryError} HISTORY_UNSORTED
   */
  add(batch: TickBatch): Promise<ImportSummary>;
  /** All of it. */
  readonly summary: ImportSummary;
}

/** The queryable past of one tenant. */
export interface History extends HistoryReader {
  /** Opens a consistent view of what is there now. */
  snapshot(): Promise<HistorySnapshot>;
  importTicks(target: ImportTarget): Promise<TickImport>;
  /**
   * Takes records that were not published through the host. With a key, the same content again is a duplicate and other content a revision, as live.
   * Durable when it resolves.
   */
  importRecords(
    batch: Pick<RecordBatch, 'stream' | 'source'> & { readonly records: readonly Omit<StreamRecord, 'seq'>[] },
  ): Promise<ImportSummary>;
}
