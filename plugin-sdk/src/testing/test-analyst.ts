import type { AnalysisTask, AnalystTerms, ModelAnswer, ModelDescription } from '../protocol/analysis.ts';
import type { AnalystNews } from '../protocol/control.ts';
import type { AnalysisOrder } from '../run/analyst-desk.ts';
import { PluginFault } from '../run/fault.ts';

/** The host's market monitor, in a test's hands: it asks the models that a plugin serves. */
export class TestAnalyst {
  /** What the plugin said of its models; empty until it serves some. */
  models: readonly ModelDescription[] = [];
  readonly #tell: (order: AnalysisOrder) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly ModelAnswer[]>>();
  #lastId = 0;

  constructor(tell: (order: AnalysisOrder) => void) {
    this.#tell = tell;
  }

  /** Says which models may answer; all of them, with 1,000 MiB, when nothing is given. */
  allow(terms: AnalystTerms = { models: this.models.map(({ id }) => ({ id, allowed: true })), cacheBytes: 1_000 * 1_048_576 }): void {
    this.#tell({ type: 'analyst-terms', terms });
  }

  /** Resolves to what the models answer. @throws {PluginFault} with the code and message that the host would be told. */
  ask(task: AnalysisTask): Promise<readonly ModelAnswer[]> {
    const id = ++this.#lastId;
    const answer = Promise.withResolvers<readonly ModelAnswer[]>();
    this.#waiting.set(id, answer);
    this.#tell({ type: 'analyse', id, task });
    return answer.promise;
  }

  /** For the harness: what the plugin said. */
  take(news: AnalystNews): void {
    if (news.type === 'analyst') {
      this.models = news.models;
      return;
    }
    const waiting = this.#waiting.get(news.id);
    this.#waiting.delete(news.id);
    if (news.failure === null) waiting?.resolve(news.answers);
    else waiting?.reject(new PluginFault(news.failure.code, news.failure.message));
  }
}
