import { isSigned, rosterBytes } from '@tickhub/plugin-sdk/agents';
import { AgentAnswer, AgentConsensus, AgentRefusal, AgentRoster } from '@tickhub/plugin-sdk/host';
import type { AgentRequest, AgentsTopic } from '@tickhub/plugin-sdk/host';
import type { AgentPins, KnownAgent } from './agent-pins.ts';
import type { BackendKeys } from './backend-keys.ts';
import { OpenQuestion } from './open-question.ts';
import type { RefusalReason, Refused } from './refusals.ts';

/** What of a running transport is needed: the way to it. */
export interface AgentLink {
  tell(message: { readonly type: 'agents-ask'; readonly request: AgentRequest }): void;
}

export interface AgentLineTerms {
  /** Whose agents they are. */
  readonly authority: string;
  readonly keys: BackendKeys;
  readonly pins: AgentPins;
  readonly onPinned: () => void;
  readonly onRefused: (refused: Refused) => void;
}

/** Closed questions of which late answers are still told from those to no question. */
const REMEMBERED = 64;

/** The way to the backend's agents over whichever transport has a roster; everything that comes back is held against its schema and its question here. */
export class AgentLine {
  readonly #terms: AgentLineTerms;
  readonly #rosters = new Map<AgentLink, readonly KnownAgent[]>();
  readonly #open = new Map<string, OpenQuestion>();
  /** Closed questions by id, and who has answered them. */
  readonly #closed = new Map<string, Set<string>>();
  /** Rises with each roster of a link: an older one that took longer to verify does not replace it. */
  readonly #rosterNumbers = new WeakMap<AgentLink, number>();

  constructor(terms: AgentLineTerms) {
    this.#terms = terms;
  }

  /** Agents that can be asked now. */
  get agents(): readonly KnownAgent[] {
    return [...this.#rosters.values()].at(-1) ?? [];
  }

  /** Asks; the question's time is the caller's affair, who has to {@link close} it. Null where no link has these agents any more. */
  ask(request: AgentRequest, agents: readonly KnownAgent[]): OpenQuestion | null {
    const link = [...this.#rosters.keys()].at(-1);
    if (link === undefined) return null;
    const question = new OpenQuestion(request, agents);
    this.#open.set(request.id, question);
    link.tell({ type: 'agents-ask', request });
    return question;
  }

  close({ request, answers }: OpenQuestion): void {
    this.#open.delete(request.id);
    this.#closed.set(request.id, new Set(answers.keys()));
    const [oldest] = this.#closed.keys();
    if (this.#closed.size > REMEMBERED && oldest !== undefined) this.#closed.delete(oldest);
  }

  /** A transport has stopped. */
  detach(link: AgentLink): void {
    this.#forget(link);
  }

  /** What a backend said, as it came. */
  said(link: AgentLink, topic: AgentsTopic, payload: unknown): void {
    switch (topic) {
      case 'roster':
        if (payload === null) return this.#forget(link);
        return void this.#takeRoster(link, payload);
      case 'answer':
        return this.#takeAnswer(payload);
      case 'consensus': {
        const { data } = AgentConsensus.safeParse(payload);
        if (data === undefined) return this.#refuse('malformed', 'a consensus that is not of the protocol');
        return this.#openOf(data.request, 'consensus')?.end(data);
      }
      case 'refusal': {
        const { data } = AgentRefusal.safeParse(payload);
        if (data === undefined) return this.#refuse('malformed', 'a refusal that is not of the protocol');
        return this.#openOf(data.request, 'refusal')?.end({
          reason: 'backend-refused',
          words: `the backend: ${data.code}: ${data.message}`,
        });
      }
    }
  }

  #openOf(id: string, what: string): OpenQuestion | undefined {
    const open = this.#open.get(id);
    if (open === undefined)
      this.#refuse(
        this.#closed.has(id) ? 'late' : 'wrong-request',
        `a ${what} came ${this.#closed.has(id) ? 'too late' : 'to no question'}`,
      );
    return open;
  }

  #takeAnswer(payload: unknown): void {
    const { data } = AgentAnswer.safeParse(payload);
    if (data === undefined) return this.#refuse('malformed', 'an answer that is not of the protocol');
    const open = this.#open.get(data.request);
    if (open !== undefined) {
      const fault = open.take(data);
      if (fault !== null) this.#terms.onRefused(fault);
      return;
    }
    const answered = this.#closed.get(data.request);
    if (answered === undefined) return this.#refuse('wrong-request', `${data.agent} answered a question that was not asked`, data.agent);
    if (answered.has(data.agent)) return this.#refuse('replayed', `${data.agent} sent an answer again`, data.agent);
    answered.add(data.agent);
    this.#refuse('late', `${data.agent} answered after the deadline`, data.agent);
  }

  async #takeRoster(link: AgentLink, payload: unknown): Promise<void> {
    const number = (this.#rosterNumbers.get(link) ?? 0) + 1;
    this.#rosterNumbers.set(link, number);
    const { data } = AgentRoster.safeParse(payload);
    if (data === undefined) return this.#refuse('malformed', 'a roster of agents that is not of the protocol');
    const key = await this.#terms.keys.find(data.kid);
    if (this.#rosterNumbers.get(link) !== number) return;
    if (key === null) return this.#refuse('roster-unknown-key', "the roster of agents is signed by none of the backend's keys");
    if (!isSigned(rosterBytes(data), data.signature, key))
      return this.#refuse('roster-bad-signature', 'the roster of agents is not signed by the backend');
    const { agents, changed, isNews } = this.#terms.pins.take(this.#terms.authority, data);
    for (const id of changed)
      this.#refuse(
        'key-changed',
        `${id} has another key than before and is not asked; delete agents.json in the tenant's folder if that is right`,
        id,
      );
    if (isNews) this.#terms.onPinned();
    this.#rosters.delete(link);
    this.#rosters.set(link, agents);
  }

  #forget(link: AgentLink): void {
    this.#rosterNumbers.set(link, (this.#rosterNumbers.get(link) ?? 0) + 1);
    this.#rosters.delete(link);
  }

  #refuse(reason: RefusalReason, words: string, agent?: string): void {
    this.#terms.onRefused({ reason, words, ...(agent !== undefined && { agent }) });
  }
}
