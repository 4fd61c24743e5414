import { cpSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { NO_CONTEXT } from '@tickhub/plugin-sdk';
import { sliceBars } from '@tickhub/plugin-sdk/features';
import type { Bars } from '@tickhub/plugin-sdk/features';
import { createHarness, readModel } from '@tickhub/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../../scripts/node-runtime.mjs';
import { readBars } from '../../tools/data/read-bars.ts';
import { WebServer } from '../counterparts/web/index.ts';
import { tickhub } from '../system/cli.ts';
import { HostProcess } from '../system/host-process.ts';
import { scratchDir } from '../system/market.ts';

const HOUR = 3_600_000;
const EXAMPLE = path.join(root, 'examples', 'own-model');
const AHEAD = 24;
const REMOVING = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 } as const;

/** The example, fed with bars up to `end`, as the monitor does. */
async function forecasts(bars: Bars, ends: readonly number[]): Promise<number[]> {
  const harness = createHarness(await readModel(path.join(EXAMPLE, 'plugin.json')));
  await harness.start();
  harness.analyst.allow();
  const common = { symbol: 'EURUSD', digits: 5, widthMs: HOUR };
  const values: number[] = [];
  for (const end of ends) {
    await harness.analyst.ask({ type: 'seed', ...common, bars: sliceBars(bars, end - 121, end - 1) });
    const [answer] = await harness.analyst.ask({
      type: 'bars',
      ...common,
      bars: sliceBars(bars, end - 1, end),
      context: NO_CONTEXT,
      models: null,
    });
    values.push(answer?.value ?? NaN);
  }
  await harness.stop();
  return values;
}

/** In percent, of the hours from `end` on. */
function realised({ close }: Bars, end: number): number {
  let sum = 0;
  for (let i = end; i < end + AHEAD; i++) sum += Math.log((close[i] ?? 1) / (close[i - 1] ?? 1)) ** 2;
  return 100 * Math.sqrt(sum);
}

describe('the example of an own model', () => {
  it('forecasts volatility better than the day before does, in years that it was not trained on', async () => {
    const { bars } = readBars('EURUSD');
    const first = bars.time.findIndex((time) => time >= Date.UTC(2017, 0, 1));
    const ends = Array.from({ length: 250 }, (_, i) => first + 200 + i * AHEAD).filter((end) => end + AHEAD < bars.time.length);
    const actual = ends.map((end) => realised(bars, end));
    // QLIKE of the variance (Patton 2011, J. Econometrics 160): 0 for a perfect forecast.
    const loss = (predicted: readonly number[]): number =>
      predicted.reduce((sum, value, i) => {
        const ratio = ((actual[i] ?? 0) / value) ** 2;
        return sum + ratio - Math.log(ratio) - 1;
      }, 0) / predicted.length;
    const ours = loss(await forecasts(bars, ends));
    const dayBefore = loss(ends.map((end) => realised(bars, end - AHEAD)));
    console.log(`example: QLIKE ${ours.toFixed(3)}, of the day before ${dayBefore.toFixed(3)}, ${ends.length} days of EURUSD from 2017 on`);
    expect(ours).toBeLessThan(dayBefore);
  });

  it('is refused by `tickhub plugins check` where the file is another one, by tensor and line', async () => {
    const dir = await scratchDir('own-model-check');
    const folder = path.join(dir, 'own-model');
    cpSync(EXAMPLE, folder, { recursive: true });
    cpSync(path.join(root, 'test', 'fixtures', 'own-models', 'good', 'logistic.onnx'), path.join(folder, 'model.onnx'));
    const { code, out, err } = await tickhub(['plugins', 'check', folder, '--data', dir]);
    expect(code).not.toBe(0);
    expect(out + err).toMatch(
      /plugin\.json:10:28: model\.inputs\.returns: model\.onnx has no input "returns"; it has "X" as float32 \[\?, 3\]\. Name one of them/,
    );
    expect(out + err).not.toContain('    at ');
    await rm(dir, REMOVING);
  });

  describe('by the steps of its README', { timeout: 120_000 }, () => {
    let dir: string;
    let host: HostProcess;
    let web: WebServer;

    beforeEach(async () => {
      dir = await scratchDir('own-model-example');
      web = await WebServer.start();
      tick();
      host = HostProcess.start({ dataDir: path.join(dir, 'host'), set: ['plugins.mt5.port=0'] });
      await host.ready();
    });
    afterEach(async () => {
      host.kill();
      await host.exited;
      await web.close();
      await rm(dir, REMOVING);
    });

    function tick(): void {
      const row = { symbol: 'EURUSD', time: Date.now(), bid: 1.1, ask: 1.1002 };
      web.put('/ticks', { body: JSON.stringify([row]), type: 'application/json' });
    }

    /** A market: a live tick, and the hours before it in the history. */
    async function openMarket(): Promise<void> {
      const folder = path.join(dir, 'host', 'plugins', 'my-ticks');
      const map = { symbol: '/symbol', time: { at: '/time', time: 'milliseconds' }, bid: '/bid', ask: '/ask' };
      const source = { type: 'http', url: web.url('/ticks'), format: 'json', everyMs: 500 };
      await mkdir(folder, { recursive: true });
      const manifest = { id: 'my-ticks', version: '1.0.0', kind: 'data-source', sdk: '^0.1.0', feed: { source, to: 'ticks', map } };
      await writeFile(path.join(folder, 'plugin.json'), JSON.stringify(manifest));
      const end = Math.floor(Date.now() / HOUR) * HOUR;
      const { bars } = readBars('EURUSD');
      const count = 200;
      const rows = Array.from({ length: count }, (_, i) => {
        const [date = '', time = ''] = new Date(end - (count - i) * HOUR).toISOString().split(/[T.]/);
        const prices = [bars.open, bars.high, bars.low, bars.close].map((column) => column[1_000 + i]?.toFixed(5));
        return [date.replaceAll('-', '.'), time, ...prices, 100, 0, 1].join('\t');
      });
      const file = path.join(dir, 'EURUSD_H1.csv');
      await writeFile(file, ['<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>', ...rows].join('\r\n'));
      await tickhub(['history', 'import', file, '--data', host.dataDir]);
      await host.statusWhen('the tick', ({ ticks }) => ticks.taken > 0);
    }

    it('is checked, copied, live, and says how much the market will move', async () => {
      await openMarket();
      const readme = await readFile(path.join(EXAMPLE, 'README.md'), 'utf8');
      const steps = [...readme.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split(/\n\s*/));
      const said: string[] = [];
      for (const step of steps) {
        const [command, ...words] = step.replace('DATA', host.dataDir).split(' ');
        if (command === 'cp') {
          const [, from = '', to = ''] = words;
          cpSync(path.join(root, from), to, { recursive: true });
          await host.statusWhen('the model to be live, and the market', ({ analysis }) => {
            tick();
            return analysis.symbols > 0 && analysis.models.some(({ id, allowed }) => id === 'own-model' && allowed);
          });
          continue;
        }
        expect(command).toBe('tickhub');
        const result = await tickhub([...words, '--data', host.dataDir]);
        expect([step, result.code, result.err]).toEqual([step, 0, '']);
        said.push(result.out);
      }
      const [checked, status, analysis] = said;
      expect(said).toHaveLength(3);
      expect(checked).toContain('own-model 1.0.0: fine');
      expect(status).toMatch(/own-model +1\.0\.0 +running/);
      expect(analysis).toMatch(/own-model[\s\S]*0\.\d+ ?%/);
    });
  });
});
