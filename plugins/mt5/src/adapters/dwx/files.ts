import { z } from '@tickhub/plugin-sdk';

/**
 * What the DWX Connect server EA writes, read from its source and its clients (github.com/darwinex/dwxconnect): JSON that is put together by hand,
 * one line and a line break, the whole file anew at each change.
 */

/** A price that the EA prints with `%.5f`. Of `inf` and `nan` the file is no JSON. */
const Price = z.number();

/** One symbol's entry in `DWX_Market_Data.txt`. The published server has no `last`; forks have more fields. */
const MarketEntry = z.object({ bid: Price, ask: Price, last: Price.optional() });

/** One entry in `DWX_Messages.txt`, under a number that rises: `time` is GMT. */
const Message = z.union([
  z.object({ type: z.literal('ERROR'), error_type: z.string(), description: z.string() }),
  z.object({ type: z.literal('INFO'), message: z.string() }),
]);
export type DwxMessage = z.infer<typeof Message>;

/** One bar of `DWX_Historic_Data.txt`; its key is when it opened, by the broker's clock and to the minute. */
const Bar = z.object({ open: Price, high: Price, low: Price, close: Price, tick_volume: z.number().min(0) });

export interface DwxBar {
  /** When it opened; broker's time, epoch seconds. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly ticks: number;
}

/** A file that is no JSON, or JSON of another kind: being written, or from another program. */
export class DwxFormatError extends Error {
  readonly code = 'DWX_FORMAT';

  constructor(what: string, cause?: unknown) {
    super(what, { cause });
    this.name = 'DwxFormatError';
  }
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DwxFormatError(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DwxFormatError('it is no JSON object');
  return value as Record<string, unknown>;
}

/**
 * Reads `DWX_Market_Data.txt`: calls `quote` for each symbol with prices that are numbers; `last` is 0 where there is none.
 * A part of the file is never taken for the whole: JSON ends with the brace that it began with. Returns how many entries had no such prices.
 * @throws {DwxFormatError}
 */
export function readMarketData(text: string, quote: (name: string, bid: number, ask: number, last: number) => void): number {
  let odd = 0;
  for (const [name, value] of Object.entries(parseObject(text))) {
    const entry = MarketEntry.safeParse(value);
    // An empty name: the hole that a refused symbol leaves in the EA's list.
    if (!entry.success || name === '') odd++;
    else quote(name, entry.data.bid, entry.data.ask, entry.data.last ?? 0);
  }
  return odd;
}

/**
 * Reads `DWX_Historic_Data.txt`, the answer to the last request of whichever client: bars by `SYMBOL_TIMEFRAME`, oldest first. Bars that are none are
 * left out. @throws {DwxFormatError}
 */
export function readHistory(text: string): Map<string, DwxBar[]> {
  const history = new Map<string, DwxBar[]>();
  for (const [key, bars] of Object.entries(parseObject(text))) {
    if (typeof bars !== 'object' || bars === null) throw new DwxFormatError(`"${key}" has no bars`);
    const read = Object.entries(bars).flatMap(([when, value]) => {
      const time = minuteOf(when);
      const bar = Bar.safeParse(value);
      if (time === null || !bar.success) return [];
      const { open, high, low, close, tick_volume: ticks } = bar.data;
      return [{ time, open, high, low, close, ticks: Math.round(ticks) }];
    });
    history.set(
      key,
      read.sort((a, b) => a.time - b.time),
    );
  }
  return history;
}

/** `2022.07.08 01:00`, as epoch seconds. */
function minuteOf(text: string): number | null {
  const [, year, month, day, hour, minute] = /^(\d{4})\.(\d\d)\.(\d\d) (\d\d):(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined || hour === undefined || minute === undefined) return null;
  const ms = Date.UTC(year, month - 1, day, hour, minute);
  const date = new Date(ms);
  // No 30th of February, and no hour 25.
  return date.getUTCDate() === day && date.getUTCHours() === hour && date.getUTCMonth() === month - 1 ? ms / 1_000 : null;
}

/** Reads `DWX_Messages.txt`: the newest messages (50 by the EA's default), oldest first. @throws {DwxFormatError} */
export function readMessages(text: string): { at: number; message: DwxMessage }[] {
  return Object.entries(parseObject(text))
    .flatMap(([key, value]) => {
      const at = Number(key);
      const message = Message.safeParse(value);
      return message.success && Number.isSafeInteger(at) ? [{ at, message: message.data }] : [];
    })
    .sort((a, b) => a.at - b.at);
}

/** The names that a `SUBSCRIBE_SYMBOL` error says the terminal does not have. */
export function refusedNames(message: DwxMessage): string[] {
  if (message.type !== 'ERROR' || message.error_type !== 'SUBSCRIBE_SYMBOL') return [];
  const list = /^Could not subscribe to symbols: (.*)$/.exec(message.description)?.[1] ?? '';
  return list.split(', ').filter((name) => name !== '');
}
