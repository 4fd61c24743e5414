import { cpSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../scripts/node-runtime.mjs';
import { WebServer } from '../counterparts/web/index.ts';
import { Deployment, USER } from '../system/deployment.ts';
import type { HostProcess } from '../system/host-process.ts';

const MINUTE = 60_000;

/** A feed without code, of bars that have closed. */
const bars = (url: string) => ({
  kind: 'data-source',
  feed: {
    source: { type: 'http', url, format: 'json', everyMs: 250 },
    to: 'bars',
    map: {
      symbol: '/symbol',
      time: { at: '/time', time: 'milliseconds' },
      key: { template: '{/symbol} {/time}' },
      body: {
        widthMs: { const: MINUTE },
        side: { const: 'bid' },
        open: '/close',
        high: '/close',
        low: '/close',
        close: '/close',
        ticks: { const: 10 },
      },
    },
  },
});
/** Headlines: a feed and a model of records. */
const headlines = (url: string) => ({
  kind: 'data-source',
  feed: {
    source: { type: 'http', url, format: 'json', everyMs: 250 },
    to: 'news',
    map: {
      time: { at: '/time', time: 'milliseconds' },
      key: '/title',
      body: { title: '/title', symbols: { list: ['/symbol'] } },
    },
  },
});
const mean = { bars: 'M1', horizon: 3, inputs: { window: { window: 4 } }, outputs: { mean: { kind: 'value', unit: 'log' } } };
const tone = {
  stream: 'news',
  inputs: { text: { text: '/title' } },
  outputs: { probabilities: { kind: 'probabilities', classes: ['negative', 'neutral', 'positive'] } },
};

interface Analysis {
  readonly symbol: string;
  readonly time: number;
  readonly body: Record<string, unknown>;
}

/** Closes of the minutes before the test. */
const PAST = [1.1, 1.101, 1.0995, 1.102, 1.1035];

/** Bars of two symbols, minute by minute. */
class Market {
  readonly #web: WebServer;
  readonly #rows: { symbol: string; time: number; close: number }[] = [];

  constructor(web: WebServer) {
    this.#web = web;
    const end = this.#lastMinute();
    for (const symbol of ['EURUSD', 'GBPUSD'])
      PAST.forEach((close, i) => this.#rows.push({ symbol, time: end - (PAST.length - i) * MINUTE, close }));
    this.#show();
  }

  /** The last minute of a symbol has closed, if it has not been told of yet. */
  close(symbol: string): void {
    const time = this.#lastMinute();
    if (this.#rows.some((row) => row.symbol === symbol && row.time === time)) return;
    this.#rows.push({ symbol, time, close: 1.1 + (time % 7) / 1e3 });
    this.#show();
  }

  /** The last `count` bars of EURUSD that had closed by then. */
  before(at: number, count: number): readonly { time: number; close: number }[] {
    return this.#rows.filter(({ symbol, time }) => symbol === 'EURUSD' && time < at).slice(-count);
  }

  #lastMinute(): number {
    return Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE;
  }

  #show(): void {
    this.#web.put('/bars', { body: JSON.stringify(this.#rows), type: 'application/json' });
  }
}

describe('own models, dropped into the folder of a running host', () => {
  let deployment: Deployment;
  let host: HostProcess;
  let web: WebServer;

  beforeEach(async () => {
    deployment = await Deployment.create('own-model', { tier: 'free' });
    web = await WebServer.start();
    web.put('/bars', { body: '[]', type: 'application/json' });
    web.put('/news', { body: '[]', type: 'application/json' });
    host = deployment.startHost();
    await host.ready();
  });
  afterEach(async () => {
    await deployment.end();
    await web.close();
  });

  async function drop(id: string, what: Record<string, unknown>, onnx?: string): Promise<void> {
    const folder = path.join(deployment.hostDir, 'plugins', id);
    await mkdir(folder, { recursive: true });
    if (onnx !== undefined)
      cpSync(path.join(root, 'test', 'fixtures', 'own-models', 'good', `${onnx}.onnx`), path.join(folder, 'model.onnx'));
    await writeFile(path.join(folder, 'plugin.json'), JSON.stringify({ id, version: '1.0.0', sdk: '^0.1.0', ...what }));
  }
  const model = (id: string) => async () => (await host.status()).analysis.models.find((one) => one.id === id);

  it('is live, gated and metered: its answers to bars and to headlines are at the backend', async () => {
    await drop('mine', { kind: 'model', model: mean }, 'last-two');
    await drop('tone', { kind: 'model', model: tone }, 'headline');
    await drop(
      'paid',
      { kind: 'model', tier: 'pro', model: { ...mean, outputs: { mean: { kind: 'value', scale: 100, unit: '%' } } } },
      'last-two',
    );
    await host.statusWhen(
      'two models to be allowed, and one to be gated',
      ({ analysis, plugins }) =>
        ['mine', 'tone'].every((id) => analysis.models.some((one) => one.id === id && one.allowed)) &&
        plugins.some(({ id, state }) => id === 'paid' && state === 'gated(pro)'),
    );
    const gated = (await host.status()).plugins.find(({ id }) => id === 'paid');
    expect(gated?.reason).toMatch(/pro/);
    expect(await model('paid')()).toBeUndefined();

    const market = new Market(web);
    web.put('/news', { body: JSON.stringify([{ title: 'The euro rises', symbol: 'EURUSD', time: Date.now() }]), type: 'application/json' });
    await drop('my-bars', bars(web.url('/bars')));
    await drop('my-news', headlines(web.url('/news')));
    await host.statusWhen('the past of both symbols, and a headline', ({ records }) => records.taken >= 2 * PAST.length + 1);
    await host.statusWhen(
      'an answer of each',
      ({ analysis }) => {
        market.close('EURUSD');
        return ['mine', 'tone'].every((id) => analysis.models.some((one) => one.id === id && one.answers > 0));
      },
      90_000,
    );
    await deployment.present('pro');
    await host.statusWhen('the one for pro to be let in', ({ analysis }) =>
      analysis.models.some(({ id, allowed }) => id === 'paid' && allowed),
    );
    const status = await host.statusWhen(
      'its answer, and all of it at the backend',
      ({ analysis, spool }) => {
        market.close('GBPUSD');
        return analysis.models.some(({ id, answers }) => id === 'paid' && answers > 0) && spool.ackedSeq === spool.lastSeq;
      },
      90_000,
    );
    expect(await host.stop()).toBe(0);
    await deployment.gateway.stop();

    const said = deployment.readLedger((ledger) =>
      [...ledger.records({ user: USER, stream: 'analysis' })].flatMap(({ source, records }) =>
        (records as unknown as Analysis[]).map((record) => ({ source, ...record })),
      ),
    );
    const of = (id: string) => said.filter(({ source }) => source === id);
    const [first] = of('mine');
    const shown = market.before(first?.time ?? 0, 5);
    expect(first).toMatchObject({
      symbol: 'EURUSD',
      body: {
        kind: 'model',
        model: 'mine',
        version: '1.0.0',
        at: first?.time,
        horizonMs: 3 * MINUTE,
        unit: 'log',
        abstained: null,
        value: expect.closeTo(Math.log((shown[4]?.close ?? 0) / (shown[2]?.close ?? 0)) / 2, 7) as number,
        inputs: { from: shown[0]?.time, to: (first?.time ?? 0) - MINUTE, count: 5 },
      },
    });
    expect(of('tone')[0]).toMatchObject({
      symbol: 'EURUSD',
      body: { model: 'tone', probabilities: { positive: expect.closeTo(0.665, 2) as number } },
    });
    expect(of('paid').map(({ symbol }) => symbol)).toContain('GBPUSD');
    // Bars, headlines and answers are records, and counted as such.
    expect(status.usage.records).toBeGreaterThanOrEqual(2 * PAST.length + 1 + said.length);
    console.log(`own models: ${said.length} answers of 3 models without code at the backend, of ${status.usage.records} records metered`);
  }, 180_000);
});
