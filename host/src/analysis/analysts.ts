import type { Analyst } from './analyst.ts';

type Listener = (analyst: Analyst) => void;

/** The plugins of a tenant that serve models now. During a reload there are two of one plugin; the newest generation is the one to ask. */
export class Analysts {
  readonly #all = new Set<Analyst>();
  readonly #added: Listener[] = [];
  readonly #removed: Listener[] = [];

  /** One for each plugin: its newest. */
  get current(): readonly Analyst[] {
    const newest = new Map<string, Analyst>();
    for (const analyst of this.#all) {
      const other = newest.get(analyst.plugin);
      if (other === undefined || other.generation < analyst.generation) newest.set(analyst.plugin, analyst);
    }
    return [...newest.values()];
  }

  onAdded(listener: Listener): void {
    this.#added.push(listener);
  }

  onRemoved(listener: Listener): void {
    this.#removed.push(listener);
  }

  add(analyst: Analyst): void {
    this.#all.add(analyst);
    for (const listener of this.#added) listener(analyst);
  }

  remove(analyst: Analyst): void {
    if (!this.#all.delete(analyst)) return;
    for (const listener of this.#removed) listener(analyst);
  }
}
