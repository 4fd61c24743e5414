import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import type { AnalysisTask, MarketContext, ModelAnswer, ModelDescription, PluginDefinition } from '@tickhub/plugin-sdk';
import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import type { Harness } from '@tickhub/plugin-sdk/testing';

const H1 = 3_600_000;
const CACHE_BYTES = 1_000 * 1_048_576;

export interface Replay {
  readonly symbol: string;
  readonly digits: number;
  readonly bars: Bars;
}

export interface ReplayTerms {
  /** Models that are asked; those that they build on are let in beside them by the caller's {@link ModelBench.allow}. */
  readonly models: readonly string[];
  /** First bar that may be asked about, by its place. What is before it seeds the models, as much as they want. */
  readonly from: number;
  /** Up to but without this place. */
  readonly to: number;
  /** Whether the models are asked as of the close of this bar; every one when it is not given. */
  asked?(place: number): boolean;
  /** What else is known then; nothing when it is not given. */
  context?(place: number): MarketContext;
}

/** The answers as of the close of one bar. */
export interface ReplayStep {
  readonly place: number;
  readonly answers: readonly ModelAnswer[];
}

/** The shipped plugin in a harness: seeded, fed bar by bar and asked, as the host's monitor does it. */
export class ModelBench {
  readonly #harness: Harness;

  private constructor(harness: Harness) {
    this.#harness = harness;
  }

  /** Starts the plugin and allows all of its models. @throws what its start throws. */
  static async open(definition: PluginDefinition): Promise<ModelBench> {
    const bench = new ModelBench(createHarness(definition, { clock: 'real' }));
    await bench.#harness.start();
    bench.#harness.analyst.allow();
    return bench;
  }

  get models(): readonly ModelDescription[] {
    return this.#harness.analyst.models;
  }

  /** Allows these models and no others. Allow also what they build on. */
  allow(models: readonly string[]): void {
    this.#harness.analyst.allow({ models: this.models.map(({ id }) => ({ id, allowed: models.includes(id) })), cacheBytes: CACHE_BYTES });
  }

  ask(task: AnalysisTask): Promise<readonly ModelAnswer[]> {
    return this.#harness.analyst.ask(task);
  }

  /** Feeds bars in order and yields the answers as of those that are asked about. H1. */
  async *replay({ symbol, digits, bars }: Replay, terms: ReplayTerms): AsyncGenerator<ReplayStep> {
    const wanted = this.models.reduce((most, { bars: needs }) => Math.max(most, needs?.want ?? 0), 0);
    const common = { symbol, digits, widthMs: H1 };
    await this.ask({ type: 'seed', ...common, bars: sliceBars(bars, Math.max(0, terms.from - wanted), terms.from) });
    let fed = terms.from;
    for (let place = terms.from; place < terms.to; place++) {
      if (terms.asked !== undefined && !terms.asked(place)) continue;
      const closed = sliceBars(bars, fed, place + 1);
      fed = place + 1;
      const context = terms.context?.(place) ?? NO_CONTEXT;
      yield { place, answers: await this.ask({ type: 'bars', ...common, bars: closed, context, models: [...terms.models] }) };
    }
  }

  async close(): Promise<void> {
    await this.#harness.stop();
  }
}
