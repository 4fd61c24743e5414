import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION, sliceBars } from '@tickhub/plugin-sdk/features';
import { z } from 'zod';
import { CHART_CLASSES } from '../../plugins/models/src/pattern/charts/classes.ts';
import { patternsSoFar, RULE_BARS } from '../../plugins/models/src/pattern/charts/causal.ts';
import { readChart, RULE_LAGS } from '../../plugins/models/src/pattern/charts/chart-reading.ts';
import { CHANNELS, WINDOW, windowReach, writeChartWindow } from '../../plugins/models/src/pattern/charts/chart-window.ts';
import { ModelFile } from '../../plugins/models/src/model-file.ts';
import type { StoredModel } from '../../plugins/models/src/model-file.ts';
import { Network } from '../../plugins/models/src/sessions/network.ts';
import { loadRuntime } from '../../plugins/models/src/sessions/runtime.ts';
import { readBars } from '../data/read-bars.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';
import { VALIDATE_FROM, VALIDATE_UNTIL } from '../data/split.ts';
import { seededRandom } from '../evaluate/metrics/bootstrap.ts';
import { LABEL_HORIZON, labelsWithHindsight } from './charts/labels.ts';
import { resampledBars } from './charts/resampled.ts';
import type { Training, TrainingJob } from './training.ts';

const ROW = WINDOW * CHANNELS;
const EMBARGO = (WINDOW + LABEL_HORIZON) * H1;
/** Of the bars without a pattern every so manieth is trained on; the network's logits are put right for it. */
const NONE_STRIDE = 8;
/** Bars that are made of the training years' blocks, beside the years themselves. */
const MADE = 800_000;
const AHEAD = 24;
const SEED = 20_261_125;
const SPLITS = [
  { name: 'train', from: 0, to: VALIDATE_FROM - EMBARGO, noneStride: NONE_STRIDE },
  { name: 'validate', from: VALIDATE_FROM, to: VALIDATE_UNTIL - EMBARGO, noneStride: 1 },
] as const;

/** What Python leaves: fitted on the validation year. */
const Fit = z.object({
  temperature: z.number(),
  offsets: z.array(z.number()),
  rules: z.array(z.array(z.number())),
  decision: z.array(z.number()),
});

/** Windows and labels: class, first and last turning point, and whether the close 24 bars on is higher. */
function writeSplit({ name, from, to, noneStride }: (typeof SPLITS)[number], { arrays, data, say }: TrainingJob): void {
  const windows: Float32Array[] = [];
  const rows: number[] = [];
  const rises: number[] = [];
  const calls: number[] = [];
  const isWithin = (time: number): boolean => time >= from && time < to;
  const sources = SYMBOLS.map(({ symbol }) => ({ bars: readBars(symbol, data).bars, isWithin }));
  if (name === 'train') {
    const years = sources.map(({ bars }) =>
      sliceBars(
        bars,
        0,
        bars.time.findIndex((time) => time >= to),
      ),
    );
    sources.push({ bars: resampledBars(years, MADE, seededRandom(SEED)), isWithin: () => true });
  }
  for (const { bars, isWithin: counts } of sources) {
    const labels = labelsWithHindsight(bars);
    const prices = bars.close.map(Math.log);
    for (let at = RULE_BARS - 1; at < bars.time.length - AHEAD; at++) {
      if (!counts(bars.time[at] as number)) continue;
      const pattern = labels[at] ?? null;
      if (pattern === null && at % noneStride !== 0) continue;
      const window = new Float32Array(ROW);
      writeChartWindow(bars, at, window);
      windows.push(window);
      const first = at - WINDOW + 1;
      if (pattern === null) rows.push(0, -1, -1);
      else rows.push(CHART_CLASSES.indexOf(pattern.name), pattern.start - first, pattern.end - first);
      if (name === 'validate') {
        const ruled = patternsSoFar(prices.subarray(at - RULE_BARS + 1, at + 1), RULE_LAGS);
        calls.push(...ruled.map((found) => CHART_CLASSES.indexOf(found?.name ?? 'none')));
      }
      rises.push((bars.close[at + AHEAD] as number) > (bars.close[at] as number) ? 1 : 0);
    }
  }
  const all = new Float32Array(windows.length * ROW);
  windows.forEach((window, i) => all.set(window, i * ROW));
  writeFileSync(path.join(arrays, `${name}.windows.f32`), all);
  writeFileSync(path.join(arrays, `${name}.labels.i16`), Int16Array.from(rows));
  writeFileSync(path.join(arrays, `${name}.rises.u8`), Uint8Array.from(rises));
  writeFileSync(path.join(arrays, `${name}.calls.u8`), Uint8Array.from(calls));
  say(`${name}: ${windows.length} windows`);
}

function readWindows(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function reachOfTraining(arrays: string): { low: number; high: number } {
  const windows = readWindows(path.join(arrays, 'train.windows.f32'));
  const reaches = Float64Array.from({ length: windows.length / ROW }, (_, i) =>
    windowReach(windows.subarray(i * ROW, (i + 1) * ROW)),
  ).sort();
  const quantile = (share: number): number => reaches[Math.floor(share * (reaches.length - 1))] as number;
  return { low: quantile(0.001), high: quantile(0.999) };
}

/** Events of the validation year by what the network calls them, and how many of them were followed by a rise. */
async function risesAfter(
  stored: StoredModel,
  fit: z.infer<typeof Fit>,
  arrays: string,
): Promise<Record<string, { n: number; up: number }>> {
  const windows = readWindows(path.join(arrays, 'validate.windows.f32'));
  const rises = readFileSync(path.join(arrays, 'validate.rises.u8'));
  const calls = readFileSync(path.join(arrays, 'validate.calls.u8'));
  const runtime = await loadRuntime('native', () => undefined);
  const network = await Network.open(stored, runtime);
  const { logits } = await network.run({ window: { data: windows, dims: [WINDOW, CHANNELS] } }, rises.length);
  const counts: Record<string, { n: number; up: number }> = Object.fromEntries(CHART_CLASSES.map((name) => [name, { n: 0, up: 0 }]));
  let before = '';
  for (let i = 0; i < rises.length; i++) {
    const { chosen } = readChart(logits as Float32Array, calls.subarray(i * RULE_LAGS.length), fit, i * CHART_CLASSES.length);
    const count = counts[chosen];
    if (chosen !== before && count !== undefined) {
      count.n++;
      count.up += rises[i] as number;
    }
    before = chosen;
  }
  await network.release();
  return counts;
}

export const training: Training = {
  python: ['torch', 'onnx', 'numpy'],
  prepare(job) {
    for (const split of SPLITS) writeSplit(split, job);
    const about = { classes: CHART_CLASSES, window: WINDOW, channels: CHANNELS, noneStride: NONE_STRIDE };
    writeFileSync(path.join(job.arrays, 'about.json'), JSON.stringify(about));
  },
  async finish({ arrays, output }) {
    const fitFile = path.join(output, 'fit.json');
    const fit = Fit.parse(JSON.parse(readFileSync(fitFile, 'utf8')));
    const onnx = readFileSync(path.join(output, 'model.onnx'));
    const file = ModelFile.parse({
      id: 'pattern_v2',
      version: '2.0.0',
      tier: 'pro',
      question: 'which chart pattern is complete now, and which candlesticks end with the last bar',
      horizonMs: 0,
      output: { kind: 'probabilities', classes: [...CHART_CLASSES] },
      bars: { widthMs: H1, need: RULE_BARS, want: RULE_BARS },
      streams: [],
      sha256: createHash('sha256').update(onnx).digest('hex'),
      features: FEATURES_VERSION,
      inputs: [],
      range: { low: [], high: [] },
      constants: { ...fit, reach: reachOfTraining(arrays) },
    });
    const model = { ...file, constants: { ...file.constants, up24: await risesAfter({ file, onnx }, fit, arrays) } };
    writeFileSync(path.join(output, 'model.json'), `${JSON.stringify(model, null, 2)}\n`);
    rmSync(fitFile);
  },
};
