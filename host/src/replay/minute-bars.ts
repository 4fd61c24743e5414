import type { SymbolEntry, TickBatch } from '@tickhub/plugin-sdk/host';

const MINUTE = 60_000;

interface OpenBar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  ticks: number;
}

/** A one-minute bar of the bid that is over. `time` is when it opened, UTC. */
export interface MinuteBar extends Readonly<OpenBar> {
  readonly symbolId: number;
}

/** Builds one-minute bars of the bid as ticks pass by. A bar is over with the first tick of a later minute; ticks without a bid count for none. */
export class MinuteBars {
  readonly #open = new Map<number, OpenBar>();
  readonly #onBar: (bar: MinuteBar) => void;

  constructor(onBar: (bar: MinuteBar) => void) {
    this.#onBar = onBar;
  }

  /** Takes tick `i` of a batch with host ids. */
  tick(batch: TickBatch, i: number): void {
    const bid = batch.bid[i] as number;
    if (bid === 0) return;
    const symbolId = batch.symbol[i] as number;
    const utc = (batch.time[i] as number) - batch.utcOffsetMs;
    const time = utc - (utc % MINUTE);
    const bar = this.#open.get(symbolId);
    if (bar === undefined || time > bar.time) {
      if (bar !== undefined) this.#onBar({ symbolId, ...bar });
      this.#open.set(symbolId, { time, open: bid, high: bid, low: bid, close: bid, ticks: 1 });
      return;
    }
    if (bid > bar.high) bar.high = bid;
    if (bid < bar.low) bar.low = bid;
    bar.close = bid;
    bar.ticks++;
  }

  /** The bars that were open at the end, by symbol. */
  end(): void {
    for (const [symbolId, bar] of [...this.#open].sort(([a], [b]) => a - b)) this.#onBar({ symbolId, ...bar });
    this.#open.clear();
  }
}

/** A bar as a line of a `bars` record. */
export function barLine(source: string, { name, digits }: SymbolEntry, { symbolId: _id, time, ...prices }: MinuteBar): object {
  return { stream: 'bars', source, symbol: name, digits, time, body: { widthMs: MINUTE, side: 'bid', ...prices, closed: true } };
}
