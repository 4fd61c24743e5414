import { readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { emptyBars } from '@tickhub/plugin-sdk/features';
import { ServerTime } from '@tickhub/plugin-sdk/files';
import type { PointBars } from './points.ts';
import type { EvaluationSymbol } from './symbols.ts';

interface Layout {
  readonly header: string;
  /** Places of open, high, low, close and volume; the time is first. */
  readonly cells: readonly [number, number, number, number, number];
  readonly time: RegExp;
}

const LAYOUTS: Readonly<Record<EvaluationSymbol['source'], Layout>> = {
  // Broker time, prices in points of 1/100000 or 1/1000 or 1/100.
  ejtrader: {
    header: 'Date,open,high,low,close,tick_volume',
    cells: [1, 2, 3, 4, 5],
    time: /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):00$/,
  },
  // UTC, prices in the quote currency; the bid's side.
  lean: {
    header: 'time_utc,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size',
    cells: [1, 2, 3, 4, 5],
    time: /^(\d{4})(\d\d)(\d\d) (\d\d):(\d\d)$/,
  },
};

/**
 * Reads the bars of a symbol from the originals (SOURCES.md beside them says what they are), in UTC and whole points.
 * @param dir the folder that has `bars-h1` in it.
 * @throws {Error} naming the file, and the line that is not as it should be.
 */
export function readOriginal(dir: string, { original, source, digits }: EvaluationSymbol): PointBars {
  const file = path.join(dir, original);
  const { header, cells, time } = LAYOUTS[source];
  const [first, ...lines] = zstdDecompressSync(readFileSync(file)).toString('utf8').trimEnd().split(/\r?\n/);
  if (first !== header) throw new Error(`${file}: the header is "${first ?? ''}", and "${header}" is expected`);
  // The broker's clock: UTC+2, +3 in Europe's summer, measured against OANDA's bars.
  const clock = new ServerTime(source === 'ejtrader' ? 'EET-EU' : 0);
  const unit = source === 'ejtrader' ? 1 : 10 ** digits;
  const bars = emptyBars(lines.length);
  lines.forEach((line, i) => {
    const row = line.split(',');
    const when = time.exec(row[0] ?? '');
    const values = cells.map((cell) => Number(row[cell]));
    if (when === null || !values.every(Number.isFinite)) throw new Error(`${file}: line ${i + 2} is no bar: ${line}`);
    const [, year, month, day, hour, minute] = when.map(Number) as [number, number, number, number, number, number];
    bars.time[i] = clock.toUtc(Date.UTC(year, month - 1, day, hour, minute));
    const [open, high, low, close, volume] = values as [number, number, number, number, number];
    bars.open[i] = Math.round(open * unit);
    bars.high[i] = Math.round(high * unit);
    bars.low[i] = Math.round(low * unit);
    bars.close[i] = Math.round(close * unit);
    bars.volume[i] = volume;
  });
  return bars;
}
