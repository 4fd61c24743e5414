import type { Analyst } from './analyst.ts';

type Holder = Pick<Analyst, 'plugin' | 'origin'>;

/**
 * Which plugin a model's id is of where several serve one. A bundled plugin has its ids whoever started first, and while it is down: nobody else is to answer
 * under the name of a model that came with the host. Of two of the user's, the one that had it first, until it is gone.
 */
export class ModelNames {
  readonly #holders = new Map<string, Holder>();

  /** @param current the plugins that serve models now, those that began first before the others. */
  settle(current: readonly Analyst[]): void {
    for (const [id, holder] of this.#holders) if (!keeps(id, holder, current)) this.#holders.delete(id);
    for (const analyst of current) {
      for (const { id } of analyst.models) {
        const holder = this.#holders.get(id);
        const isTaken = holder !== undefined && (holder.origin === 'bundled' || analyst.origin === 'user');
        if (!isTaken) this.#holders.set(id, { plugin: analyst.plugin, origin: analyst.origin });
      }
    }
  }

  /** @returns why a plugin's model of this id is not asked, and what to do about it; null where the id is its own. */
  reasonAgainst(id: string, plugin: string): string | null {
    const holder = this.#holders.get(id);
    if (holder === undefined || holder.plugin === plugin) return null;
    const whose =
      holder.origin === 'bundled'
        ? `the bundled plugin ${holder.plugin} has a model of this id`
        : `the plugin ${holder.plugin} serves one of this id already`;
    return `${id} of the plugin ${plugin} is not asked: ${whose}; give that of ${plugin} another id (a model without code has its plugin's)`;
  }
}

function keeps(id: string, holder: Holder, current: readonly Analyst[]): boolean {
  const running = current.find(({ plugin }) => plugin === holder.plugin);
  return running === undefined ? holder.origin === 'bundled' : running.models.some((model) => model.id === id);
}
