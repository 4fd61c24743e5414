import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { FEATURES_VERSION, featureMatrix } from '@tickhub/plugin-sdk/features';
import { readBars } from '../data/read-bars.ts';
import { H1, SYMBOLS } from '../data/symbols.ts';
import { writeNpy } from './npy.ts';
import type { Training } from './training.ts';

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

/** Of each symbol the features of every closed bar as float32, as they are served, and the times and log closes that the labels are made of. */
export const training: Training = {
  python: ['torch', 'sklearn', 'numpy'],
  prepare({ arrays, data }) {
    for (const { symbol } of SYMBOLS) {
      const { bars } = readBars(symbol, data);
      const { first, rows, values } = featureMatrix(bars, FEATURES);
      const width = FEATURES.length;
      writeNpy(arrays, `${symbol}.features`, Float32Array.from(values.subarray(first * width)), [rows - first, width]);
      writeNpy(arrays, `${symbol}.time`, bars.time.slice(first));
      writeNpy(arrays, `${symbol}.close`, Float64Array.from(bars.close.subarray(first), Math.log));
    }
    const index = { version: FEATURES_VERSION, features: FEATURES, widthMs: H1, symbols: SYMBOLS.map(({ symbol }) => symbol) };
    writeFileSync(path.join(arrays, 'index.json'), `${JSON.stringify(index, null, 2)}\n`);
  },
};
