/** Numbers of the MT5 link, protocol 2. The byte layout is in `plugins/mt5/LINK.md`. */

export const PROTO = 2;
/** The protocol of peers that have nothing but ticks. */
export const TICKS_PROTO = 1;
/** From this one on there are books, bars, account and positions. */
export const RICH_PROTO = 2;

/** Bytes of one `MqlTick` record. */
export const TICK_BYTES = 60;

/** Bytes of one `MqlRates` record. */
export const RATES_BYTES = 60;

/** `u32 len | u8 type | u8 flags | u16 symIdx`. */
export const HEADER_BYTES = 8;

/** The smallest and largest `len`: what follows the u32, so 4 + body. */
export const MIN_LENGTH = 4;
export const MAX_LENGTH = 1_048_576;

/** Bytes of the longest string. */
export const MAX_STRING = 1_024;

/** The largest `len` of a HELLO: nothing longer is read from a peer that has not shown its token. */
export const MAX_HELLO_LENGTH = MIN_LENGTH + 48 + 3 * (2 + MAX_STRING);

/** `count` u16 and `firstSeq` u64 in front of the records of a TICKS frame. */
export const TICKS_HEAD_BYTES = 10;

/** The most ticks that fit into a frame. */
export const MAX_BATCH = Math.floor((MAX_LENGTH - MIN_LENGTH - TICKS_HEAD_BYTES) / TICK_BYTES);

/** `maxBackfillMs` of a SUB without a limit. */
export const NO_BACKFILL_LIMIT = 0xffff_ffff;

export const FrameType = {
  hello: 1,
  welcome: 2,
  symbol: 3,
  sub: 4,
  unsub: 5,
  watch: 6,
  get_bars: 7,
  ticks: 10,
  book: 11,
  bars: 12,
  account: 20,
  positions: 21,
  ping: 30,
  pong: 31,
  ack: 32,
  err: 33,
  bye: 34,
} as const;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(FrameType));

export function isFrameType(type: number): boolean {
  return KNOWN_TYPES.has(type);
}

/** The word for a frame type in messages: `TICKS`, or `type 99`. */
export function frameName(type: number): string {
  const entry = Object.entries(FrameType).find(([, value]) => value === type);
  return entry === undefined ? `type ${type}` : entry[0].toUpperCase();
}

/** Flags of a TICKS frame. */
export const TicksFlag = {
  backfill: 1,
  /** The last frame of the backfill. */
  end: 2,
  /** The terminal could not begin at the cursor: older history is gone, or the SUB did not ask for it. */
  truncated: 4,
} as const;

/** The documented bits of `MqlTick.flags`: BID 2, ASK 4, LAST 8, VOLUME 16, BUY 32, SELL 64. */
export const TICK_FLAGS_MASK = 126;

/** Bits of `wants` in a SUB. */
export const Wants = { ticks: 1, book: 2 } as const;

/** Bits of `share` in a WELCOME. */
export const Share = { account: 1, positions: 2 } as const;

/** Flags of a BARS frame. */
export const BarsFlag = {
  /** More frames answer the same request. */
  more: 1,
  /** The terminal cannot say yet: it has not loaded the history, or it knows no such width. */
  failed: 2,
} as const;

/** The flag of a POSITIONS frame that does not hold all of them. */
export const POSITIONS_CUT = 1;

/** ENUM_BOOK_TYPE. Market orders (3, 4) have no price to sort by. */
export const BookType = { sell: 1, buy: 2 } as const;

/** Codes of ERR and BYE. */
export const LinkCode = {
  badFrame: 1,
  badProto: 2,
  badToken: 3,
  duplicateEa: 4,
  helloTimeout: 5,
  noSymbol: 6,
  busy: 7,
  stopping: 10,
  reload: 11,
} as const;
export type LinkCode = (typeof LinkCode)[keyof typeof LinkCode];

/** Codes that do not end the connection. */
export function isFatal(code: number): boolean {
  return code !== LinkCode.noSymbol && code !== LinkCode.busy;
}
