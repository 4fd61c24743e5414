import type { TickBatch } from '../batch/tick-batch.ts';
import type { SymbolEntry } from '../protocol/records.ts';

/** Ticks out of the host, after the gate, as they come; a model that falls behind misses batches, and is told how many ticks. */
export interface Market {
  onTicks(listener: (batch: TickBatch, missedTicks: number) => void): void;
  /** The symbol behind an id of a batch. */
  symbol(id: number): SymbolEntry | undefined;
}
