import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { capabilities } from '../src/capabilities/index.ts';
import { CAPABILITIES_OF_KIND } from '../src/define-plugin.ts';
import { manifestJsonSchema } from '../src/manifest/json-schema.ts';
import { parseManifest } from '../src/manifest/parse.ts';
import { feedPlugin } from '../src/feed/feed-plugin.ts';
import { createHarness, readModel } from '../src/testing/index.ts';
import { PipeFrame } from '../src/protocol/pipe.ts';
import { TickBatch } from '../src/batch/tick-batch.ts';
import { IsolateProcess, PluginFolder } from './isolate-process.ts';

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({ language, code: code ?? '' }));
const ts = blocks.filter(({ language }) => language === 'ts').map(({ code }) => code);
const [feed = '', test = '', replay = '', model = ''] = ts;
const [manifest = '', declarative = '', ownModel = ''] = blocks.filter(({ language }) => language === 'json').map(({ code }) => code);

const folder = new PluginFolder();
const running: IsolateProcess[] = [];
function isolate(): IsolateProcess {
  const started = new IsolateProcess(folder, { permission: true });
  running.push(started);
  return started;
}
afterAll(() => {
  for (const one of running) one.kill();
  folder.remove();
});

describe('the README', () => {
  it('has four examples, and the feed is of about 20 lines', () => {
    expect(ts).toHaveLength(4);
    expect(feed.trim().split('\n').length).toBeLessThanOrEqual(20);
  });

  it('shows a manifest that is one', () => {
    expect(parseManifest(manifest, 'plugin.json')).toMatchObject({
      ok: true,
      manifest: { id: 'my-feed', permissions: { hosts: ['quotes.example.com'] } },
    });
  });

  it('shows a feed without code that publishes what it is given', async () => {
    vi.stubEnv('RATES_KEY', 'a key');
    const asked: (string | undefined)[] = [];
    const row = { base: 'EUR', quote: 'USD', at: '2026-11-25 07:00:00', bid: '1,1741', ask: '1,1743', status: 'open' };
    const harness = createHarness(feedPlugin(declarative), {
      http: (_url, { headers }) => {
        asked.push(headers?.['authorization']);
        return { body: { data: { quotes: [row, { ...row, status: 'closed' }] } } };
      },
    });
    await harness.start();
    expect(asked).toEqual(['Bearer a key']);
    expect(harness.ticks).toMatchObject([{ symbol: 'EURUSD', time: Date.UTC(2026, 10, 25, 12), bid: 1.1741, ask: 1.1743 }]);
    await harness.stop();
    vi.unstubAllEnvs();
  });

  it('shows a model without code that is asked on bars, and names every field that it may have', async () => {
    const onnx = readFileSync(new URL('../../test/fixtures/own-models/good/readme.onnx', import.meta.url));
    const file = folder.write('plugin.json', ownModel);
    folder.write('model.onnx', onnx);
    const harness = createHarness(await readModel(file));
    await harness.start();
    expect(harness.analyst.models).toMatchObject([
      { id: 'my-trend', tier: 'pro', horizonMs: 86_400_000, output: { kind: 'probabilities', classes: ['down', 'range', 'up'] } },
      { id: 'my-range', output: { kind: 'quantiles', levels: [0.05, 0.5, 0.95], unit: '%' } },
    ]);
    await harness.stop();
    const codes = readFileSync(new URL('../src/model/errors.ts', import.meta.url), 'utf8').matchAll(/\| '([A-Z_]+)'/g);
    for (const [, code] of codes) expect(text).toContain(`\`${code}\``);
    const section = text.slice(text.indexOf('## Your own model'), text.indexOf('## Capabilities'));
    const named = (schema: object): string[] =>
      Object.entries(schema).flatMap(([key, value]) => {
        const names = key === 'properties' ? Object.keys(value as object) : [];
        return typeof value === 'object' && value !== null ? [...names, ...named(value as object)] : names;
      });
    const { model: schema } = (manifestJsonSchema() as { properties: { model: object } }).properties;
    for (const name of new Set(named(schema))) if (name !== 'kind') expect(section).toMatch(new RegExp(`\`${name}\`|"${name}"`));
  });

  it('shows a feed that publishes what it fetches', async () => {
    const host = isolate();
    await host.load(folder.write('index.ts', feed), { url: 'https://quotes.example.com/latest', everyMs: 100 });
    await host.message('loaded');
    host.start();
    const call = await host.message('call');
    expect([call.capability, call.method, call.args[0]]).toEqual(['http', 'fetch', 'https://quotes.example.com/latest']);
    const body = new TextEncoder().encode(JSON.stringify([{ symbol: 'EURUSD', time: 5, bid: 1, ask: 2 }]));
    host.tell({
      type: 'reply',
      id: call.id,
      value: { status: 200, url: 'https://quotes.example.com/latest', movedTo: null, headers: {}, body },
    });
    await host.until('a tick', () => host.collected.ticks.length === 1);
    const next = await host.message('call', ({ id }) => id > call.id);
    host.tell({ type: 'reply', id: next.id, failure: { code: 'HTTP_FAILED', message: 'gone' } });
    expect(await host.message('log')).toMatchObject({ level: 'warn', message: 'no quotes this time' });
  });

  it('shows a test that passes, and that would fail', () => {
    folder.write('index.ts', feed);
    const run = (name: string, code: string): number | null => {
      const file = folder.write(name, code);
      const args = [
        '--disable-warning=ExperimentalWarning',
        '--import',
        new URL('resolve-sdk.ts', import.meta.url).href,
        '--test',
        '--test-isolation=none',
        file,
      ];
      return spawnSync(process.execPath, args, { cwd: folder.path, env: {} }).status;
    };
    expect(run('index.test.ts', test)).toBe(0);
    expect(run('other.test.ts', test.replace('bid: 1.1741, ask: 1.1743 }]);', 'bid: 9, ask: 9 }]);'))).toBe(1);
  });

  it('shows a source that goes on where it was, and acknowledges what is durable', async () => {
    const text = replay.replaceAll("'replay:demo'", "'demo:replay'");
    const host = isolate();
    await host.load(folder.write('replay.ts', text));
    await host.message('loaded');
    host.start({ cursors: [{ source: 'demo:replay', symbol: 'EURUSD', time: 1000, same: 1 }] });
    await host.until('what follows the cursor', () => host.collected.ticks.length === 2);
    expect(host.collected.ticks.map(({ time, ordinal, utcOffsetMs }) => [time, ordinal, utcOffsetMs])).toEqual([
      [1000, 1, 7_200_000],
      [1001, 0, 7_200_000],
    ]);
    const durable = new DataView(new ArrayBuffer(16));
    durable.setUint32(4, 1, true);
    durable.setFloat64(8, 1001, true);
    host.send(PipeFrame.durable, new Uint8Array(durable.buffer));
    expect((await host.message('log')).fields).toEqual({ left: 1 });
  });

  it('shows a model that makes something of a batch', async () => {
    const host = isolate();
    await host.load(folder.write('model.ts', model), {}, 'model');
    await host.message('loaded');
    const batch = TickBatch.create(2);
    batch.time.set([1, 2]);
    batch.bid.set([1, 1]);
    batch.ask.set([2, 4]);
    const table = { sources: [{ id: 0, name: 'mt5:a' }], symbols: [{ id: 0, sourceId: 0, name: 'EURUSD', rawName: 'EURUSD', digits: 5 }] };
    // Before it is started, as a host may: nothing of it is lost.
    host.send(PipeFrame.symbols, new TextEncoder().encode(JSON.stringify(table)));
    host.send(PipeFrame.ticks, batch.bytes);
    host.start();
    await host.until('a record', () => host.collected.records.length === 1);
    expect(host.collected.records[0]).toMatchObject({
      stream: 'analysis',
      seq: 1,
      time: 2,
      symbol: 'EURUSD',
      body: { spread: 2, missedTicks: 0 },
    });
  });

  it('names every capability and every field of the manifest', () => {
    for (const token of Object.keys(capabilities)) expect(text).toContain(`| \`${token}\` |`);
    const named = new Set(Object.values(capabilities).map(({ name }) => name));
    for (const allowed of Object.values(CAPABILITIES_OF_KIND)) for (const name of allowed) expect(named).toContain(name);
    const { properties } = manifestJsonSchema() as { properties: Record<string, { properties?: object }> };
    for (const [field, { properties: inner }] of Object.entries(properties)) {
      if (field === '$schema') continue;
      for (const name of inner ? Object.keys(inner).map((key) => `${field}.${key}`) : [field]) expect(text).toContain(`\`${name}\``);
    }
  });
});
