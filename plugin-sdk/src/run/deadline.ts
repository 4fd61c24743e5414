import { PluginFault } from './fault.ts';

/** One span of time for several steps. */
export class Deadline {
  readonly #ms: number;
  readonly #code: string;
  readonly #over = Promise.withResolvers<void>();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, code: string) {
    this.#ms = ms;
    this.#code = code;
    this.#timer = setTimeout(() => this.#over.resolve(), ms);
  }

  /** Rejects with the code when the time is over before the work is done. */
  async race<T>(work: Promise<T>, what: string): Promise<T> {
    const late = this.#over.promise.then(() => {
      throw new PluginFault(this.#code, `${what} within ${this.#ms} ms`);
    });
    // What loses the race may reject later, and nobody waits for it any more.
    late.catch(() => undefined);
    work.catch(() => undefined);
    return await Promise.race([work, late]);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
