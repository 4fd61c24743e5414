import type { KeyObject } from 'node:crypto';
import { AgentRequest } from '@tickhub/plugin-sdk';
import type { AgentAnswer, AgentConsensus, AgentRefusal, AgentRoster } from '@tickhub/plugin-sdk';
import {
  answerBytes,
  answerDigest,
  combineForecasts,
  consensusBytes,
  faultOfForecast,
  isSigned,
  publicKeyOf,
  rosterBytes,
  signBytes,
} from '@tickhub/plugin-sdk/agents';
import type { Agent } from './agent.ts';
import { ToldRecords } from './told-records.ts';
import type { AskAllowance } from './ask-allowance.ts';

/** The consensus is sealed when this much of the question's time is over: its way back takes some as well. */
const SEALED_AT = 0.7;
const MOST_USERS = 10_000;

/** What an agent hall says to whoever asked. */
export interface Asker {
  readonly user: string;
  readonly allowance: AskAllowance;
  answer(answer: AgentAnswer): void;
  consensus(consensus: AgentConsensus): void;
  refuse(refusal: AgentRefusal): void;
}

/** The gateway's agents: asks those that a question names, checks and passes on what they answer, and seals it. */
export class AgentHall {
  readonly roster: AgentRoster;
  readonly #agents: ReadonlyMap<string, Agent>;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #kid: string;
  readonly #key: KeyObject;
  readonly #told = new Map<string, ToldRecords>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param key the gateway's own, private; it is in the key set under `kid`. */
  constructor(agents: readonly Agent[], kid: string, key: KeyObject) {
    this.#agents = new Map(agents.map((agent) => [agent.id, agent]));
    this.#keys = new Map(agents.map((agent) => [agent.id, publicKeyOf(agent.key)]));
    this.#kid = kid;
    this.#key = key;
    const roster = { protocol: 1 as const, agents: agents.map(({ id, version, about, key: x }) => ({ id, version, about, key: x })), kid };
    this.roster = { ...roster, signature: signBytes(rosterBytes(roster), this.#key) };
  }

  /** Records that a user's host delivered, for the agents that look at them. */
  tell(user: string, stream: string, records: readonly Readonly<Record<string, unknown>>[]): void {
    let told = this.#told.get(user);
    if (told === undefined) {
      if (this.#told.size >= MOST_USERS) return;
      this.#told.set(user, (told = new ToldRecords()));
    }
    told.take(stream, records);
  }

  /** @param payload of an `agents-ask`. What cannot be understood as far as its id is passed over in silence: there is nobody to answer. */
  ask(payload: unknown, asker: Asker): void {
    const parsed = AgentRequest.safeParse(payload);
    const refuse = (request: string, code: AgentRefusal['code'], message: string): void =>
      asker.refuse({ request, code, message: message.slice(0, 300) });
    if (!parsed.success) {
      const id = idOf(payload);
      if (id !== null) refuse(id, 'BAD_REQUEST', parsed.error.issues[0]?.path.join('.') ?? '');
      return;
    }
    const request = parsed.data;
    const unknown = request.agents.find((id) => !this.#agents.has(id));
    const { most } = asker.allowance;
    if (request.user !== asker.user) refuse(request.id, 'BAD_REQUEST', "user: not the connection's");
    else if (unknown !== undefined) refuse(request.id, 'UNKNOWN_AGENT', `there is no agent ${unknown}`);
    else if (new Set(request.agents).size > most || request.agents.length > this.#agents.size)
      refuse(request.id, 'TOO_MANY_AGENTS', `${request.agents.length} agents were asked, the subscription has ${most}`);
    else if (!asker.allowance.take()) refuse(request.id, 'TOO_MANY_REQUESTS', 'more questions a second than the subscription has');
    else void this.#answer(request, asker);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #answer(request: AgentRequest, asker: Asker): Promise<void> {
    const told = this.#told.get(request.user) ?? new ToldRecords();
    const answers = new Map<string, AgentAnswer>();
    const without = new Map(request.agents.map((agent) => [agent, 'it gave no answer in time']));
    let sealed = false;
    const working = [...without.keys()].map(async (id) => {
      const agent = this.#agents.get(id);
      if (agent === undefined) return;
      try {
        const answer = await agent.answer(request, told);
        const fault = this.#faultOf(answer, agent, request);
        if (sealed) return;
        if (fault === null) {
          answers.set(id, answer);
          without.delete(id);
          asker.answer(answer);
        } else without.set(id, fault);
      } catch (error) {
        without.set(id, `it failed: ${(error as Error).message}`.slice(0, 300));
      }
    });
    await this.#before(request.deadlineMs * SEALED_AT, Promise.all(working));
    sealed = true;
    asker.consensus(this.#seal(request, answers, without));
  }

  /** A backend that passes on what it has not checked is not believed in anything: an agent whose key does not fit, or whose figures cannot be, is left out. */
  #faultOf(answer: AgentAnswer, { id, version }: Agent, request: AgentRequest): string | null {
    const key = this.#keys.get(id);
    if (answer.agent !== id || answer.version !== version || answer.request !== request.id) return 'it answered something else';
    if (key === undefined || !isSigned(answerBytes(answer), answer.signature, key)) return 'its answer is not signed with its key';
    return answer.forecasts.map(faultOfForecast).find((fault) => fault !== null) ?? null;
  }

  #seal(
    { id, user, market, at }: AgentRequest,
    answers: ReadonlyMap<string, AgentAnswer>,
    without: ReadonlyMap<string, string>,
  ): AgentConsensus {
    const order = [...answers.values()].sort((a, b) => (a.agent < b.agent ? -1 : 1));
    const consensus = {
      request: id,
      user,
      symbol: market.symbol,
      at,
      answers: order.map((answer) => ({ agent: answer.agent, digest: answerDigest(answer) })),
      combined: combineForecasts(order),
      without: [...without].map(([agent, reason]) => ({ agent, reason })),
      kid: this.#kid,
    };
    return { ...consensus, signature: signBytes(consensusBytes(consensus), this.#key) };
  }

  /** Resolves when the work is done, or the time is over. */
  async #before(ms: number, work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#timers.add(timer);
    await Promise.race([work, promise]);
    clearTimeout(timer);
    this.#timers.delete(timer);
  }
}

function idOf(payload: unknown): string | null {
  const id = AgentRequest.shape.id.safeParse(typeof payload === 'object' && payload !== null && 'id' in payload ? payload.id : undefined);
  return id.success ? id.data : null;
}
