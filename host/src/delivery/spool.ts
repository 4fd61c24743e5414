import type { SpoolError } from './errors.ts';
import type { RecordStream, SymbolTable, TickCursor } from '@tickhub/plugin-sdk/host';

export type SpoolStream = 'ticks' | 'usage' | RecordStream;

/** A frame as the spool keeps it: one row, one seq, one delivery. */
export interface SpoolFrame {
  readonly seq: number;
  readonly stream: SpoolStream;
  /** Ticks: a tick batch with host ids. Otherwise a JSON RecordBatch. */
  readonly body: Uint8Array;
  /** Ticks or records in it. */
  readonly count: number;
}

export type SpoolHealth =
  | { readonly state: 'ok' }
  /** The disk is full, refuses writes (retried every 200 ms) or does not answer: nothing is lost, sources are held. */
  | { readonly state: 'stalled'; readonly reason: string };

/** What is known of a record that was taken: a hash of its content, and how many versions of its key came before. */
export interface SeenRecord {
  readonly content: string;
  readonly revision: number;
}

/** Makes the spool know a record's key, or forget it: durable with the frame that it is given with. */
export interface RecordMark {
  /** `plugin/stream` */
  readonly stream: string;
  /** A hash of the key. */
  readonly key: string;
  readonly seen: SeenRecord | null;
}

/** A gap: ticks that were in the spool and had to go. Frames within it that are still there are delivered. */
export interface SpoolGap {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly ticks: number;
  /** Records that went with them, where that is known: not for damage. */
  readonly records: number;
  readonly reason: 'budget' | 'corrupt';
  /** What was wrong, in words for a person. */
  readonly detail?: string;
}

/** What is on disk and not yet acknowledged. */
export interface SpoolDepth {
  readonly frames: number;
  /** Of bodies. */
  readonly bytes: number;
  readonly ticks: number;
}

/** Where a symbol's durable ticks end. */
export interface DurableCursor extends TickCursor {
  readonly symbolId: number;
}

/**
 * The durable queue towards the transports, one per tenant. Appends are numbered at once and durable soon after, in order, committed in groups
 * together with their cursors, their usage and new symbols, in one transaction, off this thread.
 */
export interface Spool {
  /** Identity of this spool file; a new file has a new one. */
  readonly epoch: string;
  /** The last seq given out. */
  readonly lastSeq: number;
  /** `lastSeq` as of opening: what a backend may have from before. */
  readonly openedSeq: number;
  /** How far ahead of its acks a transport may be: what may be on its way is not dropped for the budget. */
  readonly window: { readonly frames: number; readonly bytes: number };
  /** Everything up to here is on disk. */
  readonly durableSeq: number;
  /** Everything up to here was acknowledged by every transport, and trimmed. */
  readonly ackedSeq: number;
  readonly health: SpoolHealth;
  /** Bytes appended and not yet durable. Above a few MiB the host stops reading its sources. */
  readonly pendingBytes: number;
  /** Frames and bytes on disk and not yet acknowledged. */
  readonly depth: SpoolDepth;
  /** Sources and symbols with their durable host ids, as they were described last. Another object after each change. */
  symbols(): SymbolTable;
  /** Durable cursor per host symbol id, as of opening. */
  cursors(): readonly DurableCursor[];
  /** plugin id and stream -> last durable record seq, as of opening: `news/news` -> 17. */
  recordPositions(): ReadonlyMap<string, number>;
  /** The keys of records that were taken, as of opening, the longest known first. */
  recordKeys(): Iterable<readonly [stream: string, key: string, seen: SeenRecord]>;
  /** Adds names, or describes symbols anew; durable with, or before, the next append. */
  addSymbols(table: SymbolTable): void;
  /** Numbers and queues a frame of ticks. The body is kept until it is acknowledged: do not write to it. */
  appendTicks(body: Uint8Array, count: number): number;
  /** Numbers and queues a frame of records of a plugin; `lastRecordSeq` becomes its position, and `marks` take effect, with the commit. */
  appendRecords(
    stream: SpoolStream,
    plugin: string,
    body: Uint8Array,
    count: number,
    lastRecordSeq: number,
    marks?: readonly RecordMark[],
  ): number;
  /** Called after each commit. */
  onDurable(listener: (durableSeq: number) => void): () => void;
  onHealth(listener: (health: SpoolHealth) => void): () => void;
  onGap(listener: (gap: SpoolGap) => void): () => void;
  /** Frames from `fromSeq` on that are durable, at most `maxBytes` of bodies (at least one frame if there is any). From memory where they are recent, else from disk. */
  read(fromSeq: number, maxBytes: number): Promise<readonly SpoolFrame[]>;
  /** Like read, but only what is in memory, at once; null when `fromSeq` is older than that. */
  readRecent(fromSeq: number, maxBytes: number): readonly SpoolFrame[] | null;
  /**
   * Trims. Lower numbers than before are ignored.
   * @param delivered everything up to here was delivered, though somebody else still wants what is behind `seq`: it goes before anything that was not,
   * when the budget is used up, and is never counted as dropped.
   */
  ack(seq: number, delivered?: number): void;
  /** Another budget, in bytes as at opening; what is over it goes with the next commit. */
  setBudget(bytes: number): void;
  /** Usage so far: ticks and records by stream, minus what a gap took. */
  usage(): Promise<readonly UsageRow[]>;
  /**
   * Usage of the minutes that are over and not reported: nothing is booked in them any more. Null while the disk refuses, when that cannot be told.
   * See {@link appendUsageReport}.
   */
  unreportedUsage(): Promise<readonly UsageRow[] | null>;
  /** Appends records of the stream `usage` and marks the minutes they report, in one transaction. */
  appendUsageReport(body: Uint8Array, reported: readonly UsageRow[], lastRecordSeq: number): number;
  /**
   * Gives the spool a new epoch, keeping all frames: for when a backend has frames of this epoch that this file does not know of, so that
   * its numbers are not to be trusted. Transports have to be started again. Rejects while the disk refuses.
   */
  renew(reason: string): Promise<void>;
  /** The spool's thread has died: nothing more becomes durable. Tickhub has to be started again. */
  onFailure(listener: (error: SpoolError) => void): () => void;
  /** Commits what is pending, then closes. Rejects with SPOOL_UNWRITTEN when the disk would not take it; it was never reported durable. */
  close(): Promise<void>;
}

/** One minute's usage of one stream. */
export interface UsageRow {
  readonly stream: SpoolStream;
  /** Unix epoch minutes, by the host's clock when the frame was appended; never falls. */
  readonly minute: number;
  /** Ticks or records that went into the spool. */
  readonly counted: number;
  /**
   * Lost to a gap in this minute, whenever they were counted: a minute that is over never changes. Delivered, over all minutes, is counted minus dropped.
   * Reported minutes of more than two days ago are summed up as minute 0.
   */
  readonly dropped: number;
}
