import { describe, expect, it } from 'vitest';
import { badAgents, conductedAgent } from '../../../../test/counterparts/agents/bad-agents.ts';
import type { Agent } from '../../../../test/counterparts/agents/bad-agents.ts';
import { AT, localVolatility, marketOf } from '../../../../test/counterparts/agents/question.ts';
import { ScriptedHall } from '../../../../test/counterparts/agents/scripted-hall.ts';
import type { Message } from '../../../../test/counterparts/agents/scripted-hall.ts';
import type { AgentRequest, Tier } from '@tickhub/plugin-sdk/host';
import { TIER_LIMITS } from '../../entitlement/limits.ts';
import { memoryLog } from '../../tenant/tenant.fixture.ts';
import type { AgentQuestion } from '../agent-desk.ts';
import type { AgentLink } from './agent-line.ts';
import { BackendAgentDesk } from './desk.ts';
import type { DeskTerms } from './desk.ts';

const question: AgentQuestion = {
  symbol: 'EURUSD',
  at: AT,
  market: marketOf(),
  local: [localVolatility(0.5)],
  reason: 'volatility',
  deadlineMs: 2_000,
};

/** A desk whose backend is the hall, through a wire on which a test may change and hold back what is said. Time stands still until it is told. */
async function setUp(
  agents: readonly Agent[],
  { tier = 'enterprise' as Tier, wire = (message: Message) => [message], over = {} as Partial<DeskTerms> } = {},
) {
  const hall = new ScriptedHall(agents);
  const timers = new Set<() => void>();
  const log = memoryLog();
  const asked: AgentRequest[] = [];
  const kept: Parameters<DeskTerms['onChange']>[0][] = [];
  const keys = { jwks: hall.jwks };
  const desk = new BackendAgentDesk({
    backend: { authority: 'test', verifier: async () => keys, freshVerifier: async () => keys },
    user: () => 'trader',
    allowance: () => ({ tier, limits: TIER_LIMITS[tier] }),
    kept: null,
    onChange: (state) => kept.push(state),
    log,
    clock: {
      monotonic: () => 0,
      after(_ms, task) {
        timers.add(task);
        return () => timers.delete(task);
      },
    },
    ...over,
  });
  const link: AgentLink = {
    tell({ request }) {
      asked.push(request);
      hall.ask(
        request,
        (message) => {
          for (const one of wire(message)) desk.line.said(link, one.topic, one.payload);
        },
        tier,
      );
    },
  };
  desk.line.said(link, 'roster', hall.hall.roster);
  await new Promise(setImmediate);
  /** The deadline is over. */
  const expire = (): void => {
    for (const task of timers) task();
  };
  return { hall, desk, link, log, asked, kept, expire };
}

/** Of an agent, or of the backend: how often what was refused, by reason. */
const refusedOf = (desk: BackendAgentDesk, name: string | null): Record<string, number> =>
  Object.fromEntries(desk.status.refusals.filter(({ agent }) => agent === name).map(({ reason, count }) => [reason, count]));

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};

describe('BackendAgentDesk', () => {
  it('merges what agents say, and says what came from where', async () => {
    const { desk } = await setUp([conductedAgent('a'), conductedAgent('b', { factor: 2 })]);
    const consensus = await desk.coordinate(question);
    expect(consensus).toMatchObject({ asked: 2, allowed: Infinity });
    const [merged] = consensus?.merged ?? [];
    // Nobody has proven anything yet: the local figure stands, and each agent's is shown beside it.
    expect(merged).toMatchObject({
      kind: 'consensus',
      question: 'volatility_v1',
      symbol: 'EURUSD',
      at: AT,
      value: 0.5,
      unit: '%',
      reason: 'volatility',
    });
    expect(merged?.contributions).toMatchObject([
      { from: 'local', state: 'used', weight: 1, value: 0.5 },
      { from: 'a', state: 'unproven', weight: 0, value: 0.55 },
      { from: 'b', state: 'unproven', weight: 0, value: 1 },
    ]);
    expect(desk.status).toMatchObject({ asked: 1, merged: 1, stoodAlone: 0 });
  });

  it.each([
    ['free', 1],
    ['pro', 5],
    ['enterprise', 7],
  ] as const)('asks as many as the tier %s allows: %i of 7', async (tier, count) => {
    const { desk, asked } = await setUp(
      Array.from({ length: 7 }, (_, i) => conductedAgent(`a${i}`)),
      { tier },
    );
    expect((await desk.coordinate(question))?.asked).toBe(count);
    expect(asked[0]?.agents).toHaveLength(count);
  });

  it('tells agents nothing of positions: no risk, no details', async () => {
    const { desk, asked } = await setUp([conductedAgent('a')]);
    const risk = localVolatility(2, { model: 'risk_v2', details: { equity: 1_000 } });
    await desk.coordinate({ ...question, local: [localVolatility(0.5, { details: { margin: 12 } }), risk] });
    expect(asked[0]?.local).toMatchObject([{ model: 'volatility_v1', details: {} }]);
    expect(asked[0]?.local).toHaveLength(1);
  });

  it('lets the local answer stand at the deadline when the backend says nothing', async () => {
    const { desk, expire } = await setUp([conductedAgent('a')], { wire: () => [] });
    const answer = desk.coordinate(question);
    await settle();
    expire();
    expect(await answer).toBeNull();
    expect(desk.status).toMatchObject({ refusals: [{ agent: null, reason: 'consensus-missing', count: 1 }], stoodAlone: 1 });
  });

  it('has the answer of the others where one is silent, slow or throws', async () => {
    const { promise: slowly, resolve: hurry } = Promise.withResolvers<void>();
    const { desk } = await setUp([conductedAgent('good'), badAgents.silent(), badAgents.slow(slowly), badAgents.throwing()]);
    // The hall's own seal falls at 70 % of it, in real time.
    const consensus = await desk.coordinate({ ...question, deadlineMs: 100 });
    expect(consensus?.merged[0]?.contributions.map(({ from, state }) => [from, state])).toEqual([
      ['local', 'used'],
      ['good', 'unproven'],
      ['silent', 'silent'],
      ['slow', 'silent'],
      ['throwing', 'silent'],
    ]);
    hurry();
  });

  it('leaves out who signs badly, answers another question or makes no sense; the hall does not pass them on', async () => {
    const { desk } = await setUp([conductedAgent('good'), badAgents.badlySigned(), badAgents.elsewhere(), badAgents.senseless()]);
    const consensus = await desk.coordinate(question);
    expect(consensus?.merged[0]?.contributions.map(({ from, state }) => [from, state])).toEqual([
      ['local', 'used'],
      ['badly-signed', 'silent'],
      ['elsewhere', 'silent'],
      ['good', 'unproven'],
      ['senseless', 'silent'],
    ]);
  });

  it.each([
    ['bad-signature', (answer: Message) => ({ ...answer, payload: { ...answer.payload, signature: 'A'.repeat(86) } })],
    ['wrong-user', (answer: Message) => ({ ...answer, payload: { ...answer.payload, user: 'other' } })],
    ['wrong-request', (answer: Message) => ({ ...answer, payload: { ...answer.payload, request: 'C'.repeat(22) } })],
    ['unasked-agent', (answer: Message) => ({ ...answer, payload: { ...answer.payload, agent: 'nobody' } })],
    ['unknown-key', (answer: Message) => ({ ...answer, payload: { ...answer.payload, version: '2.0.0' } })],
    ['malformed', (answer: Message) => ({ ...answer, payload: { ...answer.payload, forecasts: 'none' } })],
  ])('refuses an answer changed on its way as %s, and the consensus that counts it', async (reason, change) => {
    const { desk } = await setUp([conductedAgent('a')], {
      wire: (message) => [message.topic === 'answer' ? (change(message) as unknown as Message) : message],
    });
    expect(await desk.coordinate(question)).toBeNull();
    const agent = ['unasked-agent', 'malformed'].includes(reason) ? null : 'a';
    const refusals = [
      { agent, reason, count: 1 },
      { agent: null, reason: 'consensus-forged', count: 1 },
    ];
    expect(desk.status).toMatchObject({ refusals, stoodAlone: 1 });
  });

  it('refuses a consensus that the backend forged: figures, answers that are not there, another question', async () => {
    const forge = async (over: (of: Extract<Message, { topic: 'consensus' }>['payload']) => object) => {
      const made: { hall?: ScriptedHall } = {};
      const { desk, hall } = await setUp([conductedAgent('a'), conductedAgent('b')], {
        wire: (message) =>
          message.topic === 'consensus'
            ? [{ topic: 'consensus', payload: made.hall?.forge(message.payload, over(message.payload)) ?? message.payload }]
            : [message],
      });
      made.hall = hall;
      expect(await desk.coordinate(question)).toBeNull();
      return refusedOf(desk, null);
    };
    expect(await forge(({ combined }) => ({ combined: combined.map((one) => ({ ...one, value: 0.9 })) }))).toMatchObject({
      'consensus-forged': 1,
    });
    expect(await forge(({ answers }) => ({ answers: answers.slice(1) }))).toMatchObject({ 'consensus-forged': 1 });
    expect(await forge(({ answers }) => ({ answers: [...answers, { agent: 'ghost', digest: 'A'.repeat(43) }] }))).toMatchObject({
      'consensus-forged': 1,
    });
    expect(await forge(() => ({ symbol: 'USDJPY' }))).toMatchObject({ 'consensus-wrong-request': 1 });
    expect(await forge(() => ({ kid: 'k2' }))).toMatchObject({ 'consensus-unknown-key': 1 });
  });

  it('refuses a consensus whose signature is not that of the backend', async () => {
    const { desk } = await setUp([conductedAgent('a')], {
      wire: (message) => [
        message.topic === 'consensus' ? { topic: 'consensus', payload: { ...message.payload, signature: 'A'.repeat(86) } } : message,
      ],
    });
    expect(await desk.coordinate(question)).toBeNull();
    expect(refusedOf(desk, null)).toEqual({ 'consensus-bad-signature': 1 });
  });

  it('counts what is said again, or after the deadline, and takes none of it', async () => {
    const { promise: slowly, resolve: hurry } = Promise.withResolvers<void>();
    const held: Message[] = [];
    const { desk, link, expire } = await setUp([conductedAgent('a'), badAgents.slow(slowly)], {
      wire: (message) => {
        held.push(message);
        return message.topic === 'answer' ? [message, message] : [];
      },
    });
    const answer = desk.coordinate(question);
    await settle();
    expect(refusedOf(desk, 'a')).toEqual({ replayed: 1 });
    expire();
    expect(await answer).toBeNull();
    hurry();
    await settle();
    for (const { topic, payload } of held) desk.line.said(link, topic, payload);
    expect(refusedOf(desk, 'slow')['late']).toBeGreaterThanOrEqual(1);
    expect(refusedOf(desk, 'a')['replayed']).toBeGreaterThanOrEqual(2);
  });

  it('does not ask an agent whose key has changed, nor a backend whose roster is not its own', async () => {
    const first = await setUp([conductedAgent('a')]);
    const state = first.kept.at(-1)?.() ?? null;
    const second = await setUp([conductedAgent('a'), conductedAgent('b')], { over: { kept: state } });
    expect(second.desk.status).toMatchObject({ refusals: [{ agent: 'a', reason: 'key-changed', count: 1 }], known: 1 });
    const third = await setUp([conductedAgent('a')]);
    const foreign = new ScriptedHall([conductedAgent('z')]).hall.roster;
    third.desk.line.said(third.link, 'roster', foreign);
    await settle();
    expect(refusedOf(third.desk, null)).toEqual({ 'roster-bad-signature': 1 });
    expect(third.desk.line.agents.map(({ id }) => id)).toEqual(['a']);
  });

  it('asks nobody while the link is down, nor more often than the tier may', async () => {
    const { desk, link, asked } = await setUp([conductedAgent('a')], { tier: 'free' });
    for (let i = 0; i < 12; i++) await desk.coordinate(question);
    expect(asked).toHaveLength(TIER_LIMITS.free.requestsPerSecond);
    expect(desk.status).toMatchObject({ rateLimited: 2 });
    desk.line.said(link, 'roster', null);
    expect(await desk.coordinate(question)).toBeNull();
    expect(desk.line.agents).toEqual([]);
  });

  it('weighs agents by its own record, finds the liar out, and keeps the wrong one from doing harm', async () => {
    const HOUR = 3_600_000;
    const { desk, log } = await setUp([conductedAgent('good', { factor: 1 / 1.4 }), badAgents.lying(), badAgents.wrong()]);
    const closes = Array.from({ length: 24 * 50 }, (_, i) => 1.1 * Math.exp(0.001 * Math.sin(i * i)));
    let last: Awaited<ReturnType<typeof desk.coordinate>> = null;
    for (let day = 1; day < 45; day++) {
      const at = AT + day * 24 * HOUR;
      const window = closes.slice(day * 24, day * 24 + 120);
      // What is realised in the day that follows: the local forecast is 1.4 times it, with some noise.
      let sum = 0;
      for (let i = 119; i < 143; i++) sum += Math.log((closes[day * 24 + i + 1] ?? 1) / (closes[day * 24 + i] ?? 1)) ** 2;
      const value = 100 * Math.sqrt(sum || 1e-5) * (1.4 + (day % 3) / 20);
      if (day * 24 + 144 > closes.length) break;
      last = await desk.coordinate({ ...question, at, market: marketOf(at, window), local: [localVolatility(value, { at })] });
    }
    const by = Object.fromEntries(last?.merged[0]?.contributions.map((one) => [one.from, one]) ?? []);
    expect(by['good']).toMatchObject({ state: 'used' });
    expect(by['good']?.weight).toBeGreaterThan(0.3);
    expect(by['lying']).toMatchObject({ state: 'unproven', weight: 0 });
    expect(by['lying']?.reason).toContain('claims a loss of 0.001');
    expect(by['wrong']).toMatchObject({ state: 'unproven', weight: 0 });
    expect(log.lines.filter(({ message }) => message.includes('the agent lying claims'))).toHaveLength(1);
    expect(refusedOf(desk, 'lying')['false-claim']).toBeGreaterThan(1);
    expect(refusedOf(desk, 'good')).toEqual({});
    const { value = null } = last?.merged[0] ?? {};
    expect(value).toBeLessThan(by['local']?.value ?? 0);
  });
});
