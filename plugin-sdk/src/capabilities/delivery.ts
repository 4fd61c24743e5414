import type { TickBatch } from '../batch/tick-batch.ts';
import type { DeliveredBatch, SymbolTable } from '../protocol/records.ts';

/** One durable frame of the spool. */
export interface Outgoing {
  /** Strictly rising within the spool's epoch, without holes except for frames that were dropped with a gap record. */
  readonly seq: number;
  readonly ticks: TickBatch | null;
  readonly records: DeliveredBatch | null;
}

/**
 * The durable frames to send to a backend. The transport says when its link is up and what the backend has (`resume`); the host then
 * calls `onFrame` in order of seq, at most a window ahead of the acks; `acked` trims the spool.
 */
export interface Delivery {
  /** Identity of the spool: its seqs mean something only together with it. */
  readonly epoch: string;
  readonly tenant: string;
  onFrame(listener: (frame: Outgoing) => void): void;
  /** New names, before the first frame that uses their ids. {@link symbols} has them all. */
  onSymbols(listener: (added: SymbolTable) => void): void;
  /** Every source and symbol announced so far. */
  symbols(): SymbolTable;
  /** The link is up; the backend has everything up to `lastSeq` (0: nothing). Frames from lastSeq + 1 follow. */
  resume(lastSeq: number): void;
  /** The link is down: no frames until the next resume, not even those that were on their way. */
  suspend(reason: string): void;
  /** The backend has durably taken everything up to `seq`. Lower or future numbers are ignored and counted by the host. */
  acked(seq: number): void;
}
