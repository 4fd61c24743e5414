import { BarColumns } from './bar-columns.ts';
import type { Bars } from './bars.ts';
import { featureSet } from './catalogue.ts';
import { Trailing } from './trailing.ts';

/** Features of all bars at once. */
export interface FeatureMatrix {
  readonly names: readonly string[];
  /** One row per bar. */
  readonly rows: number;
  /** First row that has bars enough; those before are NaN. */
  readonly first: number;
  /** Row after row, `names.length` to a row. Row i is as of the close of bar i. */
  readonly values: Float64Array;
}

/**
 * What {@link FeatureState} would write after each bar, bit for bit.
 * @throws {FeatureError} UNKNOWN_FEATURE, BAD_BAR
 */
export function featureMatrix(bars: Bars, names: readonly string[]): FeatureMatrix {
  const { features, needs } = featureSet(names);
  const rows = bars.time.length;
  const columns = new BarColumns(rows);
  const trailing = new Trailing(columns);
  const values = new Float64Array(rows * features.length).fill(NaN);
  const first = Math.min(rows, Math.max(0, needs - 1));
  let at = first * features.length;
  for (let row = 0; row < rows; row++) {
    columns.set(
      row,
      bars.time[row] as number,
      bars.open[row] as number,
      bars.high[row] as number,
      bars.low[row] as number,
      bars.close[row] as number,
      bars.volume[row] as number,
    );
    if (row < first) continue;
    trailing.moveTo(row);
    for (const feature of features) values[at++] = feature.compute(trailing);
  }
  return { names, rows, first, values };
}
