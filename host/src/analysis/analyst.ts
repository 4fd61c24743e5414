import type { AnalysisTask, AnalystTerms, ModelAnswer, ModelDescription } from '@tickhub/plugin-sdk/host';
import type { AttachmentMessage, IsolateLink } from '../plugins/attachment.ts';
import type { PluginOrigin } from '../plugins/discovery/inspect.ts';
import { AnalysisError } from './errors.ts';

type Analysed = Extract<AttachmentMessage, { type: 'analysed' }>;

/** The models of one running plugin, as the monitor asks them. */
export class Analyst {
  readonly plugin: string;
  readonly origin: PluginOrigin;
  /** Rises with each isolate of the plugin: after a restart or reload the models know nothing and have to be seeded. */
  readonly generation: number;
  readonly models: readonly ModelDescription[];
  readonly #link: IsolateLink;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly ModelAnswer[]>>();
  #lastId = 0;
  #gone = false;

  constructor(link: IsolateLink, models: readonly ModelDescription[]) {
    this.plugin = link.manifest.id;
    this.origin = link.origin;
    this.generation = link.generation;
    this.models = models;
    this.#link = link;
  }

  /** Tasks that are not answered yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  setTerms(terms: AnalystTerms): void {
    if (!this.#gone) this.#link.tell({ type: 'analyst-terms', terms });
  }

  /**
   * Asks; tasks are answered in the order in which they are given.
   * @throws {AnalysisError} ANALYST_GONE when the plugin ended before it answered; ANALYSIS_FAILED with what it threw.
   */
  ask(task: AnalysisTask): Promise<readonly ModelAnswer[]> {
    if (this.#gone) return Promise.reject(this.#goneError());
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<readonly ModelAnswer[]>();
    this.#waiting.set(id, answer);
    this.#link.tell({ type: 'analyse', id, task });
    return answer.promise;
  }

  /** For the attachment: an answer has come. */
  take({ id, answers, failure }: Analysed): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    if (failure === null) waiting.resolve(answers);
    else
      waiting.reject(
        new AnalysisError('ANALYSIS_FAILED', `${this.plugin}: ${failure.message}`, { plugin: this.plugin, cause: failure.code }),
      );
  }

  /** For the attachment: the isolate has ended. */
  end(): void {
    this.#gone = true;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#goneError());
    this.#waiting.clear();
  }

  #goneError(): AnalysisError {
    return new AnalysisError('ANALYST_GONE', `${this.plugin} has ended; its models answer again when it is back`, { plugin: this.plugin });
  }
}
