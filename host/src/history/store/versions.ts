/**
 * Which rows a reader sees. Each commit has a number; a row is born in one and may die in a later one. A view of commit S sees what was born by S and had not died by then.
 * Dead rows stay in the file only as long as a view that sees them is open.
 */
export class Versions {
  #commit: number;
  /** Commit -> how many views of it are open. */
  readonly #open = new Map<number, number>();

  /** @param commit the last one of the file. */
  constructor(commit: number) {
    this.#commit = commit;
  }

  /** The last commit. */
  get current(): number {
    return this.#commit;
  }

  committed(commit: number): void {
    this.#commit = commit;
  }

  open(): number {
    this.#open.set(this.#commit, (this.#open.get(this.#commit) ?? 0) + 1);
    return this.#commit;
  }

  close(commit: number): void {
    const left = (this.#open.get(commit) ?? 0) - 1;
    if (left > 0) this.#open.set(commit, left);
    else this.#open.delete(commit);
  }

  /** What died by this commit is seen by nobody. */
  get forgotten(): number {
    return Math.min(Infinity, ...this.#open.keys());
  }

  get isObserved(): boolean {
    return this.#open.size > 0;
  }
}
