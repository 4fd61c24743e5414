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

/** `DWX_Orders.txt`: rewritten at each change and at least once a second, so it tells that the EA lives. */
const Orders = z.object({
  account_info: z.object({
    number: z.number(),
    currency: z.string(),
    leverage: z.number(),
    free_margin: z.number(),
    balance: z.number(),
    equity: z.number(),
  }),
  orders: z.record(z.string(), z.object({ symbol: z.string(), type: z.string(), pnl: z.number(), swap: z.number() })),
});
export type DwxOrders = z.infer<typeof Orders>;

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

/** Reads `DWX_Orders.txt`. @throws {DwxFormatError} */
export function readOrders(text: string): DwxOrders {
  const orders = Orders.safeParse(parseObject(text));
  if (!orders.success) throw new DwxFormatError(`it has another shape than DWX Connect's: ${z.prettifyError(orders.error)}`);
  return orders.data;
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
