/** What the host's thread and the history's say to each other. Both are this program: no schema stands between them. */
import type { RecordStream, StreamRecord } from '@tickhub/plugin-sdk/host';
import type { HistoryErrorCode } from './errors.ts';
import type {
  BarQuery,
  Bars,
  HistoryInfo,
  ImportSummary,
  ImportTarget,
  RecordPage,
  RecordQuery,
  ReplayItem,
  ReplayQuery,
  SnapshotSymbol,
  TickPage,
  TickQuery,
} from './history.ts';
import type { Handover } from './store/history-store.ts';
import type { Position } from './store/state-table.ts';

/** A number of an open view; null for what is there now. */
export type ViewId = number | null;

/** What may be asked, and what the answer is. */
export interface Dialogue {
  info: { ask: { view: ViewId }; answer: HistoryInfo };
  bars: { ask: { view: ViewId; query: BarQuery }; answer: Bars };
  ticks: { ask: { view: ViewId; query: TickQuery }; answer: TickPage };
  records: { ask: { view: ViewId; query: RecordQuery }; answer: RecordPage };
  openView: { ask: object; answer: { view: number; symbols: SnapshotSymbol[] } };
  closeView: { ask: { view: number }; answer: null };
  openReplay: { ask: { view: number; query: ReplayQuery }; answer: number };
  /** The next items of a replay; none when it is over, which also ends it. Batches of ticks are sent as their bytes. */
  nextOfReplay: { ask: { replay: number }; answer: readonly SentItem[] };
  closeReplay: { ask: { replay: number }; answer: null };
  importTicks: { ask: { session: number; target: ImportTarget; bytes: Uint8Array<ArrayBuffer> }; answer: ImportSummary };
  importRecords: { ask: { stream: RecordStream; source: string; records: readonly Omit<StreamRecord, 'seq'>[] }; answer: ImportSummary };
  /** What days are counted back from, Unix epoch milliseconds. */
  reference: { ask: object; answer: number };
  /** Notes how far history is in a spool that it has not seen. */
  begin: { ask: { position: Position }; answer: null };
}

export type Method = keyof Dialogue;

export type SentItem =
  | Extract<ReplayItem, { kind: 'records' }>
  | { readonly kind: 'ticks'; readonly at: number; readonly source: string; readonly bytes: Uint8Array<ArrayBuffer> };

export type Question = { [M in Method]: { readonly type: 'ask'; readonly id: number; readonly method: M } & Dialogue[M]['ask'] }[Method];

export type ToWorker =
  | { readonly type: 'frames'; readonly handover: Handover }
  | { readonly type: 'days'; readonly days: number }
  | Question
  | { readonly type: 'close' };

export type FromWorker =
  | { readonly type: 'opened'; readonly position: Position | null; readonly setAside: string | null }
  | { readonly type: 'refused'; readonly code: HistoryErrorCode; readonly message: string }
  | { readonly type: 'taken'; readonly position: Position; readonly bytes: number }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly code: HistoryErrorCode; readonly message: string }
  /** The disk refuses, or does no longer. Tried again each second; nothing is lost. */
  | { readonly type: 'health'; readonly trouble: string | null }
  /** The file turned out to be damaged: it was set aside under that name, and a new one begun. */
  | { readonly type: 'damaged'; readonly setAside: string; readonly reason: string }
  | { readonly type: 'removed'; readonly count: number; readonly cutoff: number }
  | { readonly type: 'closed' };

export interface WorkerOptions {
  readonly path: string;
}
