/** Why something that a backend said of agents does not count. */
export type RefusalReason =
  | 'malformed'
  | 'wrong-request'
  | 'wrong-user'
  | 'wrong-symbol'
  | 'wrong-question'
  | 'unknown-agent'
  | 'unasked-agent'
  | 'unknown-key'
  | 'key-changed'
  | 'bad-signature'
  | 'replayed'
  | 'late'
  | 'bad-figures'
  | 'roster-unknown-key'
  | 'roster-bad-signature'
  | 'consensus-unknown-key'
  | 'consensus-bad-signature'
  | 'consensus-wrong-request'
  | 'consensus-forged'
  | 'consensus-missing'
  | 'false-claim'
  | 'backend-refused';

/** What is refused, and what to tell a person of it. Never thrown: a backend that errs is no fault of the host. */
export interface Refused {
  readonly reason: RefusalReason;
  readonly words: string;
  /** Under whose name it came; undefined where it is the backend's own word. */
  readonly agent?: string;
}

/** How often something was refused; `agent` is null for the backend itself, and for names that its rosters never had. */
export interface RefusalCount {
  readonly agent: string | null;
  readonly reason: RefusalReason;
  readonly count: number;
}

/** Counts refusals by agent and reason. */
export class RefusalCounts {
  readonly #counts = new Map<RefusalReason, Map<string | null, number>>();

  /** @returns whether it is the first of its reason. */
  count(reason: RefusalReason, agent: string | null): boolean {
    const before = this.#counts.get(reason);
    const counts = before ?? new Map<string | null, number>();
    this.#counts.set(reason, counts);
    counts.set(agent, (counts.get(agent) ?? 0) + 1);
    return before === undefined;
  }

  get all(): RefusalCount[] {
    return [...this.#counts].flatMap(([reason, counts]) => [...counts].map(([agent, count]) => ({ agent, reason, count })));
  }
}
