import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TickFlag } from '../../plugin-sdk/src/index.ts';
import { DwxServer } from '../counterparts/dwx/dwx-server.ts';
import { MtapiServer } from '../counterparts/mtapi/mtapi-server.ts';
import { Deployment } from '../system/deployment.ts';

/** Terminals that have another program's bridge in place of our EA, from their bridge to the backend's ledger. */
let deployment: Deployment;
const servers: DwxServer[] = [];
let mtapi: MtapiServer;

beforeEach(async () => {
  deployment = await Deployment.create('bridges', { tier: 'pro' });
  mtapi = new MtapiServer();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill();
  await mtapi.stop();
  await deployment.end();
});

it('two DWX folders are two sources beside the native link, and their prices reach the backend', async () => {
  const folders: { name: string; folder: string; symbols: string[] }[] = [];
  for (const name of ['one', 'two']) {
    const folder = path.join(deployment.dir, name, 'MQL5', 'Files');
    await mkdir(folder, { recursive: true });
    const server = new DwxServer(folder, { symbols: { 'EURUSD.x': { bid: 1.1, ask: 1.1001 } } });
    servers.push(server);
    await server.attach();
    folders.push({ name, folder, symbols: ['EURUSD.x'] });
  }
  const host = deployment.startHost({ set: [`plugins.mt5.dwx=${JSON.stringify(folders)}`] });
  const states = ({ plugins }: Awaited<ReturnType<typeof host.status>>): string[] =>
    (plugins.find(({ id }) => id === 'mt5')?.sources ?? []).map(({ source, state }) => `${source} ${state}`);
  await host.statusWhen('both folders to be live', (status) => states(status).join() === 'mt5:dwx-one ok,mt5:dwx-two ok');

  const [one, two] = servers;
  const prices = [1.2, 1.2001, 1.2002, 1.2003];
  for (const [i, bid] of prices.entries()) {
    one?.quote('EURUSD.x', bid, bid + 0.0001);
    two?.quote('EURUSD.x', bid + 1, bid + 1.0001);
    await host.statusWhen('the quotes', ({ usage }) => usage.ticks === 2 * (i + 1));
  }
  await deployment.delivered(2 * prices.length);
  for (const [source, offset] of [
    ['mt5:dwx-one', 0],
    ['mt5:dwx-two', 1],
  ] as const) {
    const ticks = deployment.readLedger((ledger) => [...ledger.ticks({ source, symbol: 'EURUSD' })]);
    expect(ticks.map(({ bid }) => Number(bid.toFixed(5)))).toEqual(prices.map((bid) => Number((bid + offset).toFixed(5))));
    for (const { flags } of ticks) expect(flags & TickFlag.sampled).toBe(TickFlag.sampled);
  }

  await one?.detach();
  await host.statusWhen('the one without an EA to say so', (status) => states(status).join() === 'mt5:dwx-one disconnected,mt5:dwx-two ok');
  expect(await host.stop()).toBe(0);
}, 60_000);

it('an mtapi server is a source, through a break of its connection and an EA that is taken off and put on again', async () => {
  await mtapi.attach(7, 'EURUSDm');
  const host = deployment.startHost({
    set: ['plugins.mt5.mode="bridges"', `plugins.mt5.mtapi=${JSON.stringify([{ name: 'vps', url: mtapi.url }])}`],
  });
  const of = ({ plugins }: Awaited<ReturnType<typeof host.status>>) =>
    plugins.find(({ id }) => id === 'mt5')?.sources.find(({ source }) => source === 'mt5:mtapi-vps');
  await host.statusWhen('the EA to be seen', (status) => of(status)?.counters['experts'] === 1);

  const seconds = Math.floor(Date.now() / 1_000) + 7_200;
  let sent = 0;
  const tick = async (): Promise<void> => {
    sent++;
    mtapi.tick(7, seconds + sent, 1.1 + sent / 1_000, 1.1001 + sent / 1_000);
    await host.statusWhen(`tick ${sent}`, ({ usage }) => usage.ticks === sent);
  };
  for (let i = 0; i < 3; i++) await tick();
  mtapi.raw('2;7;3;{"Tick":{"Time":1,');
  mtapi.breakConnections();
  await host.statusWhen('a new connection', (status) => of(status)?.counters['connects'] === 2 && of(status)?.state === 'ok');
  for (let i = 0; i < 3; i++) await tick();
  mtapi.detach(7);
  await host.statusWhen('the lack of an EA to be said', (status) => of(status)?.state === 'disconnected');
  await host.statusWhen('the server to be gone', (status) => of(status)?.state === 'unreachable' && of(status)?.nextAttemptAt !== null);
  await mtapi.attach(7, 'EURUSDm');
  await host.statusWhen('it to be back', (status) => of(status)?.state === 'ok');
  for (let i = 0; i < 3; i++) await tick();

  await deployment.delivered(sent);
  const ticks = deployment.readLedger((ledger) => [...ledger.ticks({ source: 'mt5:mtapi-vps', symbol: 'EURUSD' })]);
  expect(ticks.map(({ bid }) => Number(bid.toFixed(5)))).toEqual(
    Array.from({ length: sent }, (_, i) => Number((1.1 + (i + 1) / 1_000).toFixed(5))),
  );
  expect(new Set(mtapi.received)).toEqual(new Set(['6;0']));
  expect(await host.stop()).toBe(0);
}, 60_000);
