import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import { emptyBars } from '@tickhub/plugin-sdk/features';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attachment, AttachmentMessage, IsolateLink } from './attachment.ts';
import { HostUnderTest } from './host-under-test.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** As it is shipped: what is in it is all that an isolate may read of Tickhub. */
const SDK = path.join(repository, 'plugin-sdk', 'dist');
const HOUR = 3_600_000;

const MEAN = { horizon: 1, inputs: { window: { window: 4 } }, outputs: { mean: { kind: 'value' } } };

let under: HostUnderTest | null = null;
afterEach(async () => {
  await under?.close();
  under = null;
});

function make(options: ConstructorParameters<typeof HostUnderTest>[1] = {}): HostUnderTest {
  under = new HostUnderTest(SDK, options);
  return under;
}

/** Drops the two files of a model into the plugin root. */
function drop({ root }: HostUnderTest, onnx: string, model: unknown, rest: Record<string, unknown> = {}): string {
  const folder = path.join(root, 'mine');
  mkdirSync(folder, { recursive: true });
  put(folder, onnx);
  writeFileSync(
    path.join(folder, 'plugin.json'),
    JSON.stringify({ id: 'mine', version: '1.0.0', kind: 'model', sdk: '^0.1.0', model, ...rest }),
  );
  return folder;
}

function put(folder: string, onnx: string): void {
  const file = path.join(folder, 'model.onnx');
  cpSync(path.join(repository, 'test', 'fixtures', 'own-models', `${onnx}.onnx`), `${file}.part`);
  renameSync(`${file}.part`, file);
}

/** The monitor's side of the plugins that are attached. */
class Monitor {
  readonly links: IsolateLink[] = [];
  readonly said: AttachmentMessage[] = [];

  readonly attach = (link: IsolateLink): Attachment => {
    this.links.push(link);
    return {
      startTerms: () => ({ cursors: [], verdicts: [], spool: null, tenant: 'test' }),
      onFrame: () => true,
      onMessage: (message) => void this.said.push(message),
      call: () => Promise.reject(new Error('nothing is called')),
      detach: () => undefined,
    };
  };

  /** Asks the newest isolate for an answer to four bars that close at `close`. */
  ask(id: number, close: number): void {
    const bars = emptyBars(5);
    for (let i = 0; i < 5; i++) {
      bars.time[i] = id * 100 * HOUR + i * HOUR;
      for (const name of ['open', 'high', 'low', 'close'] as const) bars[name][i] = close + i / 1e3;
    }
    const link = this.links.at(-1);
    link?.tell({ type: 'analyst-terms', terms: { models: [{ id: 'mine', allowed: true }], cacheBytes: 50 * 1_048_576 } });
    link?.tell({
      type: 'analyse',
      id,
      task: { type: 'bars', symbol: 'EURUSD', digits: 5, widthMs: HOUR, bars, context: NO_CONTEXT, models: null },
    });
  }

  answered(id: number): boolean {
    return this.said.some((message) => message.type === 'analysed' && message.id === id);
  }
}

describe('a model without code, in the sandbox', { timeout: 120_000 }, () => {
  it('is live when its two files are there, answers, and is swapped when the ONNX file is another one', async () => {
    const monitor = new Monitor();
    const t = make({ attach: monitor.attach });
    await t.host.start();
    const folder = drop(t, 'good/last-two', MEAN);
    await t.state('mine', 'running');
    monitor.ask(1, 1.1);
    await t.until(() => monitor.answered(1), 'an answer');
    expect(monitor.said).toMatchObject([
      { type: 'analyst', models: [{ id: 'mine', version: '1.0.0', horizonMs: HOUR }] },
      { type: 'analysed', failure: null, answers: [{ model: 'mine', value: expect.closeTo(Math.log(1.104 / 1.102) / 2, 6) as number }] },
    ]);
    const [before] = monitor.said;

    put(folder, 'bad/endless-above-two');
    await t.until(() => t.reloads.length === 1, 'the attempt with a file that does not fit');
    expect(t.reloads[0]).toMatchObject({
      outcome: 'kept',
      reason: expect.stringContaining('model.onnx has no output "mean"; it has "y"') as string,
    });
    put(folder, 'good/first-two');
    await t.until(() => t.reloads.length === 2, 'the swap');
    await t.host.settled();
    expect(t.reloads[1]).toMatchObject({ outcome: 'switched' });
    const after = monitor.said.findLast(({ type }) => type === 'analyst');
    expect(after).toMatchObject({ models: [{ id: 'mine' }] });
    expect(after).not.toEqual(before);
    monitor.ask(2, 1.1);
    await t.until(() => monitor.answered(2), 'an answer of the new one');
    expect(monitor.said.at(-1)).toMatchObject({ answers: [{ value: expect.closeTo(Math.log(1.102 / 1.1) / 2, 6) as number }] });
  });

  it('is refused by name: no file, a file elsewhere, a link, and one that comes to no end', async () => {
    const t = make();
    await t.host.start();
    const folder = drop(t, 'good/last-two', { ...MEAN, file: '../model.onnx' });
    const reason = (what: RegExp) => t.until(() => t.host.list().some(({ reason: why }) => what.test(why)), String(what));
    await reason(/model\.file.* lies outside/);
    drop(t, 'good/last-two', { ...MEAN, file: 'weights.onnx' });
    await reason(/"model\.file": there is no file "weights\.onnx"/);
    drop(t, 'good/last-two', MEAN);
    rmSync(path.join(folder, 'model.onnx'));
    symlinkSync(path.join(repository, 'test', 'fixtures', 'own-models', 'good', 'last-two.onnx'), path.join(folder, 'model.onnx'));
    await reason(/model\.onnx is a symbolic link/);
    rmSync(path.join(folder, 'model.onnx'));
    const x = { features: ['mom_24', 'mom_48', 'mom_120'] };
    drop(t, 'bad/endless', { inputs: { x }, outputs: { y: { kind: 'value' } } }, { limits: { startTimeoutMs: 1_500 } });
    await reason(/model\.onnx came to no end within 1500 ms/);
  });

  it('that spins on one question is ended, and the next one finds it again', async () => {
    const monitor = new Monitor();
    const t = make({ attach: monitor.attach });
    await t.host.start();
    const window = { window: 4, scaling: 'raw' };
    drop(t, 'bad/endless-above-two', { inputs: { window }, outputs: { y: { kind: 'value' } } });
    await t.state('mine', 'running');
    monitor.ask(1, 2.5);
    await t.until(() => t.transitions.some(({ plugin, to }) => plugin === 'mine' && to === 'backoff'), 'the end of it', 30_000);
    await t.until(() => t.info('mine').restarts > 0 && t.info('mine').state === 'running', 'it to be back', 60_000);
    expect(t.logged.some(({ message }) => message.includes('no sign of life'))).toBe(true);
    expect(monitor.answered(1)).toBe(false);
    monitor.ask(2, 1.1);
    await t.until(() => monitor.answered(2), 'an answer');
    expect(monitor.said.at(-1)).toMatchObject({ answers: [{ value: expect.closeTo(1.104, 5) as number }] });
  });
});
