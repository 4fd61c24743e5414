/** The plugin as the host runs it: by its definition, through the SDK, against the real gateway. */
import { readFileSync } from 'node:fs';
import { createHarness } from '@tickhub/plugin-sdk/testing';
import { afterEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.ts';
import { RunningGateway } from './running-gateway.ts';
import { until } from './until.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function harnessed(config: Record<string, unknown> = {}) {
  const backend = await RunningGateway.start();
  stops.push(() => backend.stop());
  const harness = createHarness(plugin, {
    plugin: { id: 'websocket', version: '0.1.0' },
    clock: 'real',
    config,
    credentials: { url: backend.url(), userId: 'trader', token: await backend.token() },
    spool: { epoch: 'from-the-harness' },
    tenant: 'trader',
  });
  return { backend, harness };
}

const tick = (time: number) => ({ symbol: 'EURUSD', time, bid: 1.1, ask: 1.2 });

describe('the plugin', () => {
  it('delivers what the spool has, and says so', async () => {
    const { backend, harness } = await harnessed();
    harness.deliverTicks([tick(1), tick(2)]);
    harness.deliverRecords('news', [{ seq: 1, time: 1, body: { title: 'x' } }], 'rss');
    await harness.start();
    await until('the acks', () => harness.acked === 2);
    expect(harness.link).toEqual({ state: 'up', lastSeq: 0 });
    expect(harness.status()).toMatchObject({ status: 'ok', counters: { framesSent: 2, ticksSent: 2, recordsSent: 1, ackedSeq: 2 } });
    expect(backend.read((ledger) => ledger.positions())).toEqual([{ user: 'trader', epoch: 'from-the-harness', lastSeq: 2 }]);
    await harness.stop();
    expect(harness.link.state).toBe('down');
  });

  it('goes on after a restart, and with new credentials', async () => {
    const { backend, harness } = await harnessed({ protocol: 'json' });
    await harness.start();
    harness.deliverTicks([tick(1)]);
    await until('the first ack', () => harness.acked === 1);
    await harness.stop();
    harness.deliverTicks([tick(2)]);
    await harness.start();
    await until('the second ack', () => harness.acked === 2);
    harness.changeCredentials({ url: backend.url(), userId: 'trader', token: await backend.token('trader', 7_200) });
    harness.deliverTicks([tick(3)]);
    await until('the third ack', () => harness.acked === 3);
    expect(backend.read((ledger) => ledger.usage())).toMatchObject([{ ticks: 3, frames: 3, duplicateFrames: 0, cursorDuplicates: 0 }]);
    await harness.stop();
  });

  it('refuses a config that it does not know', async () => {
    const { harness } = await harnessed({ protocoll: 'json' });
    await expect(harness.start()).rejects.toThrow('protocoll');
  });

  it('has the version and defaults in its manifest that it has in itself', () => {
    const read = (file: string): Record<string, unknown> =>
      JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')) as Record<string, unknown>;
    expect(read('plugin.json')['version']).toBe(read('package.json')['version']);
    expect(plugin.config?.parse(read('plugin.json')['config'])).toEqual({ protocol: 'auto', allowPlaintext: false });
  });
});
