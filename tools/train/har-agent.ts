/**
 * Fits the HAR regression of the gateway's agent `har-garch-bench` and writes its coefficients: log mean squared return of the next 24 H1 bars on those of the last 24, 120 and 480, pooled over all
 * symbols, from bars before 2017, one sample a day, by ordinary least squares; half the variance of the residuals is added for the mean of a lognormal variable.
 *
 *     node scripts/run.mjs tools/train/har-agent.ts
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { featureMatrix } from '@tickhub/plugin-sdk/features';
import { readBars } from '../data/read-bars.ts';
import { SYMBOLS } from '../data/symbols.ts';
import { VALIDATE_FROM } from '../data/split.ts';

const HORIZON = 24;
const INPUTS = ['logrv_24', 'logrv_120', 'logrv_480'];
const FILE = path.resolve(import.meta.dirname, '../../plugins/websocket/src/gateway/agents/har-coefficients.ts');

const rows: number[][] = [];
const targets: number[] = [];
for (const { symbol } of SYMBOLS) {
  const { bars } = readBars(symbol);
  const { values, first } = featureMatrix(bars, INPUTS);
  for (let i = first; i + HORIZON < bars.time.length && (bars.time[i + HORIZON] as number) < VALIDATE_FROM; i += HORIZON) {
    let sum = 0;
    for (let k = 1; k <= HORIZON; k++) sum += Math.log((bars.close[i + k] as number) / (bars.close[i + k - 1] as number)) ** 2;
    if (sum === 0) continue;
    rows.push([1, ...INPUTS.map((_, k) => values[i * INPUTS.length + k] as number)]);
    targets.push(Math.log(sum / HORIZON));
  }
}
const [constant = 0, day = 0, week = 0, month = 0] = leastSquares(rows, targets);
const squares = rows.reduce((sum, row, i) => sum + ((targets[i] as number) - dot(row, [constant, day, week, month])) ** 2, 0);
const bias = squares / (rows.length - 4) / 2;
const digits = (value: number): string => value.toFixed(6);
writeFileSync(
  FILE,
  `/** Written by tools/train/har-agent.ts from ${rows.length} days before 2017 of ${SYMBOLS.length} symbols. The constant has half the residuals' variance in it. */
export const HAR = { constant: ${digits(constant + bias)}, day: ${digits(day)}, week: ${digits(week)}, month: ${digits(month)} };
`,
);
console.error(`${rows.length} days, bias ${digits(bias)}; written to ${FILE}`);

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/** By the normal equations, which four inputs of this size allow. */
function leastSquares(x: readonly number[][], y: readonly number[]): number[] {
  const n = x[0]?.length ?? 0;
  const system = Array.from({ length: n }, (_, i) => [
    ...Array.from({ length: n }, (_, j) => x.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0)),
    x.reduce((sum, row, r) => sum + (row[i] as number) * (y[r] as number), 0),
  ]);
  for (let i = 0; i < n; i++) {
    const pivot = system[i] as number[];
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const row = system[j] as number[];
      const factor = (row[i] as number) / (pivot[i] as number);
      for (let k = i; k <= n; k++) row[k] = (row[k] as number) - factor * (pivot[k] as number);
    }
  }
  return system.map((row, i) => (row[n] as number) / (row[i] as number));
}
