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
  | 'backend-refused';

/** What is refused, and what to tell a person of it. Never thrown: a backend that errs is no fault of the host. */
export interface Refused {
  readonly reason: RefusalReason;
  readonly words: string;
}

/** Counts refusals by reason. */
export class RefusalCounts {
  readonly #counts = new Map<RefusalReason, number>();

  /** @returns whether it is the first of its reason. */
  count(reason: RefusalReason): boolean {
    const before = this.#counts.get(reason) ?? 0;
    this.#counts.set(reason, before + 1);
    return before === 0;
  }

  get all(): Readonly<Partial<Record<RefusalReason, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
