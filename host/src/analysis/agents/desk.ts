import { randomBytes } from 'node:crypto';
import { ModelAnswer } from '@tickhub/plugin-sdk/host';
import type { AgentRequest, Tier } from '@tickhub/plugin-sdk/host';
import type { AgentsStatus } from '../../control/status.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AgentDesk, AgentQuestion, Consensus } from '../agent-desk.ts';
import { faultOfConsensus } from './answer-check.ts';
import { AgentLine } from './agent-line.ts';
import { AgentPins } from './agent-pins.ts';
import type { KnownAgent } from './agent-pins.ts';
import { BackendKeys } from './backend-keys.ts';
import type { KeySetOwner } from './backend-keys.ts';
import { joinAnswers, lieOf } from './join.ts';
import type { KeptState } from './kept-state.ts';
import type { OpenQuestion } from './open-question.ts';
import { isScored } from './realised.ts';
import { RateLimit } from './rate-limit.ts';
import { RefusalCounts } from './refusals.ts';
import type { Refused } from './refusals.ts';
import { Scorekeeper } from './scorekeeper.ts';

/** Time, as a test may have it: `after` runs a task once and gives the way to call it off. */
export interface DeskClock {
  monotonic(): number;
  after(ms: number, task: () => void): () => void;
}

export const systemDeskClock: DeskClock = {
  monotonic: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** What the tier lets one ask. */
export interface AgentAllowance {
  readonly tier: Tier;
  readonly limits: { readonly agents: number; readonly requestsPerSecond: number };
}

export interface DeskTerms {
  readonly backend: KeySetOwner & { readonly authority: string };
  /** Whom the backend knows this tenant as; null before there are credentials. */
  readonly user: () => string | null;
  readonly allowance: () => AgentAllowance;
  readonly kept: KeptState | null;
  /** Called when there is something new to keep. */
  readonly onChange: (state: () => KeptState) => void;
  readonly log: Log;
  readonly clock?: DeskClock;
}

/** Asks the backend's agents, holds what they say against their keys and their record, and merges it with the local answers. */
export class BackendAgentDesk implements AgentDesk {
  readonly line: AgentLine;
  readonly #terms: DeskTerms;
  readonly #clock: DeskClock;
  readonly #pins: AgentPins;
  readonly #keys: BackendKeys;
  readonly #scores = new Scorekeeper();
  readonly #refusals = new RefusalCounts();
  readonly #rate: RateLimit;
  readonly #liars = new Set<string>();
  readonly #counters = { asked: 0, merged: 0, stoodAlone: 0, rateLimited: 0 };

  constructor(terms: DeskTerms) {
    this.#terms = terms;
    this.#clock = terms.clock ?? systemDeskClock;
    this.#rate = new RateLimit(() => this.#clock.monotonic());
    this.#pins = new AgentPins(terms.kept?.pins);
    if (terms.kept !== null) this.#scores.load(terms.kept.record);
    this.#keys = new BackendKeys(terms.backend);
    this.line = new AgentLine({
      authority: terms.backend.authority,
      keys: this.#keys,
      pins: this.#pins,
      onPinned: () => this.#changed(),
      onRefused: (refused) => this.#onRefused(refused),
    });
  }

  get status(): AgentsStatus {
    return { known: this.line.agents.length, ...this.#counters, refusals: this.#refusals.all };
  }

  async coordinate(question: AgentQuestion): Promise<Consensus | null> {
    try {
      const consensus = await this.#coordinate(question);
      this.#counters[consensus === null ? 'stoodAlone' : 'merged']++;
      return consensus;
    } catch (error) {
      this.#counters.stoodAlone++;
      this.#terms.log.warn(`agents could not be asked: ${(error as Error).message}; the local answer stands`);
      return null;
    }
  }

  async #coordinate(question: AgentQuestion): Promise<Consensus | null> {
    const { symbol, market } = question;
    if (this.#scores.learn(symbol, market) > 0) this.#changed();
    const user = this.#terms.user();
    const { limits, tier } = this.#terms.allowance();
    const agents = this.#chosen(question, limits.agents);
    if (user === null || agents.length === 0) return null;
    if (!this.#rate.take(limits.requestsPerSecond)) {
      this.#counters.rateLimited++;
      return null;
    }
    const open = this.line.ask(requestOf(question, user, tier, agents), agents);
    if (open === null) return null;
    this.#counters.asked++;
    const late = Promise.withResolvers<Refused>();
    const cancel = this.#clock.after(question.deadlineMs, () => {
      late.resolve({ reason: 'consensus-missing', words: 'no consensus that could be verified came within the deadline' });
    });
    try {
      // The time to fetch keys, where the backend names a new one, is within the deadline.
      const refused = await Promise.race([this.#judge(open), late.promise]);
      if (refused !== null) {
        this.#onRefused(refused);
        return null;
      }
    } finally {
      cancel();
      this.line.close(open);
    }
    const merged = joinAnswers({ question: open, reason: question.reason, standing: (...key) => this.#scores.standing(...key) });
    this.#note(question, open);
    return merged.length === 0 ? null : { merged, asked: agents.length, allowed: limits.agents };
  }

  /** Why there is no consensus that counts. */
  async #judge(open: OpenQuestion): Promise<Refused | null> {
    const word = await open.ended;
    if ('reason' in word) return word;
    const key = await this.#keys.find(word.kid);
    if (key === null) return { reason: 'consensus-unknown-key', words: "the consensus is signed by none of the backend's keys" };
    return faultOfConsensus(word, open.request, open.answers, key);
  }

  /** As many as the tier allows: those that have proven to help first, then in the roster's order. */
  #chosen({ local }: AgentQuestion, most: number): KnownAgent[] {
    const trust = ({ id, version }: KnownAgent): number =>
      local.reduce((best, { model }) => Math.max(best, this.#scores.standing(id, version, model).trust), 0);
    return this.line.agents
      .map((agent, i) => ({ agent, i, trust: trust(agent) }))
      .sort((a, b) => b.trust - a.trust || a.i - b.i)
      .slice(0, Math.min(most, this.line.agents.length))
      .map(({ agent }) => agent);
  }

  /** For the record, and for a person where a claim is not true. */
  #note({ symbol, at, market, local }: AgentQuestion, { answers }: OpenQuestion): void {
    let isNews = false;
    for (const { agent, version, forecasts, claims } of answers.values()) {
      for (const { question, horizonMs, unit, value, probabilities } of forecasts) {
        const own = local.find(({ model }) => model === question);
        if (own === undefined || own.abstained !== null) continue;
        const terms = { agent, version, question, symbol, widthMs: market.widthMs, at, horizonMs, unit };
        if (this.#scores.note({ ...terms, local: own, forecast: { value, probabilities } })) isNews = true;
        const claim = claims.find((one) => one.question === question);
        const lie = lieOf(claim, this.#scores.standing(agent, version, question));
        if (lie === '') continue;
        this.#refusals.count('false-claim', agent);
        if (this.#liars.has(`${agent} ${question}`)) continue;
        this.#liars.add(`${agent} ${question}`);
        this.#terms.log.warn(`the agent ${agent} ${lie} (${question}); it counts by the latter`);
      }
    }
    if (isNews) this.#changed();
  }

  #onRefused({ reason, words, agent }: Refused): void {
    // Whatever name a backend makes up is not kept: only those of its signed rosters are.
    const known = agent !== undefined && this.#pins.has(this.#terms.backend.authority, agent) ? agent : null;
    // One that does it does it often: said once, counted always.
    if (this.#refusals.count(reason, known))
      this.#terms.log.warn(`agents: ${words}; it does not count. Further ones are only counted (${reason})`, { code: reason });
  }

  #changed(): void {
    this.#terms.onChange(() => ({ format: 1, pins: { ...this.#pins.all }, record: this.#scores.kept }));
  }
}

/** Agents are asked what the market's bars will decide, and told no more: a risk is of the user's positions, and so may be a detail. */
function isAsked({ model, abstained, horizonMs, unit, value, probabilities }: ModelAnswer): boolean {
  if (abstained !== null || model.startsWith('risk')) return false;
  const classes = value === null && probabilities !== null ? Object.keys(probabilities) : null;
  return isScored({ horizonMs, unit, classes });
}

function requestOf(
  { symbol, at, market, local, reason, deadlineMs }: AgentQuestion,
  user: string,
  tier: Tier,
  agents: readonly KnownAgent[],
): AgentRequest {
  const { digits, widthMs, times, closes, features, context } = market;
  return {
    id: randomBytes(16).toString('base64url'),
    user,
    tier,
    market: { symbol, digits, widthMs, times: [...times], closes: [...closes], features: { ...features }, context },
    at,
    local: local.filter((answer) => isAsked(answer)).map((answer) => ({ ...ModelAnswer.strip().parse(answer), details: {} })),
    reason,
    agents: agents.map(({ id }) => id),
    deadlineMs: Math.round(deadlineMs),
  };
}
