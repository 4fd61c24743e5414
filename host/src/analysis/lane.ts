import type { AnalysisTask, AnalystTerms, ModelAnswer } from '@tickhub/plugin-sdk/host';
import type { Analyst } from './analyst.ts';
import { faultOf } from './answer-check.ts';
import { withDeadline } from './deadline.ts';
import { AnalysisError } from './errors.ts';
import type { AnalysisErrorCode } from './errors.ts';
import type { BarsJob, Job, JobResult, RecordJob, Refusal } from './job.ts';
import type { ModelRecord } from './model-record.ts';
import { MOST_BARS_WANTED } from './watched-series.ts';
import type { WatchedSeries } from './watched-series.ts';

/** Tasks that one plugin has at once: it works on one after the other, and a second one spares it the way there and back. */
const IN_FLIGHT = 4;
/** Questions that wait for one plugin. */
const MOST_WAITING = 1_024;
const SEED_DEADLINE_MS = 30_000;
/** A question that has waited so long for its turn is of no use any more: the plugin hangs. */
const MOST_QUEUED_MS = 60_000;

export interface LaneDeps {
  readonly deadlineMs: number;
  readonly now: () => number;
  /** How a model that has failed is told of: once for each way of failing. */
  readonly onFailure: (record: ModelRecord, words: string) => void;
  readonly onTrouble: (error: unknown) => void;
}

interface Given {
  epoch: number;
  /** Opening of the last bar that it was given. */
  through: number;
}

/** Asks one running plugin, in the order of the questions: seeds before bars, a few tasks at once, each within a deadline. What fails is asked model by model. */
export class Lane {
  readonly analyst: Analyst;
  readonly records: ReadonlyMap<string, ModelRecord>;
  readonly #deps: LaneDeps;
  readonly #queue: { readonly job: Job; readonly since: number }[] = [];
  readonly #given = new Map<WatchedSeries, Given>();
  readonly #unanswered = new Set<Job>();
  /** What is under way of a series: the next question about it waits, so that a failure is dealt with before. */
  readonly #busy = new Map<WatchedSeries, Promise<void>>();
  /** After a failure models are asked one by one, until a question in which none fails. */
  #apart = false;
  #terms = '';
  #working = false;
  #ended = false;
  #room: (() => void) | null = null;
  #idle: (() => void)[] = [];

  constructor(analyst: Analyst, records: ReadonlyMap<string, ModelRecord>, deps: LaneDeps) {
    this.analyst = analyst;
    this.records = records;
    this.#deps = deps;
  }

  /** Questions that are not answered yet. */
  get waiting(): number {
    return this.#unanswered.size;
  }

  /** @returns false when too many wait. */
  ask(job: Job): boolean {
    if (this.#ended || this.#unanswered.size >= MOST_WAITING) return false;
    this.#unanswered.add(job);
    this.#queue.push({ job, since: performance.now() });
    this.#work().catch((error: unknown) => {
      this.#working = false;
      this.#deps.onTrouble(error);
    });
    return true;
  }

  /** Tells the plugin which of its models may answer. Where that is news, all seeds are given again: others may want more of the past. */
  setTerms(terms: AnalystTerms): void {
    const text = JSON.stringify(terms);
    if (text === this.#terms) return;
    this.#terms = text;
    this.#given.clear();
    this.analyst.setTerms(terms);
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    return this.#unanswered.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** The plugin has ended, or another process of it is there. @returns what it did not answer. */
  end(): Job[] {
    this.#ended = true;
    this.#queue.length = 0;
    const left = [...this.#unanswered];
    this.#unanswered.clear();
    this.#freed();
    this.#tellIdle();
    return left;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { job, since } = next;
      if (job.kind === 'bars') await this.#busy.get(job.series);
      const hasRoom = await this.#hasRoom();
      const { models, withheld } = await this.#choose(job);
      if (this.#ended) break;
      const failAll = (reason: string): void => {
        for (const id of models) this.#fail(id, reason, false);
        this.#finish(job, { answers: [], failures: models.map((model) => ({ model, reason })), withheld });
      };
      if (models.length === 0) failAll('');
      else if (!hasRoom) failAll(`${this.analyst.plugin} hangs over earlier questions`);
      else if (performance.now() - since > MOST_QUEUED_MS)
        failAll(`${this.analyst.plugin} has not come to it within ${MOST_QUEUED_MS / 1_000} s`);
      else if (this.#apart && models.length > 1) await this.#askApart(job, models, withheld);
      else await this.#askTogether(job, models, withheld);
    }
    this.#working = false;
  }

  /** Waits for the plugin to have answered some of what it has, as long as an answer may take. */
  async #hasRoom(): Promise<boolean> {
    const until = performance.now() + this.#deps.deadlineMs;
    while (this.analyst.waiting >= IN_FLIGHT && !this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#room = resolve;
      const timer = setTimeout(resolve, Math.max(1, until - performance.now()));
      await promise;
      clearTimeout(timer);
      if (performance.now() >= until) return this.analyst.waiting < IN_FLIGHT;
    }
    return true;
  }

  /** Which models are to be asked, once the bars of the past are there. */
  async #choose(job: Job): Promise<{ models: readonly string[]; withheld: readonly Refusal[] }> {
    if (job.kind === 'record') return { models: job.models, withheld: [] };
    await job.series.whenReady();
    const withheld = job.models.flatMap((model) => {
      const reason = job.withheld(model);
      return reason === null ? [] : [{ model, reason }];
    });
    return { models: job.models.filter((id) => !withheld.some(({ model }) => model === id)), withheld };
  }

  /** Resolves when the task has been given; the answer is dealt with when it comes. */
  async #askTogether(job: Job, models: readonly string[], withheld: readonly Refusal[]): Promise<void> {
    const given = this.#give(job, models);
    const settled = given.then(
      async ({ result }) => {
        try {
          this.#finish(job, { ...(await result), withheld });
        } catch (error) {
          await this.#onFailure(job, models, withheld, error);
        }
      },
      (error: unknown) => this.#onFailure(job, models, withheld, error),
    );
    if (job.kind === 'bars') this.#busy.set(job.series, settled);
    await given.catch(() => undefined);
  }

  async #onFailure(job: Job, models: readonly string[], withheld: readonly Refusal[], error: unknown): Promise<void> {
    this.#doubt(job);
    if (codeOf(error) === 'ANALYST_GONE') return;
    const isLate = codeOf(error) === 'ANALYSIS_LATE';
    if (models.length > 1 && !isLate) return this.#askApart(job, models, withheld);
    const failures = models.map((model) => ({ model, reason: wordsOf(error, models) }));
    for (const { model, reason } of failures) this.#fail(model, reason, models.length === 1);
    this.#finish(job, { answers: [], failures, withheld });
  }

  /** One model after the other, so that one that throws is known and the others answer. */
  async #askApart(job: Job, models: readonly string[], withheld: readonly Refusal[]): Promise<void> {
    const answers: ModelAnswer[] = [];
    const failures: Refusal[] = [];
    for (const id of models) {
      if (this.#ended) return;
      try {
        const { result } = await this.#give(job, [id]);
        const one = await result;
        answers.push(...one.answers);
        failures.push(...one.failures);
      } catch (error) {
        this.#doubt(job);
        if (codeOf(error) === 'ANALYST_GONE') return;
        // No fault of the model's: a question about a later bar was quicker.
        if (codeOf(error) !== 'ANALYSIS_OVERTAKEN') this.#fail(id, wordsOf(error, [id]), true);
        failures.push({ model: id, reason: wordsOf(error, [id]) });
      }
    }
    this.#apart = failures.length > 0;
    this.#finish(job, { answers, failures, withheld });
  }

  /** What the models of a plugin know of a series is not known any more. */
  #doubt(job: Job): void {
    if (job.kind === 'bars') this.#given.delete(job.series);
    this.#apart = true;
  }

  /** Gives the task. @returns the answer to come, which rejects where there is none. */
  async #give(job: Job, models: readonly string[]): Promise<{ readonly result: Promise<Omit<JobResult, 'withheld'>> }> {
    const task = job.kind === 'bars' ? await this.#barsTask(job, models) : this.#recordTask(job, models);
    const from = performance.now();
    const answer = withDeadline(this.analyst.ask(task), this.#deps.deadlineMs, this.analyst.plugin).finally(() => this.#freed());
    const result = answer.then((answers) => this.#judged(job, models, answers, performance.now() - from));
    // Whoever is given it waits for it in a turn of its own.
    result.catch(() => undefined);
    return { result };
  }

  async #barsTask(job: BarsJob, models: readonly string[]): Promise<AnalysisTask> {
    const { series, barTime, context } = job;
    const { symbol, widthMs } = series.key;
    const terms = { symbol, digits: series.digits, widthMs };
    let given = this.#given.get(series);
    if (given === undefined || given.epoch !== series.epoch || !series.reaches(given.through)) {
      const { epoch } = series;
      // The bar that is asked about is given by the task itself, so that it is answered as any other.
      const bars = await series.seed(this.#wantOf(widthMs), barTime);
      given = { epoch, through: bars.time.at(-1) ?? -Infinity };
      this.#given.set(series, given);
      withDeadline(this.analyst.ask({ type: 'seed', ...terms, bars }), SEED_DEADLINE_MS, this.analyst.plugin)
        .catch(() => void this.#given.delete(series))
        .finally(() => this.#freed());
    }
    if (given.through > barTime) throw new AnalysisError('ANALYSIS_OVERTAKEN', `a later bar of ${symbol} has been asked about`);
    const bars = series.between(given.through, barTime);
    given.through = Math.max(given.through, bars.time.at(-1) ?? -Infinity);
    return { type: 'bars', ...terms, bars, context, models: [...models] };
  }

  #recordTask({ stream, source, record }: RecordJob, models: readonly string[]): AnalysisTask {
    return { type: 'record', stream, source, record, models: [...models] };
  }

  #wantOf(widthMs: number): number {
    const widths = this.analyst.models.flatMap(({ id, bars }) =>
      bars?.widthMs === widthMs && this.records.get(id)?.allowed === true ? [bars.want] : [],
    );
    return Math.min(MOST_BARS_WANTED, Math.max(1, ...widths));
  }

  #judged(job: Job, models: readonly string[], answers: readonly ModelAnswer[], ms: number): Omit<JobResult, 'withheld'> {
    const good: ModelAnswer[] = [];
    const failures: Refusal[] = [];
    const failed = (model: string, reason: string): void => {
      this.#fail(model, reason, true);
      failures.push({ model, reason });
    };
    const asked =
      job.kind === 'bars' ? { symbol: job.series.key.symbol, at: job.barTime + job.series.key.widthMs } : { symbol: null, at: null };
    for (const answer of answers) {
      const record = models.includes(answer.model) ? this.records.get(answer.model) : undefined;
      if (record === undefined) continue;
      const fault = faultOf(answer, { model: record.description, ...asked });
      if (fault !== null) failed(answer.model, fault);
      else {
        good.push(answer);
        record.answered(answer.abstained !== null, ms);
      }
    }
    if (job.kind === 'bars')
      for (const id of models)
        if (!answers.some(({ model }) => model === id)) failed(id, 'it was asked and gave no answer, not even an abstention');
    return { answers: good, failures };
  }

  #fail(id: string, words: string, alone: boolean): void {
    const record = this.records.get(id);
    if (record?.failed(words, this.#deps.now(), alone) === true) this.#deps.onFailure(record, words);
  }

  #finish(job: Job, result: JobResult): void {
    if (!this.#unanswered.delete(job)) return;
    job.done(result);
    if (this.#unanswered.size === 0) this.#tellIdle();
  }

  #tellIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #freed(): void {
    this.#room?.();
    this.#room = null;
  }
}

function codeOf(error: unknown): AnalysisErrorCode | null {
  return error instanceof AnalysisError ? error.code : null;
}

function wordsOf(error: unknown, models: readonly string[]): string {
  const { message } = error as Error;
  return codeOf(error) === 'ANALYSIS_LATE' && models.length > 1
    ? `${message}; it was asked together with ${models.length - 1} more`
    : message;
}
