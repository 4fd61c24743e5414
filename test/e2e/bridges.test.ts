import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TickFlag } from '../../plugin-sdk/src/index.ts';
import { DwxServer } from '../counterparts/dwx/dwx-server.ts';
import { Deployment } from '../system/deployment.ts';

/** Terminals that have another program's bridge in place of our EA, from their bridge to the backend's ledger. */
let deployment: Deployment;
const servers: DwxServer[] = [];

beforeEach(async () => {
  deployment = await Deployment.create('bridges', { tier: 'pro' });
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill();
  await deployment.end();
});

it('two DWX folders are two sources beside the native link, and their prices reach the backend', async () => {
  const folders = await Promise.all(
    ['one', 'two'].map(async (name) => {
      const files = path.join(deployment.dir, name, 'MQL5', 'Files');
      await mkdir(files, { recursive: true });
      const server = new DwxServer(files, { symbols: { 'EURUSD.x': { bid: 1.1, ask: 1.1001 } } });
      servers.push(server);
      await server.attach();
      return { name, folder: files, symbols: ['EURUSD.x'] };
    }),
  );
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
