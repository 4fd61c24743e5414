import type { StoredModel } from '../model-file.ts';
import { Network } from './network.ts';
import type { Runtime } from './runtime.ts';

/** What a session takes besides its weights, measured roughly: graph, arena, plans. */
export const SESSION_OVERHEAD_BYTES = 2 * 1_048_576;

interface Entry {
  readonly network: Promise<Network>;
  readonly bytes: number;
}

/**
 * Sessions by model, version and sha256, the least lately used first to go when they are over their budget. One that is larger than the whole budget is
 * made, used and let go again: slow, and still an answer.
 */
export class SessionCache {
  readonly #runtime: Promise<Runtime>;
  /** In order of use, the latest last. */
  readonly #entries = new Map<string, Entry>();
  #budget: number;
  #bytes = 0;
  #made = 0;

  constructor(runtime: Promise<Runtime>, budgetBytes: number) {
    this.#runtime = runtime;
    this.#budget = budgetBytes;
  }

  /** Sessions that are there, what they take, and how many were made so far. */
  get state(): { readonly sessions: number; readonly bytes: number; readonly made: number } {
    return { sessions: this.#entries.size, bytes: this.#bytes, made: this.#made };
  }

  setBudget(bytes: number): void {
    this.#budget = bytes;
    this.#shrink(null);
  }

  /** The session of a model, made where there is none. @throws {ModelError} MODEL_REFUSED, NO_RUNTIME */
  async get(model: StoredModel): Promise<Network> {
    const key = keyOf(model);
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found.network;
    }
    const entry: Entry = { network: this.#open(model), bytes: model.onnx.byteLength + SESSION_OVERHEAD_BYTES };
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    this.#shrink(key);
    try {
      return await entry.network;
    } catch (error) {
      this.#drop(key);
      throw error;
    }
  }

  /** Lets go of all sessions of a model: its tier is gone. */
  release(model: StoredModel): void {
    this.#drop(keyOf(model));
  }

  async #open(model: StoredModel): Promise<Network> {
    const network = await Network.open(model, await this.#runtime);
    this.#made++;
    return network;
  }

  #shrink(kept: string | null): void {
    for (const key of this.#entries.keys()) {
      if (this.#bytes <= this.#budget) return;
      if (key !== kept) this.#drop(key);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    // Runs that are under way hold it; the runtime frees it after them.
    void entry.network.then((network) => network.release()).catch(() => undefined);
  }
}

function keyOf({ file }: StoredModel): string {
  return `${file.id}@${file.version}#${file.sha256}`;
}
