/**
 * `npm run evaluate agents`: replays recorded days through the host's own desk, with the gateway's agents and with some that are not to be trusted, and writes docs/agents.md. The question is whether
 * the merged forecast of the next day's volatility is worse than the local one. Everything is as it ships: questions, signatures, the consensus, the host's record, the weights.
 */
import { renameSync, writeFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import type { ModelAnswer, PluginDefinition } from '@tickhub/plugin-sdk';
import { featureMatrix, sliceBars } from '@tickhub/plugin-sdk/features';
import { BackendAgentDesk } from '../../host/src/analysis/agents/desk.ts';
import { qlike } from '../../host/src/analysis/agents/realised.ts';
import type { AgentQuestion } from '../../host/src/analysis/agent-desk.ts';
import type { Log } from '../../host/src/telemetry/log.ts';
import { marketState } from '../../host/src/analysis/market-digest.ts';
import { conductedAgent } from '../../test/counterparts/agents/bad-agents.ts';
import type { Agent } from '../../test/counterparts/agents/bad-agents.ts';
import { ScriptedHall } from '../../test/counterparts/agents/scripted-hall.ts';
import { createPrivateKey } from 'node:crypto';
import { makeKey } from '../../plugins/websocket/src/gateway/agents/agent-keys.ts';
import { signedAgent } from '../../plugins/websocket/src/gateway/agents/agent.ts';
import type { Forecaster } from '../../plugins/websocket/src/gateway/agents/agent.ts';
import { carryCalendar } from '../../plugins/websocket/src/gateway/agents/carry-calendar.ts';
import { contrarianSocial } from '../../plugins/websocket/src/gateway/agents/contrarian-social.ts';
import { harGarchBench } from '../../plugins/websocket/src/gateway/agents/har-garch-bench.ts';
import { readBars } from '../data/read-bars.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { ONE_LOOK_FROM, TEST_FROM } from '../data/split.ts';
import { renderTable } from './card.ts';
import { pairedDifference, pooledMean, seededRandom } from './metrics/index.ts';
import { ModelBench } from './model-bench.ts';

const H1 = 3_600_000;
const DAY = 24 * H1;
const HORIZON = 24;
/** The hour, UTC, of whose bar's close agents are asked: once a day, so that outcomes hardly overlap. */
const HOUR = 11;
const FILE = path.resolve(import.meta.dirname, '../../docs/agents.md');
const LOCAL = 'volatility_v1';
/** A cross, gold, and two majors: what all of them would take twice as long for. */
const REPLAYED: ReadonlySet<string> = new Set(['EURJPY', 'GBPUSD', 'USDCAD', 'XAUUSD']);
/** Questions that the turncoat answers honestly. */
const HONEST = 1_500;
/** A weaker local forecast, to see whether agents help where there is something to help with: RiskMetrics. */
const WEAK = 'logewma_94';

export interface AgentsEvaluation {
  readonly data: string | undefined;
  readonly oneLook: boolean;
  readonly check: boolean;
  readonly plugin: PluginDefinition;
  say(line: string): void;
}

interface Moment {
  readonly symbol: string;
  readonly at: number;
  readonly market: AgentQuestion['market'];
  /** In percent. */
  readonly local: { readonly [local: string]: ModelAnswer };
  readonly realised: number;
}

interface Case {
  readonly day: number;
  readonly at: number;
  readonly local: number;
  readonly merged: number;
  /** Weight and own loss of each agent. */
  readonly agents: ReadonlyMap<string, { readonly weight: number; readonly loss: number }>;
}

/** @returns what a committed file says otherwise, with `check`. */
export async function evaluateAgents({ data, oneLook, check, plugin, say }: AgentsEvaluation): Promise<string[]> {
  const moments = await momentsOf(data, oneLook, plugin, say);
  const sections: string[] = [];
  for (const local of [LOCAL, WEAK]) {
    for (const [title, make] of Object.entries(COMPANIES)) {
      say(`${local} with ${title}`);
      const cases = await replay(moments, local, make());
      sections.push(...sectionOf(`${local}, with ${title}`, cases, oneLook));
    }
  }
  const text = `${INTRODUCTION}\n${sections.join('\n')}\n`;
  console.log(text);
  if (check) return existsSync(FILE) && readFileSync(FILE, 'utf8') === text ? [] : ['docs/agents.md is not what this run writes'];
  if (!oneLook) return [];
  writeFileSync(`${FILE}.new`, text);
  renameSync(`${FILE}.new`, FILE);
  return [];
}

function keyed(forecaster: Forecaster): Agent {
  const { x, d } = makeKey();
  return signedAgent(forecaster, { x, privateKey: createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' }) });
}

const real = (): Agent[] => [harGarchBench, carryCalendar, contrarianSocial].map(keyed);

/** As good as the gateway's bench until it is trusted, then far off. */
function turncoat(): Forecaster {
  let asked = 0;
  return {
    ...harGarchBench,
    id: 'turncoat',
    forecast(request, told) {
      const said = harGarchBench.forecast(request, told);
      if (asked++ < HONEST || typeof said === 'string') return said;
      return said.map((one) => ({ ...one, value: (one.value ?? 0) * 0.4 }));
    },
  };
}

const bad = (): Agent[] => {
  const random = seededRandom(4);
  return [
    conductedAgent('liar', { factor: 3, claims: [{ question: LOCAL, loss: 'qlike', mean: 0.01, count: 100_000 }] }),
    conductedAgent('noise', { factor: () => Math.exp(2 * random() - 1) }),
    conductedAgent('parrot', { factor: 1 }),
    keyed(turncoat()),
    conductedAgent('wild', { factor: 1_000 }),
  ];
};

const COMPANIES: Readonly<Record<string, () => Agent[]>> = {
  "the gateway's agents": real,
  'these and agents that are not to be trusted': () => [...real(), ...bad()],
};

/** One moment a day and symbol, in the order of time, with the local forecast and what came of it. */
async function momentsOf(
  data: string | undefined,
  oneLook: boolean,
  plugin: PluginDefinition,
  say: (line: string) => void,
): Promise<Moment[]> {
  const bench = await ModelBench.open(plugin);
  const moments: Moment[] = [];
  try {
    for (const { symbol, digits } of SYMBOLS.filter((one) => REPLAYED.has(one.symbol))) {
      const { bars } = readBars(symbol, data);
      const isAsked = (place: number): boolean => Math.floor((bars.time[place] as number) / H1) % 24 === HOUR;
      const from = bars.time.findIndex((time) => time >= TEST_FROM);
      const last = oneLook ? bars.time.length : bars.time.findIndex((time) => time >= ONE_LOOK_FROM);
      const to = (last < 0 ? bars.time.length : last) - HORIZON;
      if (from < 0 || from >= to) continue;
      for await (const { place, answers } of bench.replay({ symbol, digits, bars }, { models: [LOCAL], from, to, asked: isAsked })) {
        const [own] = answers;
        if (own === undefined || own.value === null) continue;
        const past = sliceBars(bars, Math.max(0, place - 600), place + 1);
        const weak = featureMatrix(past, [WEAK]).values.at(-1) as number;
        let sum = 0;
        for (let k = place + 1; k <= place + HORIZON; k++) sum += Math.log((bars.close[k] as number) / (bars.close[k - 1] as number)) ** 2;
        if (sum === 0) continue;
        const market = marketState({ symbol, widthMs: H1 }, digits, past, NO_CONTEXT);
        const local = { [LOCAL]: own, [WEAK]: { ...own, value: 100 * Math.sqrt(HORIZON * Math.exp(weak)) } };
        moments.push({ symbol, at: own.at, market, local, realised: 100 * Math.sqrt(sum) });
      }
      say(`${symbol}: ${moments.length} moments`);
    }
  } finally {
    await bench.close();
  }
  return moments.sort((a, b) => a.at - b.at || (a.symbol < b.symbol ? -1 : 1));
}

async function replay(moments: readonly Moment[], local: string, agents: readonly Agent[]): Promise<Case[]> {
  const hall = new ScriptedHall(agents);
  const desk = new BackendAgentDesk({
    backend: { authority: 'replay', verifier: async () => hall, freshVerifier: async () => hall },
    user: () => 'replay',
    allowance: () => ({ tier: 'enterprise', limits: { agents: Infinity, requestsPerSecond: Infinity } }),
    kept: null,
    onChange: () => undefined,
    log: silent,
  });
  const link = {
    tell: ({ request }: Parameters<Parameters<typeof desk.line.detach>[0]['tell']>[0]) =>
      hall.ask(request, ({ topic, payload }) => desk.line.said(link, topic, payload)),
  };
  desk.line.said(link, 'roster', hall.hall.roster);
  await new Promise(setImmediate);
  const cases: Case[] = [];
  for (const { symbol, at, market, local: answers, realised } of moments) {
    const answer = answers[local] as ModelAnswer;
    const consensus = await desk.coordinate({ symbol, at, market, local: [answer], reason: 'request', deadlineMs: 60_000 });
    const [merged] = consensus?.merged ?? [];
    const loss = (value: number | null | undefined): number => qlike(value ?? NaN, realised) ?? NaN;
    cases.push({
      day: Math.floor(at / DAY),
      at,
      local: loss(answer.value),
      merged: loss(merged === undefined ? answer.value : merged.value),
      agents: new Map(merged?.contributions.slice(1).map(({ from, weight, value }) => [from, { weight, loss: loss(value) }])),
    });
  }
  return cases;
}

function sectionOf(title: string, all: readonly Case[], oneLook: boolean): string[] {
  const spans: (readonly [string, readonly Case[]])[] = [['2018-01-15 to 2021-02-28', all.filter(({ at }) => at < ONE_LOOK_FROM)]];
  if (oneLook) spans.push(['2021-03-01 to 2022-03, the one look', all.filter(({ at }) => at >= ONE_LOOK_FROM)]);
  const rows = spans.map(([name, cases]) => {
    const days = cases.map(({ day }) => day);
    const column = (of: (one: Case) => number): Float64Array => Float64Array.from(cases, of);
    const [local, merged] = [column((one) => one.local), column((one) => one.merged)];
    const difference = pairedDifference(merged, local, days);
    return [
      name,
      String(cases.length),
      pooledMean(local, days).mean.toFixed(4),
      pooledMean(merged, days).mean.toFixed(4),
      signed(difference.mean),
      difference.se.toFixed(5),
    ];
  });
  const names = [...new Set(all.flatMap(({ agents }) => [...agents.keys()]))].sort();
  const agents = names.map((name) => {
    const said = all.flatMap((one) => one.agents.get(name) ?? []);
    const losses = said.flatMap(({ loss }) => (Number.isFinite(loss) ? [loss] : []));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const weights = said.map(({ weight }) => weight);
    return [
      name,
      String(losses.length),
      losses.length === 0 ? 'abstains' : mean(losses).toFixed(4),
      mean(weights).toFixed(3),
      Math.max(0, ...weights).toFixed(3),
    ];
  });
  return [
    `### ${title}`,
    '',
    ...renderTable({ columns: ['', 'n', 'QLIKE local', 'QLIKE merged', 'merged - local', 'SE'], rows }),
    '',
    ...renderTable({ columns: ['agent', 'n', 'its own QLIKE', 'mean weight', 'most weight'], rows: agents }),
    '',
  ];
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(5)}`;
}

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, with: () => silent };

const INTRODUCTION = `# Agents: does the merged forecast do harm?

Written by \`npm run evaluate agents\`. Once a day (close of the 11:00 UTC bar), for each of EURJPY, GBPUSD, USDCAD and XAUUSD, the host's desk asks for the volatility of the next 24 H1 bars; the same code as in a running host signs, verifies,
weighs and merges. The host's record of each agent begins empty in January 2018 and goes on through the one look; nothing is known before its bars have closed. Local is the shipped volatility_v1, and as a weaker one RiskMetrics' exponential mean (logewma_94). QLIKE, lower is better;
"merged - local" is paired, its standard error by a block bootstrap of days with all symbols together. The record has no calendar and no posts, so two of the gateway's three agents abstain here: nothing is measured of them.

Not to be trusted are: a *liar* (three times the local figure, and claims a record of 0.01), *noise* (the local figure times e to the -1 .. 1), a *parrot* (the local figure itself), a *turncoat* (the gateway's bench for 1,500 questions, then 0.4 times it), *wild* (a thousand times).
`;
