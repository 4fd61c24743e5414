import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AnalysisReport } from '../../host/src/control/analysis-report.ts';
import { RunningGateway } from '../../plugins/websocket/test/running-gateway.ts';
import { badAgents, conductedAgent } from '../counterparts/agents/bad-agents.ts';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const USER = 'trader';
const stops: (() => Promise<unknown>)[] = [];

describe("the backend's agents, asked by a running host", () => {
  afterEach(async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  });

  it('say their part within the deadline, whoever among them is silent, throws or signs badly; the report says what came from where', async () => {
    const gateway = await RunningGateway.start({
      agents: [
        conductedAgent('good'),
        badAgents.silent(),
        badAgents.badlySigned(),
        badAgents.throwing(),
        badAgents.wrong(),
        conductedAgent('sixth'),
      ],
    });
    stops.push(() => gateway.stop());
    const dataDir = await scratchDir('agents');
    const tokenFile = path.join(dataDir, 'token');
    await writeFile(tokenFile, await gateway.token(USER));
    const base = gateway.url('{user_id}').replaceAll('%7Buser_id%7D', '{user_id}');
    const host = HostProcess.start({
      dataDir,
      set: [
        `backend.url=${base}`,
        `backend.jwks=${new URL('/.well-known/jwks.json', base.replace('ws:', 'http:')).href}`,
        `backend.token=file:${tokenFile}`,
        'plugins.mt5.port=0',
        `pluginRoots=${JSON.stringify([path.resolve('test/fixtures/unsure'), path.resolve('test/fixtures/tickers')])}`,
        'disabled=["news","economic","social","models"]',
      ],
    });
    stops.push(async () => {
      host.kill();
      await host.exited;
    });
    await host.statusWhen('an answer of the model', ({ analysis }) => analysis.models.some(({ answers }) => answers > 0), 90_000);
    const { out } = await tickhub(['analyse', 'EURUSD', '--json', '--data', dataDir]);
    const report = AnalysisReport.parse(JSON.parse(out));
    const local = report.answers[0]?.answer.value;
    // Nobody has a record yet, so the local figure stands; the pro tier asks five of six.
    expect(report.consensus).toMatchObject([{ question: 'volatility_v1', unit: '%', reason: 'request' }]);
    expect(report.consensus[0]?.value).toBe(local);
    expect(report.consensus[0]?.contributions.map(({ from, state }) => [from, state])).toEqual([
      ['local', 'used'],
      ['badly-signed', 'silent'],
      ['good', 'unproven'],
      ['silent', 'silent'],
      ['throwing', 'silent'],
      ['wrong', 'unproven'],
    ]);
    const { agents } = (await host.status()).analysis;
    expect(agents).toMatchObject({ known: 6, rateLimited: 0 });
    expect(agents?.merged).toBeGreaterThanOrEqual(1);
    expect(await host.stop()).toBe(0);
  }, 150_000);
});
