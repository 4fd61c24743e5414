import type { MarketContext, ModelAnswer, RecordStream, StreamRecord } from '@tickhub/plugin-sdk/host';
import type { AgentDesk, AgentReason, Consensus } from './agent-desk.ts';
import type { JobResult, Refusal } from './job.ts';
import type { Lane } from './lane.ts';
import { marketState, reasonToAsk } from './market-digest.ts';
import { holeIn } from './market-hours.ts';
import { publishAnswers, publishConsensus } from './publishing.ts';
import type { PublishRecords } from './publishing.ts';
import type { Roster } from './roster.ts';
import type { WatchedSeries } from './watched-series.ts';

/** What came of asking all models of one width about one symbol. */
export interface Round {
  readonly series: WatchedSeries;
  /** Close of the last bar. */
  readonly at: number;
  readonly answers: readonly PluginAnswer[];
  /** Models that gave no answer that counts, and those that were not asked. */
  readonly failures: readonly Refusal[];
  readonly withheld: readonly Refusal[];
  /** What the backend's agents added; null where none was asked, or none answered in time. */
  readonly consensus: Consensus | null;
}

export interface PluginAnswer {
  readonly plugin: string;
  readonly answer: ModelAnswer;
}

export interface QuestionerDeps {
  readonly roster: Roster;
  readonly publish: PublishRecords;
  readonly agents: AgentDesk | null;
  /** See the config's `analysis`. */
  readonly leastCoverage: number;
  readonly now: () => number;
  /** Told what a person may want to know; once for each way of going wrong is its affair. */
  readonly onTrouble: (error: unknown) => void;
}

const AGENT_DEADLINE_MS = 2_000;
/** Agents are asked about a symbol this often at most, unless the user asks. */
const AGENT_PAUSE_MS = 900_000;

/** Puts a question to every plugin that has models for it, publishes each answer as it comes, and asks the backend's agents where the local ones leave a doubt. */
export class Questioner {
  readonly #deps: QuestionerDeps;
  readonly #agentsAskedAt = new Map<string, number>();
  /** While answers to a record of `analysis` are published: nobody is asked about those. */
  #isEcho = false;
  #dropped = 0;
  #rounds = 0;
  #lastRoundAt: number | null = null;

  constructor(deps: QuestionerDeps) {
    this.#deps = deps;
  }

  get counters(): { readonly rounds: number; readonly lastRoundAt: number | null; readonly dropped: number } {
    return { rounds: this.#rounds, lastRoundAt: this.#lastRoundAt, dropped: this.#dropped };
  }

  /**
   * @param barTime opening of the last bar that the answers are about.
   * @param asUser whether the user asks: agents are asked in any case.
   */
  async round(series: WatchedSeries, barTime: number, context: MarketContext, asUser: boolean): Promise<Round> {
    const { widthMs } = series.key;
    const parts = await Promise.all(
      this.#deps.roster.lanes.flatMap((lane) => {
        const models = this.#modelsOf(lane, (model) => model.bars?.widthMs === widthMs);
        return models.length === 0 ? [] : [this.#askOfBars(lane, series, barTime, context, models)];
      }),
    );
    this.#rounds++;
    this.#lastRoundAt = this.#deps.now();
    const answers = parts.flatMap(({ plugin, result }) => result.answers.map((answer) => ({ plugin, answer })));
    const local = answers.map(({ answer }) => answer);
    return {
      series,
      at: barTime + widthMs,
      answers,
      failures: parts.flatMap(({ result }) => result.failures),
      withheld: parts.flatMap(({ result }) => result.withheld),
      consensus: await this.#askAgents(series, barTime, context, local, asUser),
    };
  }

  /** @param from the plugin that published the record: what a plugin has made is not for its own models. */
  ofRecord(from: string, stream: RecordStream, source: string, record: StreamRecord): void {
    // Two plugins that each want the other's answers would answer each other for ever.
    if (this.#isEcho) return;
    for (const lane of this.#deps.roster.lanes) {
      const { plugin } = lane.analyst;
      const models = plugin === from ? [] : this.#modelsOf(lane, ({ streams }) => streams.includes(stream));
      if (models.length === 0) continue;
      const done = ({ answers }: JobResult): void => {
        this.#isEcho = stream === 'analysis';
        this.#published(plugin, answers, `${source} ${record.key ?? record.seq}`);
        this.#isEcho = false;
      };
      if (!lane.ask({ kind: 'record', stream, source, record, models, done, tries: 1 })) this.#dropped++;
    }
  }

  #modelsOf(lane: Lane, fits: (model: Lane['analyst']['models'][number]) => boolean): string[] {
    const now = this.#deps.now();
    return lane.analyst.models.filter((model) => fits(model) && lane.records.get(model.id)?.mayBeAsked(now) === true).map(({ id }) => id);
  }

  #askOfBars(
    lane: Lane,
    series: WatchedSeries,
    barTime: number,
    context: MarketContext,
    models: readonly string[],
  ): Promise<{ readonly plugin: string; readonly result: JobResult }> {
    const { plugin } = lane.analyst;
    return new Promise((resolve) => {
      const done = (result: JobResult): void => {
        this.#published(plugin, result.answers, null);
        resolve({ plugin, result });
      };
      const withheld = (model: string): string | null => {
        if (barTime === -Infinity) return 'none of its bars has closed yet';
        const need = lane.records.get(model)?.description.bars?.need ?? 1;
        return holeIn(series.newest(need), series.key.widthMs, need, this.#deps.leastCoverage);
      };
      if (lane.ask({ kind: 'bars', series, barTime, context, models, withheld, done, tries: 1 })) return;
      this.#dropped++;
      const failures = models.map((model) => ({ model, reason: 'too many questions wait' }));
      resolve({ plugin, result: { answers: [], failures, withheld: [] } });
    });
  }

  async #askAgents(
    series: WatchedSeries,
    barTime: number,
    context: MarketContext,
    local: readonly ModelAnswer[],
    asUser: boolean,
  ): Promise<Consensus | null> {
    const { agents, now } = this.#deps;
    const { symbol, widthMs } = series.key;
    if (agents === null || local.length === 0) return null;
    const bars = series.between(-Infinity, barTime);
    const reason: AgentReason | null = asUser ? 'request' : reasonToAsk(local, bars);
    if (reason === null || (!asUser && now() - (this.#agentsAskedAt.get(symbol) ?? -Infinity) < AGENT_PAUSE_MS)) return null;
    this.#agentsAskedAt.set(symbol, now());
    const market = marketState(series.key, series.digits, bars, context);
    const question = { symbol, at: barTime + widthMs, market, local, reason, deadlineMs: AGENT_DEADLINE_MS };
    const consensus = await agents.coordinate(question).catch((error: unknown) => {
      this.#deps.onTrouble(error);
      return null;
    });
    if (consensus !== null) this.#guarded(() => publishConsensus(this.#deps.publish, consensus.merged));
    return consensus;
  }

  #published(plugin: string, answers: readonly ModelAnswer[], recordKey: string | null): void {
    this.#guarded(() => publishAnswers(this.#deps.publish, plugin, answers, recordKey));
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.onTrouble(error);
    }
  }
}
