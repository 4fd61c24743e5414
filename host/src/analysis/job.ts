import type { MarketContext, ModelAnswer, RecordStream, StreamRecord } from '@tickhub/plugin-sdk/host';
import type { WatchedSeries } from './watched-series.ts';

/** A question about a symbol's bars up to one, or about a record. */
export interface BarsJob {
  readonly kind: 'bars';
  readonly series: WatchedSeries;
  /** Opening of the last bar that the answers are about. */
  readonly barTime: number;
  readonly context: MarketContext;
  readonly models: readonly string[];
  /** Why a model is not to be asked about these bars, which are all there by then; null where it is. */
  readonly withheld: (model: string) => string | null;
  /** Called once, with what came of it. */
  readonly done: (result: JobResult) => void;
  tries: number;
}

export interface RecordJob {
  readonly kind: 'record';
  readonly stream: RecordStream;
  readonly source: string;
  readonly record: StreamRecord;
  readonly models: readonly string[];
  readonly done: (result: JobResult) => void;
  tries: number;
}

export type Job = BarsJob | RecordJob;

export interface JobResult {
  readonly answers: readonly ModelAnswer[];
  /** Models that gave no answer that counts, and why. */
  readonly failures: readonly Refusal[];
  /** Models that were not asked, and why. */
  readonly withheld: readonly Refusal[];
}

export interface Refusal {
  readonly model: string;
  readonly reason: string;
}
