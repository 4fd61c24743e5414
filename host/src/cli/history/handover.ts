/** Hands values from one side that is called back to another that asks, one at a time: whoever puts waits until it was taken. */
export class Handover<T> {
  #value: { readonly value: T; readonly taken: () => void } | null = null;
  #ended: { readonly error: Error | null } | null = null;
  #waiting: (() => void) | null = null;

  put(value: T): Promise<void> {
    if (this.#ended !== null) return Promise.resolve();
    return new Promise((taken) => {
      this.#value = { value, taken };
      this.#wake();
    });
  }

  /** Nothing more comes. */
  end(error: Error | null = null): void {
    this.#ended ??= { error };
    this.#wake();
  }

  /** Whoever takes has gone: what is put from now on is dropped. */
  drop(): void {
    this.#value?.taken();
    this.#value = null;
    this.end();
  }

  /** The next value; null at the end. @throws the error that it ended with. */
  async take(): Promise<T | null> {
    for (;;) {
      const held = this.#value;
      if (held !== null) {
        this.#value = null;
        held.taken();
        return held.value;
      }
      if (this.#ended !== null) {
        if (this.#ended.error !== null) throw this.#ended.error;
        return null;
      }
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = null;
  }
}
