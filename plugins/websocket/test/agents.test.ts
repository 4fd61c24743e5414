import { afterEach, describe, expect, it } from 'vitest';
import { AgentConsensus, AgentRoster } from '@tickhub/plugin-sdk';
import { consensusBytes, isSigned, publicKeyOf, rosterBytes } from '@tickhub/plugin-sdk/agents';
import { badAgents, conductedAgent } from '../../../test/counterparts/agents/bad-agents.ts';
import { localVolatility, requestFor } from '../../../test/counterparts/agents/question.ts';
import type { GatewayOptions } from '../src/gateway/gateway.ts';
import { RunningGateway } from './running-gateway.ts';
import { RunningLink } from './running-link.ts';
import { SimulatedSpool } from './simulated-spool.ts';
import { until } from './until.ts';

const DAY = 86_400_000;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function connected(over: Partial<GatewayOptions> = {}, tier: 'free' | 'pro' | 'enterprise' = 'pro') {
  const gateway = await RunningGateway.start(over);
  stops.push(() => gateway.stop());
  const token = await gateway.gateway.tokens.issueToken({ userId: 'trader', tier, expiresIn: 3_600 });
  const spool = new SimulatedSpool();
  const link = new RunningLink({ spool, url: gateway.url(), token });
  stops.push(() => link.stop());
  const { agents } = link;
  await until('the roster', () => agents.of('roster').length > 0);
  const key = publicKeyOf(String(gateway.gateway.tokens.jwks.keys[0]?.x));
  return { gateway, link, spool, agents, key, roster: AgentRoster.parse(agents.of('roster')[0]) };
}

describe('agents over the link', () => {
  it('are named in a roster that the backend has signed, and answer a question that frames pass by', async () => {
    const { agents, roster, key, spool } = await connected();
    expect(roster.agents.map(({ id }) => id)).toEqual(['har-garch-bench', 'carry-calendar', 'contrarian-social']);
    expect(isSigned(rosterBytes(roster), roster.signature, key)).toBe(true);
    for (let i = 0; i < 20; i++) spool.appendTicks(50);
    const request = requestFor(roster.agents.map(({ id }) => id));
    agents.ask(request);
    for (let i = 0; i < 20; i++) spool.appendTicks(50);
    await until('the consensus', () => agents.of('consensus').length > 0);
    await spool.settled();
    const consensus = AgentConsensus.parse(agents.of('consensus')[0]);
    expect(isSigned(consensusBytes(consensus), consensus.signature, key)).toBe(true);
    expect(consensus).toMatchObject({ request: request.id, symbol: 'EURUSD', without: [] });
    expect(agents.of('answer')).toHaveLength(3);
    expect(consensus.combined).toMatchObject([{ question: 'volatility_v1', unit: '%' }]);
    // A walk whose hours move by a tenth of a percent: half a percent a day.
    expect(consensus.combined[0]?.value).toBeGreaterThan(0.2);
    expect(consensus.combined[0]?.value).toBeLessThan(1.5);
  });

  it('keep their keys over a restart of the gateway', async () => {
    const first = await connected();
    const keys = first.roster.agents.map(({ key }) => key);
    await first.link.stop();
    const { dataDir } = first.gateway;
    await first.gateway.gateway.close();
    const second = await connected({ dataDir });
    expect(second.roster.agents.map(({ key }) => key)).toEqual(keys);
  });

  it('are as many as the token says, whatever the request says of the tier', async () => {
    const ids = Array.from({ length: 7 }, (_, i) => `a${i}`);
    const few = [
      ['free', 1],
      ['pro', 5],
      ['enterprise', 7],
    ] as const;
    for (const [tier, most] of few) {
      const { agents } = await connected({ agents: ids.map((id) => conductedAgent(id)) }, tier);
      agents.ask(requestFor(ids.slice(0, most), { tier: 'enterprise' }));
      await until('the consensus', () => agents.of('consensus').length === 1);
      if (most === 7) continue;
      agents.ask(requestFor(ids.slice(0, most + 1), { tier: 'enterprise' }));
      await until('the refusal', () => agents.of('refusal').length === 1);
      expect(agents.of('refusal')).toMatchObject([{ code: 'TOO_MANY_AGENTS' }]);
    }
  });

  it('that are silent, slow or badly signed cost nobody the answer', async () => {
    const { promise: slowly, resolve: hurry } = Promise.withResolvers<void>();
    stops.push(async () => hurry());
    const list = [conductedAgent('good'), badAgents.silent(), badAgents.slow(slowly), badAgents.badlySigned(), badAgents.throwing()];
    const { agents } = await connected({ agents: list });
    agents.ask(
      requestFor(
        list.map(({ id }) => id),
        { deadlineMs: 200 },
      ),
    );
    await until('the consensus', () => agents.of('consensus').length > 0);
    const { answers, without } = AgentConsensus.parse(agents.of('consensus')[0]);
    expect(answers.map(({ agent }) => agent)).toEqual(['good']);
    expect(without.map(({ agent }) => agent).sort()).toEqual(['badly-signed', 'silent', 'slow', 'throwing']);
    expect(without.find(({ agent }) => agent === 'badly-signed')?.reason).toContain('not signed with its key');
  });

  it('refuse what is no question, another user and agents that there are not; the connection stays', async () => {
    const { agents, link } = await connected();
    agents.ask(requestFor(['nobody']));
    agents.ask(requestFor(['har-garch-bench'], { user: 'other' }));
    agents.ask({ ...requestFor(['har-garch-bench']), deadlineMs: -1 });
    await until('the refusal', () => agents.of('refusal').length === 3);
    expect(agents.of('refusal')).toMatchObject([{ code: 'UNKNOWN_AGENT' }, { code: 'BAD_REQUEST' }, { code: 'BAD_REQUEST' }]);
    expect(link.link.status().counters['connected']).toBe(1);
  });

  it('lean against a crowd of one mind and with the carry, as far as the records delivered say', async () => {
    const { agents, spool } = await connected();
    const direction = localVolatility(0, {
      model: 'trend_v1',
      value: null,
      unit: null,
      probabilities: { up: 0.5, down: 0.5 },
    });
    const request = requestFor(['carry-calendar', 'contrarian-social'], { local: [direction] });
    const mood = {
      kind: 'aggregate',
      network: 'all',
      windowMs: 3_600_000,
      posts: 40,
      authors: 30,
      bullish: 30,
      bearish: 5,
      neutral: 5,
      spam: 0,
    };
    const rate = (event: string, currency: string, title: string, value: number) => ({
      seq: 1,
      time: request.at - DAY,
      body: {
        kind: 'result',
        event,
        title,
        currency,
        impact: 'high',
        scheduledAt: request.at - DAY,
        timed: true,
        forecast: null,
        previous: null,
        actual: { text: `${value}%`, value },
        symbols: [],
        provider: 'test',
      },
    });
    const posts = {
      seq: 1,
      time: request.at - 60_000,
      symbol: 'EURUSD',
      body: { ...mood, sentiment: 0.8, deviation: null, volumeRatio: null, coverage: 1 },
    };
    spool.appendRecords({ stream: 'social', source: 'social', records: [posts] });
    spool.appendRecords({
      stream: 'calendar',
      source: 'economic',
      records: [rate('a', 'EUR', 'Main Refinancing Rate', 2), rate('b', 'USD', 'Federal Funds Rate', 5)],
    });
    await spool.settled();
    agents.ask(request);
    await until('the consensus', () => agents.of('consensus').length > 0);
    const ups = new Map(
      agents.of('answer').map((answer) => {
        const { agent, forecasts } = answer as { agent: string; forecasts: { probabilities: { up: number } }[] };
        return [agent, forecasts[0]?.probabilities.up ?? NaN];
      }),
    );
    expect(ups.get('contrarian-social')).toBeCloseTo(0.476, 6);
    // Euros cost three percent a year more than they earn: next to nothing of a day.
    expect(ups.get('carry-calendar')).toBeLessThan(0.5);
    expect(ups.get('carry-calendar')).toBeGreaterThan(0.48);
  });
});
