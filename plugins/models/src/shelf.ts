import type { AnalystTerms, Log } from '@tickhub/plugin-sdk';
import type { StoredModel } from './model-file.ts';
import type { Runner } from './model.ts';
import { SessionCache } from './sessions/session-cache.ts';
import type { Runtime } from './sessions/runtime.ts';

/** The models that this plugin has, which of them may answer, and their sessions. */
export class Shelf {
  readonly #models: ReadonlyMap<string, StoredModel>;
  readonly #cache: SessionCache;
  readonly #log: Log;
  readonly #allowed = new Set<string>();
  /** Why a model cannot answer although it may. */
  readonly #broken = new Map<string, string>();

  constructor(models: readonly StoredModel[], runtime: Promise<Runtime>, log: Log) {
    this.#models = new Map(models.map((model) => [model.file.id, model]));
    this.#cache = new SessionCache(runtime, 0);
    this.#log = log;
  }

  get sessions(): SessionCache['state'] {
    return this.#cache.state;
  }

  get broken(): ReadonlyMap<string, string> {
    return this.#broken;
  }

  /** How many models there are, and how many of them may answer. */
  get counts(): { readonly models: number; readonly allowed: number } {
    return { models: this.#models.size, allowed: this.#allowed.size };
  }

  mayAnswer(id: string): boolean {
    return this.#allowed.has(id);
  }

  runner(id: string): Runner {
    return {
      run: async (feeds, rows) => {
        const model = this.#models.get(id);
        if (model === undefined) throw new Error(`there is no model ${id}`);
        return (await this.#cache.get(model)).run(feeds, rows);
      },
    };
  }

  /** Makes the sessions of the models that may answer, and lets go of the others. */
  async setTerms({ models, cacheBytes }: AnalystTerms): Promise<void> {
    this.#cache.setBudget(cacheBytes);
    for (const { id, allowed } of models) {
      const model = this.#models.get(id);
      if (model === undefined) continue;
      if (!allowed) {
        this.#allowed.delete(id);
        this.#cache.release(model);
        continue;
      }
      this.#allowed.add(id);
      await this.#open(id, model);
    }
  }

  async #open(id: string, model: StoredModel): Promise<void> {
    try {
      await this.#cache.get(model);
      this.#broken.delete(id);
    } catch (error) {
      const why = (error as Error).message;
      if (this.#broken.get(id) !== why) this.#log.error(why, { model: id });
      this.#broken.set(id, why);
    }
  }
}
