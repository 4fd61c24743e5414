/** Recorded ticks as plain objects, straight from their CSV: what the history's bars and ticks are held against. */
import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { root } from '../../scripts/node-runtime.mjs';

export interface PlainTick {
  readonly time: number;
  readonly ordinal: number;
  readonly bid: number;
  readonly ask: number;
}

export interface Recording {
  readonly source: string;
  readonly symbol: string;
  readonly digits: number;
  readonly file: string;
}

/** The repository's own recording. */
export const DEMO: readonly Recording[] = [
  { source: 'demo', symbol: 'EURUSD', digits: 5, file: path.join(root, 'plugins/mt5/demo/EURUSD.csv.zst') },
  { source: 'demo', symbol: 'XAUUSD', digits: 3, file: path.join(root, 'plugins/mt5/demo/XAUUSD.csv.zst') },
];

const shared = path.join(process.env['TICKHUB_SHARED'] ?? path.join(root, '..', 'shared'), 'data', 'ticks');

/** The four million ticks that lie beside the repository where it is developed; none elsewhere. */
export const SHARED: readonly Recording[] = [
  { source: 'oanda', symbol: 'EURUSD', digits: 5, file: path.join(shared, 'EURUSD.oanda.ticks.csv.zst') },
  { source: 'oanda', symbol: 'XAUUSD', digits: 3, file: path.join(shared, 'XAUUSD.oanda.ticks.csv.zst') },
  { source: 'fxcm', symbol: 'EURUSD', digits: 5, file: path.join(shared, 'EURUSD.fxcm.ticks.csv.zst') },
  { source: 'nyse', symbol: 'IBM', digits: 2, file: path.join(shared, 'IBM.us-equity.quotes.csv.zst') },
].filter(({ file }) => existsSync(file));

/** Why {@link SHARED} is empty, or what it is. */
export const sharedTitle = SHARED.length === 0 ? `skipped: there are no recordings in ${shared}` : `from ${shared}`;

/** The ticks of a recording, some thousands at a time. A row of quotes may leave a side out: it is as it was. */
export async function* plainTicks({ file }: Recording): AsyncGenerator<PlainTick[]> {
  const text = pipeline(createReadStream(file), createZstdDecompress(), () => undefined);
  let names: string[] | null = null;
  let rest = '';
  let before: PlainTick = { time: -1, ordinal: 0, bid: 0, ask: 0 };
  text.setEncoding('utf8');
  for await (const piece of text as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    const ticks: PlainTick[] = [];
    for (const line of lines) {
      const cells = line.trim().split(',');
      if (names === null) {
        names = cells;
        continue;
      }
      const cell = (name: string): string => cells[(names ?? []).indexOf(name)] ?? '';
      const time = Number(cell('time_msc'));
      before = {
        time,
        ordinal: time === before.time ? before.ordinal + 1 : 0,
        bid: cell('bid') === '' ? before.bid : Number(cell('bid')),
        ask: cell('ask') === '' ? before.ask : Number(cell('ask')),
      };
      ticks.push(before);
    }
    if (ticks.length > 0) yield ticks;
  }
}

export interface PlainBar {
  readonly time: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  ticks: number;
}

/** Bars as anybody would make them of a list of ticks: an object each, no columns, no chunks. */
export class PlainBars {
  readonly bars: PlainBar[] = [];
  readonly #widthMs: number;
  readonly #price: (tick: PlainTick) => number;

  constructor(widthMs: number, price: (tick: PlainTick) => number) {
    this.#widthMs = widthMs;
    this.#price = price;
  }

  add(tick: PlainTick): void {
    const price = this.#price(tick);
    if (price === 0) return;
    const time = tick.time - (tick.time % this.#widthMs);
    const bar = this.bars.at(-1);
    if (bar?.time !== time) {
      this.bars.push({ time, open: price, high: price, low: price, close: price, ticks: 1 });
      return;
    }
    bar.high = Math.max(bar.high, price);
    bar.low = Math.min(bar.low, price);
    bar.close = price;
    bar.ticks++;
  }
}
