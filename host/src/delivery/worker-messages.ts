/** What the host's thread and the spool's say to each other. Both are this program: no schema stands between them. */
import type { SymbolTable } from '@tickhub/plugin-sdk/host';
import type { SpoolError } from './errors.ts';
import type { DurableCursor, RecordMark, SeenRecord, SpoolDepth, SpoolGap, SpoolHealth, SpoolStream, UsageRow } from './spool.ts';

/** What the spool's thread is started with. */
export interface WorkerOptions {
  readonly path: string;
  /** Changes while it runs, with the tier. */
  budgetBytes: number;
  /** Frames and bytes after the acknowledged one that may be on their way: never dropped for the budget. */
  readonly shieldFrames: number;
  readonly shieldBytes: number;
}

/** What becomes durable together with the frames of an append. */
export interface Marks {
  readonly symbols?: readonly SymbolTable[];
  /** `plugin/stream` and the last record in these frames. */
  readonly positions?: readonly (readonly [string, number])[];
  /** Keys of records in these frames, and keys that are known no longer. */
  readonly records?: readonly RecordMark[];
  /** Minutes of usage whose report is among these frames. */
  readonly reported?: readonly { readonly stream: SpoolStream; readonly minute: number }[];
  /** Losses whose gap record is among these frames. */
  readonly announced?: readonly number[];
}

/** Everything up to `seq` may go. Everything up to `delivered`, at least as much, was delivered: it stays only as long as the budget has room for it. */
export interface Ack {
  readonly seq: number;
  readonly delivered: number;
}

export type ToWorker =
  /** `frames` is packed, epochs and checksums are still to be filled in. */
  | { readonly type: 'append'; readonly frames: ArrayBuffer; readonly marks: Marks | null; readonly ack: Ack }
  | { readonly type: 'ack'; readonly ack: Ack }
  | { readonly type: 'budget'; readonly bytes: number }
  | { readonly type: 'read'; readonly id: number; readonly fromSeq: number; readonly maxBytes: number }
  | { readonly type: 'usage'; readonly id: number }
  /** Gives the spool a new identity; everything not acknowledged is kept. */
  | { readonly type: 'renew'; readonly id: number; readonly reason: string }
  | { readonly type: 'close' };

/** A loss that has not been announced to the backend yet. */
export interface Loss extends SpoolGap {
  readonly id: number;
}

export interface Opening {
  readonly epoch: string;
  readonly lastSeq: number;
  readonly ackedSeq: number;
  /** Ticks that ever went in. */
  readonly ticks: number;
  /** No usage is booked before this minute any more. */
  readonly minute: number;
  readonly depth: SpoolDepth;
  readonly symbols: SymbolTable;
  readonly cursors: readonly DurableCursor[];
  readonly positions: readonly (readonly [string, number])[];
  readonly keys: readonly (readonly [stream: string, key: string, seen: SeenRecord])[];
  readonly losses: readonly Loss[];
}

/** A usage row, and whether its report is in the spool. */
export interface BookedUsage extends UsageRow {
  readonly reported: boolean;
}

export type FromWorker =
  | { readonly type: 'opened'; readonly opening: Opening }
  | { readonly type: 'refused'; readonly code: SpoolError['code']; readonly message: string }
  | { readonly type: 'durable'; readonly seq: number; readonly bytes: number; readonly depth: SpoolDepth }
  | { readonly type: 'trimmed'; readonly depth: SpoolDepth }
  | { readonly type: 'health'; readonly health: SpoolHealth }
  | { readonly type: 'lost'; readonly loss: Loss; readonly depth: SpoolDepth }
  | { readonly type: 'frames'; readonly id: number; readonly frames: ArrayBuffer }
  /** `complete`: everything appended before the question is in it. */
  | { readonly type: 'usage'; readonly id: number; readonly rows: readonly BookedUsage[]; readonly complete: boolean }
  | { readonly type: 'renewed'; readonly id: number; readonly epoch: string }
  | { readonly type: 'failed'; readonly id: number; readonly message: string }
  /** Nothing follows. `unwritten`: frames that the disk would not take. */
  | { readonly type: 'closed'; readonly unwritten: number };
