/**
 * Writes what tools/train/trend.py fits on: for each symbol the features of every closed bar as float32, as they are served, and the times and log closes
 * that its labels are made of. `node scripts/run.mjs tools/train/trend.ts OUT [DATA]`; DATA has the originals, else the repository's bars are taken.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION, featureMatrix } from '@tickhub/plugin-sdk/features';
import { readBars } from '../data/read-bars.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';

/** The path of the last day itself, longer ways, how straight they were, how the market moves, and when it is. */
const FEATURES = [
  ...[4, 8, 24, 48, 120, 240].map((window) => `rv_${window}`),
  ...[1, 4, 8, 24].map((window) => `park_${window}`),
  ...Array.from({ length: 24 }, (_, i) => `mom_${i + 1}`),
  ...[36, 48, 72, 120, 240, 480].map((window) => `mom_${window}`),
  ...[13, 25, 49, 97].map((window) => `slope_t_${window}`),
  'hour_sin',
  'hour_cos',
  ...Array.from({ length: 7 }, (_, day) => `weekday_${day}`),
];

const [out, data] = process.argv.slice(2);
if (out === undefined) throw new Error('usage: node scripts/run.mjs tools/train/trend.ts OUT [DATA]');
mkdirSync(out, { recursive: true });
for (const { symbol } of SYMBOLS) {
  const { bars } = readBars(symbol, data);
  const { first, values } = featureMatrix(bars, FEATURES);
  const width = FEATURES.length;
  writeFileSync(path.join(out, `${symbol}.features.f32`), new Uint8Array(Float32Array.from(values.subarray(first * width)).buffer));
  writeFileSync(path.join(out, `${symbol}.time.f64`), new Uint8Array(bars.time.slice(first).buffer));
  writeFileSync(path.join(out, `${symbol}.close.f64`), new Uint8Array(Float64Array.from(bars.close.subarray(first), Math.log).buffer));
}
const index = { version: FEATURES_VERSION, features: FEATURES, widthMs: H1, symbols: SYMBOLS.map(({ symbol }) => symbol) };
writeFileSync(path.join(out, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
