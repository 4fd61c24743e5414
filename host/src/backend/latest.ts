/** A value that is not there yet, and changes later: the newest one, a promise of the first one, and listeners. */
export class Latest<T> {
  #value: { readonly is: T } | null = null;
  #arrive: (value: T) => void = () => undefined;
  readonly #first = new Promise<T>((resolve) => (this.#arrive = resolve));
  readonly #listeners = new Set<(value: T) => void>();

  set(value: T): void {
    this.#value = { is: value };
    this.#arrive(value);
    for (const listener of this.#listeners) listener(value);
  }

  /** The newest value, or the first one when there is none yet. */
  get(): Promise<T> {
    return this.#value === null ? this.#first : Promise.resolve(this.#value.is);
  }

  get now(): T | null {
    return this.#value?.is ?? null;
  }

  onSet(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
