/**
 * Writes what volatility_v1.py fits: one row per closed bar of every symbol before 2018, as float32 and float64 files in the training's folder.
 * The features are the library's, so that the network is trained on the very numbers that it will be served.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { featureMatrix } from '@tickhub/plugin-sdk/features';
import { readBars } from '../data/read-bars.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { VALIDATE_UNTIL } from '../data/split.ts';

/** In the order in which the network takes them. */
export const INPUTS: readonly string[] = [
  ...[4, 8, 24, 48, 120, 240].map((bars) => `rv_${bars}`),
  ...[1, 2, 4, 8, 24, 48, 120, 240, 480].map((bars) => `park_${bars}`),
  ...[80, 94, 97, 99].map((percent) => `ewma_${percent}`),
  'down_share_24',
  ...[1, 4, 8, 24, 48, 120, 240, 480].map((bars) => `mom_${bars}`),
  'hour_sin',
  'hour_cos',
  ...[0, 1, 2, 3, 4, 5].map((day) => `weekday_${day}`),
];

const HORIZON_BARS = 24;

/** Writes to `folder` features.f32 (rows x inputs), target.f32 (log of the next 24 bars' mean squared return over the last 480's) and time.f64. */
export function writeFeatures(folder: string, dir?: string): void {
  mkdirSync(folder, { recursive: true });
  const rows: Float32Array[] = [];
  const targets: number[] = [];
  const times: number[] = [];
  for (const { symbol } of SYMBOLS) {
    const { bars } = readBars(symbol, dir);
    const names = [...INPUTS, 'logrv_480'];
    const { values, first } = featureMatrix(bars, names);
    for (let row = first; row + HORIZON_BARS < bars.time.length; row++) {
      // The whole horizon must end before the year that nothing here may see.
      if ((bars.time[row + HORIZON_BARS] as number) >= VALIDATE_UNTIL) break;
      let sum = 0;
      for (let i = row + 1; i <= row + HORIZON_BARS; i++) sum += Math.log((bars.close[i] as number) / (bars.close[i - 1] as number)) ** 2;
      const at = row * names.length;
      rows.push(Float32Array.from(values.subarray(at, at + INPUTS.length)));
      targets.push(Math.log(Math.max(sum / HORIZON_BARS, 1e-14)) - (values[at + INPUTS.length] as number));
      times.push(bars.time[row] as number);
    }
  }
  const all = new Float32Array(rows.length * INPUTS.length);
  rows.forEach((row, i) => all.set(row, i * INPUTS.length));
  writeFileSync(path.join(folder, 'features.f32'), all);
  writeFileSync(path.join(folder, 'target.f32'), Float32Array.from(targets));
  writeFileSync(path.join(folder, 'time.f64'), Float64Array.from(times));
}
