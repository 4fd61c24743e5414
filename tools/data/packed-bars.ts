import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { emptyBars } from '@tickhub/plugin-sdk/features';
import type { PointBars } from './points.ts';

const HOUR = 3_600_000;
const COLUMNS = 6;

/**
 * H1 bars in about 10 bytes each: brotli over one column after the other, each value an unsigned LEB128 number (signed ones in zigzag).
 * First the number of bars, then for each column its bytes' number and its values:
 * 1. hours since the bar before, the first since 1970; 2. open minus the close before (signed); 3. close minus open (signed);
 * 4. high minus the higher of both; 5. the lower of both minus low; 6. volume. Prices are whole points.
 */
export function packBars(bars: PointBars): Buffer {
  const count = bars.time.length;
  const columns = Array.from({ length: COLUMNS }, () => [] as number[]);
  let hour = 0;
  let before = 0;
  for (let i = 0; i < count; i++) {
    const [time, open, high, low, close, volume] = [
      bars.time[i],
      bars.open[i],
      bars.high[i],
      bars.low[i],
      bars.close[i],
      bars.volume[i],
    ] as [number, number, number, number, number, number];
    const values = [
      time / HOUR - hour,
      zigzag(open - before),
      zigzag(close - open),
      high - Math.max(open, close),
      Math.min(open, close) - low,
      volume,
    ];
    if (!values.every((value) => Number.isSafeInteger(value) && value >= 0)) {
      throw new Error(
        `bar ${i} (${new Date(time).toISOString()}) is not in whole hours, points and ticks, or its range is not around open and close`,
      );
    }
    values.forEach((value, column) => pushVarint(columns[column] as number[], value));
    hour = time / HOUR;
    before = close;
  }
  const bytes: number[] = [];
  pushVarint(bytes, count);
  const parts = [Buffer.from(bytes)];
  for (const column of columns) {
    const length: number[] = [];
    pushVarint(length, column.length);
    parts.push(Buffer.from(length), Buffer.from(column));
  }
  const raw = Buffer.concat(parts);
  return brotliCompressSync(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
}

/** @throws {Error} when the bytes are no packed bars. */
export function unpackBars(packed: Uint8Array): PointBars {
  const raw = brotliDecompressSync(packed);
  const reader = new VarintReader(raw);
  const count = reader.next();
  const columns = Array.from({ length: COLUMNS }, () => {
    const length = reader.next();
    const column = new VarintReader(raw.subarray(reader.at, reader.at + length));
    reader.at += length;
    return column;
  }) as [VarintReader, VarintReader, VarintReader, VarintReader, VarintReader, VarintReader];
  if (reader.at !== raw.length) throw new Error('packed bars: the columns are not as long as the file');
  const bars = emptyBars(count);
  let hour = 0;
  let close = 0;
  for (let i = 0; i < count; i++) {
    hour += columns[0].next();
    const open = close + unzigzag(columns[1].next());
    close = open + unzigzag(columns[2].next());
    bars.time[i] = hour * HOUR;
    bars.open[i] = open;
    bars.close[i] = close;
    bars.high[i] = Math.max(open, close) + columns[3].next();
    bars.low[i] = Math.min(open, close) - columns[4].next();
    bars.volume[i] = columns[5].next();
  }
  return bars;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

class VarintReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw new Error('packed bars: the file ends within a number');
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  }
}
