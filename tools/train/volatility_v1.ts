/**
 * Trains volatility_v1 and fits the constants of risk_v2, which rests on it, from bars before 2018: features, the network (volatility_v1.py), and what its forecasts,
 * joined with the HAR's as they are served, were off by. Writes model.onnx and model.json of both.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION, sliceBars } from '@tickhub/plugin-sdk/features';
import { BarSeries } from '../../plugins/models/src/bar-series.ts';
import { ModelFile } from '../../plugins/models/src/model-file.ts';
import { Network } from '../../plugins/models/src/sessions/network.ts';
import { loadRuntime } from '../../plugins/models/src/sessions/runtime.ts';
import { makeVolatility, SymbolVolatility } from '../../plugins/models/src/volatility/volatility.ts';
import { readBars } from '../data/read-bars.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';
import { VALIDATE_UNTIL } from '../data/split.ts';
import type { Training, TrainingJob } from './training.ts';
import { INPUTS, writeFeatures } from './volatility-features.ts';

const HORIZON_BARS = 24;
const POOLED = 1_000;

export const training: Training = {
  python: ['torch', 'onnx', 'numpy'],
  prepare: ({ arrays, data }) => writeFeatures(arrays, data),
  finish: calibrate,
};

async function calibrate(job: TrainingJob): Promise<void> {
  const riskDir = path.join(path.dirname(job.output), 'risk_v2');
  const onnxName = path.join(job.output, 'model.onnx');
  const range: unknown = JSON.parse(readFileSync(path.join(job.arrays, 'range.json'), 'utf8'));
  const onnx = readFileSync(onnxName);
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const common = { sha256, features: FEATURES_VERSION, horizonMs: HORIZON_BARS * H1 };
  const draft = ModelFile.parse({
    id: 'volatility_v1',
    version: '1.0.0',
    ...common,
    tier: 'free',
    question: 'how much a price moves in the next 24 hours: the standard deviation of its log return',
    output: { kind: 'value', unit: '%' },
    // The regression's 24,000 bars, its longest window, and what may pass until it is fitted again.
    bars: { widthMs: H1, need: 481, want: 24_700 },
    inputs: INPUTS,
    range,
    constants: { withinSigma: 0.7, bandSigmas: 1 },
  });
  const moves = await movesBefore2018(draft, onnx, job.data);
  const sizes = moves.ends.map(Math.abs).sort();
  const withinSigma = sizes.filter((size) => size < 1).length / sizes.length;
  write(job.output, { ...draft, constants: { withinSigma, bandSigmas: sizes[Math.round(0.682689 * sizes.length)] } });
  mkdirSync(riskDir, { recursive: true });
  copyFileSync(onnxName, path.join(riskDir, 'model.onnx'));
  write(riskDir, {
    id: 'risk_v2',
    version: '2.0.0',
    ...common,
    tier: 'enterprise',
    question: 'what can be lost in 24 hours: value at risk and expected shortfall, and whether stops are hit',
    output: { kind: 'quantiles', levels: [0.01, 0.025, 0.05, 0.95, 0.975, 0.99], unit: '%' },
    // 12,000 windows of 24 bars beside what volatility_v1 wants.
    bars: { widthMs: H1, need: 481, want: 36_800 },
    inputs: [],
    range: { low: [], high: [] },
    constants: { pooled: { ends: spaced(moves.ends), lows: spaced(moves.lows), highs: spaced(moves.highs) } },
  });
  job.say(`${moves.ends.length} windows before 2018; within one sigma ${withinSigma.toFixed(4)}`);
}

/** Ends, lows and highs of the 24 bars after each bar, in units of the forecast sigma. */
async function movesBefore2018(
  file: ModelFile,
  onnx: Uint8Array,
  data: string | undefined,
): Promise<Record<'ends' | 'lows' | 'highs', Float64Array>> {
  const network = await Network.open({ file, onnx }, await loadRuntime('native', console.warn));
  const model = makeVolatility(file, network);
  const out: Record<'ends' | 'lows' | 'highs', number[]> = { ends: [], lows: [], highs: [] };
  for (const { symbol, digits } of SYMBOLS) {
    const all = readBars(symbol, data).bars;
    const bars = sliceBars(
      all,
      0,
      all.time.findIndex((time) => time >= VALIDATE_UNTIL),
    );
    const volatility = model.symbol(new BarSeries(symbol, digits, H1), new Map());
    if (!(volatility instanceof SymbolVolatility)) throw new Error('not the volatility model');
    const forecasts = await volatility.past(bars, bars.time.length);
    for (let i = 0; i + HORIZON_BARS < bars.time.length; i++) {
      const forecast = forecasts[i];
      if (forecast === null || forecast === undefined || forecast.har === null) continue;
      const sigma = Math.sqrt(HORIZON_BARS * forecast.variance);
      const move = (price: number): number => Math.log(price / (bars.close[i] as number)) / sigma;
      out.ends.push(move(bars.close[i + HORIZON_BARS] as number));
      out.lows.push(move(Math.min(...bars.low.subarray(i + 1, i + HORIZON_BARS + 1))));
      out.highs.push(move(Math.max(...bars.high.subarray(i + 1, i + HORIZON_BARS + 1))));
    }
  }
  const { ends, lows, highs } = out;
  return { ends: Float64Array.from(ends).sort(), lows: Float64Array.from(lows).sort(), highs: Float64Array.from(highs).sort() };
}

/** 1,000 quantiles at (k - 0.5) / 1,000. */
function spaced(sorted: Float64Array): number[] {
  return Array.from({ length: POOLED }, (_, k) => Number((sorted[Math.floor(((k + 0.5) / POOLED) * sorted.length)] as number).toFixed(5)));
}

function write(dir: string, file: unknown): void {
  writeFileSync(path.join(dir, 'model.json'), `${JSON.stringify(file, null, 1)}\n`);
}
