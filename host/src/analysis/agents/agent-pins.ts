import { publicKeyOf } from '@tickhub/plugin-sdk/agents';
import type { AgentRoster } from '@tickhub/plugin-sdk/host';
import type { KeyObject } from 'node:crypto';

export interface KnownAgent {
  readonly id: string;
  readonly version: string;
  readonly about: string;
  readonly key: KeyObject;
}

/** The keys of agents as they were first seen, by authority and agent. A backend that was taken over could put its own keys under known names: it is not followed. */
export class AgentPins {
  readonly #pins: Map<string, string>;

  constructor(pins: Readonly<Record<string, string>> = {}) {
    this.#pins = new Map(Object.entries(pins));
  }

  get all(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#pins);
  }

  /** Whether a roster of this authority has had the agent. */
  has(authority: string, id: string): boolean {
    return this.#pins.has(nameOf(authority, id));
  }

  /**
   * Pins keys that are new.
   * @param authority whose agents they are: another backend has others of the same names.
   * @returns the agents that count, those whose key is another than it was, and whether anything was pinned.
   */
  take(authority: string, roster: AgentRoster): { readonly agents: KnownAgent[]; readonly changed: string[]; readonly isNews: boolean } {
    const agents: KnownAgent[] = [];
    const changed: string[] = [];
    let isNews = false;
    for (const { id, version, about, key } of roster.agents) {
      const name = nameOf(authority, id);
      const pinned = this.#pins.get(name);
      if (pinned === undefined) {
        this.#pins.set(name, key);
        isNews = true;
      }
      if (pinned !== undefined && pinned !== key) changed.push(id);
      else if (!agents.some((agent) => agent.id === id)) agents.push({ id, version, about, key: publicKeyOf(key) });
    }
    return { agents, changed, isNews };
  }
}

function nameOf(authority: string, id: string): string {
  return `${authority} ${id}`;
}
