/** Takes steps, one at a time, until there is nothing left to do; begins again whenever it is kicked. Kicks during a step count as one. */
export class StepLoop {
  readonly #step: () => boolean | Promise<boolean>;
  readonly #onError: (error: unknown) => void;
  #kicked = false;
  #running: Promise<void> | null = null;

  /**
   * @param step takes one step; answers whether it did something.
   * @param onError told what a step threw. The loop then rests until it is kicked again.
   */
  constructor(step: () => boolean | Promise<boolean>, onError: (error: unknown) => void) {
    this.#step = step;
    this.#onError = onError;
  }

  /** Whether no step is being taken. */
  get idle(): boolean {
    return this.#running === null;
  }

  kick(): void {
    this.#kicked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#kicked) this.kick();
    });
  }

  /** Resolves when there is nothing left to do. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    // Not within the call that changed something: that may be in the middle of more.
    await Promise.resolve();
    while (this.#kicked) {
      this.#kicked = false;
      try {
        if (await this.#step()) this.#kicked = true;
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
