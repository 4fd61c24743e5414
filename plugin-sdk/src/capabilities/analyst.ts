import type { AnalystTerms, BarsTask, ModelAnswer, ModelDescriptionInput, RecordTask, SeedTask } from '../protocol/analysis.ts';

/** What a plugin with models does for the host's monitor. Calls come one after the other, each when the one before has ended. */
export interface AnalystHandler {
  /** Which models may answer, and their memory; told before the first task and at each change. Load and let go of models here. */
  onTerms(terms: AnalystTerms): void | Promise<void>;
  /** The past of a symbol; replaces what was known of it. */
  onSeed(task: SeedTask): void | Promise<void>;
  /** Bars that closed. The answers of the models that are asked and allowed, abstentions among them. */
  onBars(task: BarsTask): readonly ModelAnswer[] | Promise<readonly ModelAnswer[]>;
  /** One record of a stream that one of the models wants. */
  onRecord?(task: RecordTask): readonly ModelAnswer[] | Promise<readonly ModelAnswer[]>;
}

/**
 * The host's market monitor, as a model sees it: it says which models there are, and the monitor asks them, publishes what they answer and scores it.
 * A model that wants ticks as they come uses `Market` and `Publish` instead.
 */
export interface Analyst {
  /**
   * Says which models there are, once, in `start`.
   * @throws {Error} when it is called again, or a description does not fit its schema.
   */
  serve(models: readonly ModelDescriptionInput[], handler: AnalystHandler): void;
}
