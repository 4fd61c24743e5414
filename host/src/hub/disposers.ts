/** Lets go of one thing. */
export type Disposer = () => void | Promise<void>;

/** A disposer that failed, while the ones below it were still run. */
export interface DisposeFailure {
  readonly label: string;
  readonly error: unknown;
}

/** A stack of labelled disposers: the last one in runs first, each is awaited, and none is skipped because another failed. */
export class DisposerStack {
  readonly #stack: { label: string; dispose: Disposer }[] = [];

  push(label: string, dispose: Disposer): void {
    this.#stack.push({ label, dispose });
  }

  get labels(): readonly string[] {
    return this.#stack.map((entry) => entry.label);
  }

  /** Runs and removes all of them. @returns those that failed, in the order in which they ran. */
  async dispose(): Promise<readonly DisposeFailure[]> {
    const failures: DisposeFailure[] = [];
    for (let entry = this.#stack.pop(); entry !== undefined; entry = this.#stack.pop()) {
      try {
        await entry.dispose();
      } catch (error) {
        failures.push({ label: entry.label, error });
      }
    }
    return failures;
  }
}
