import type { MarketContext, ModelAnswer, RecordTask } from '@tickhub/plugin-sdk';
import type { Bars, FeatureSet } from '@tickhub/plugin-sdk/features';
import type { ModelFile } from './model-file.ts';
import type { Feeds, Outputs } from './sessions/network.ts';

/** The network of a model: made when it is first run, let go when the cache is full, made again. */
export interface Runner {
  /** @param rows how many rows the feeds have. @throws {ModelError} */
  run(feeds: Feeds, rows: number): Promise<Outputs>;
}

/** What a model finds: its answer without what is the same for all of its answers. */
export type Finding = Pick<
  ModelAnswer,
  'value' | 'unit' | 'probabilities' | 'quantiles' | 'confidence' | 'abstained' | 'inputs' | 'details'
>;

/** A symbol's closed bars, as all models of it share them. */
export interface Series {
  readonly symbol: string;
  /** Decimal digits of a price. */
  readonly digits: number;
  readonly widthMs: number;
  /** Bars since it was seeded, the seed's included. */
  readonly count: number;
  /** The last bars, oldest first, at most as many as are kept (1,024). A copy. */
  last(count: number): Bars;
  /** Where the last bars lie, at most as many as are kept: open times of the first and the last of them, and how many there are; all 0 where there is none. */
  span(count: number): Finding['inputs'];
  /** When the last bar closed, Unix epoch milliseconds. */
  readonly closedAt: number;
  /**
   * Features as of the last bar.
   * @param out is filled in the order of the set, which the model makes once with `featureSet(names)`.
   * @returns false where there are too few bars for one of them.
   */
  features(set: FeatureSet, out: Float32Array | Float64Array): boolean;
}

/** One symbol, as one model remembers it. One that needs no more than the series keeps has neither `seed` nor `push`. */
export interface SymbolModel {
  /** Forgets all and takes in the past, oldest first; the series holds its end already. */
  seed?(bars: Bars): void | Promise<void>;
  /** One more bar has closed; it is the last one of the series. */
  push?(): void | Promise<void>;
  /** The answer as of the last bar. `findings` has those of the models before it, by id. */
  answer(context: MarketContext, findings: ReadonlyMap<string, Finding>): Finding | Promise<Finding>;
}

/** A model of closed bars. */
export interface BarModel {
  readonly id: string;
  /** @param others the same symbol, as the models before it remember it. */
  symbol(series: Series, others: ReadonlyMap<string, SymbolModel>): SymbolModel;
}

/** A model of records: headlines, posts. */
export interface RecordModel {
  readonly id: string;
  /** The symbols that the record concerns, each with what is found. */
  answer(task: RecordTask): Promise<readonly { readonly symbol: string; readonly at: number; readonly finding: Finding }[]>;
}

/** Makes a model of what lies on disk. */
export type MakeModel<M> = (file: ModelFile, runner: Runner) => M;

/** A finding that says why there is none. */
export function abstention(why: string, inputs: Finding['inputs'], details: Finding['details'] = {}): Finding {
  return { value: null, unit: null, probabilities: null, quantiles: null, confidence: 0, abstained: why, inputs, details };
}
