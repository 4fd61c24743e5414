/** The frames of LINK.md as plain values. */
import type { TickCursor } from '@tickhub/plugin-sdk';

export interface Hello {
  readonly proto: number;
  readonly sizeofTick: number;
  readonly linkId: bigint;
  readonly loginHash: bigint;
  /** Epoch seconds by the broker's clock. */
  readonly timeTradeServer: number;
  /** Epoch seconds, UTC, by the terminal's PC. */
  readonly timeGmt: number;
  /** Broker time of the last quote, epoch seconds. */
  readonly timeCurrent: number;
  readonly terminalBuild: number;
  readonly eaId: string;
  readonly server: string;
  readonly token: string;
}

export interface Welcome {
  readonly proto: number;
  readonly heartbeatMs: number;
  /** The most ticks in one TICKS frame. */
  readonly maxBatch: number;
  readonly sweepMs: number;
  /** From protocol 2 on: the shortest time between two BOOKs of a symbol. */
  readonly bookMs?: number;
  /** From protocol 2 on: {@link Share} bits. */
  readonly share?: number;
}

/** A trading session, in seconds of the broker's week, which begins on Sunday at 0:00. */
export interface TradingSession {
  readonly opens: number;
  readonly closes: number;
}

export interface SymbolSpec {
  /** From 1. */
  readonly symIdx: number;
  readonly name: string;
  readonly digits: number;
  readonly tradeMode: number;
  readonly bookDepth: number;
  readonly point: number;
  readonly contractSize: number;
  readonly path: string;
  /** Profit currency. */
  readonly currency: string;
  /** From protocol 2 on: SYMBOL_CHART_MODE, 0 where bars are made of bids, 1 of trades. */
  readonly chartMode?: number;
  /** From protocol 2 on; empty where the terminal knows of none. */
  readonly sessions?: readonly TradingSession[];
}

export interface Sub {
  readonly symIdx: number;
  readonly cursor: TickCursor;
  readonly maxBackfillMs: number;
  readonly wants: number;
}

/** What the EA's PING says besides its number. */
export interface TerminalReport {
  readonly timeTradeServer: number;
  readonly timeGmt: number;
  /** TERMINAL_CONNECTED: the terminal has its broker. */
  readonly connected: boolean;
  readonly ticksSent: number;
  readonly sendStalls: number;
  readonly copyErrors: number;
}

export interface Ping {
  readonly seq: bigint;
  /** The sender's monotonic clock, microseconds. */
  readonly clockUs: bigint;
  /** Null in the plugin's PING. */
  readonly report: TerminalReport | null;
}

/** One price of an order book. */
export interface BookLevel {
  /** {@link BookType}, or 3 and 4 for market orders. */
  readonly type: number;
  readonly price: number;
  /** Lots. */
  readonly volume: number;
}

export interface BookFrame {
  /** Broker time, epoch milliseconds. */
  readonly timeMsc: number;
  readonly levels: readonly BookLevel[];
}

export interface BarsRequest {
  readonly id: number;
  readonly widthMs: number;
  /** Broker time, epoch seconds: bars that opened from `from` to `to`, both included. */
  readonly from: number;
  readonly to: number;
}

/** An `MqlRates`. */
export interface Rate {
  /** When it opened; broker time, epoch seconds. */
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly ticks: number;
  /** Points. */
  readonly spread: number;
  /** Lots; 0 where the broker gives none. */
  readonly volume: number;
}

export interface BarsFrame {
  readonly id: number;
  readonly widthMs: number;
  readonly rates: readonly Rate[];
  readonly more: boolean;
  readonly failed: boolean;
}

export interface AccountFrame {
  /** Broker time, epoch milliseconds. */
  readonly timeMsc: number;
  /** ENUM_ACCOUNT_TRADE_MODE: 0 demo, 1 contest, 2 real. */
  readonly mode: number;
  readonly leverage: number;
  readonly balance: number;
  readonly equity: number;
  readonly margin: number;
  readonly freeMargin: number;
  readonly profit: number;
  readonly currency: string;
}

export interface PositionEntry {
  readonly ticket: bigint;
  readonly side: 'buy' | 'sell';
  /** Lots. */
  readonly volume: number;
  /** Broker time, epoch milliseconds. */
  readonly openedMsc: number;
  readonly openPrice: number;
  readonly currentPrice: number;
  /** 0: none. */
  readonly stopLoss: number;
  readonly takeProfit: number;
  readonly profit: number;
  readonly swap: number;
  /** The broker's name. */
  readonly symbol: string;
}

export interface PositionsFrame {
  /** Broker time, epoch milliseconds. */
  readonly timeMsc: number;
  readonly positions: readonly PositionEntry[];
  /** There were more than the frame holds. */
  readonly cut: boolean;
}

export interface AckEntry {
  readonly symIdx: number;
  readonly cursor: TickCursor;
}

export interface Notice {
  readonly code: number;
  readonly text: string;
}

/**
 * One TICKS frame, still in the buffer that it came in: record i begins at `at + i * 60` of `view` and is only valid until the handler
 * returns. One object is used again for every frame.
 */
export interface TicksFrame {
  symIdx: number;
  /** Number of the first tick on this connection, from 1; 0 where the peer does not count (line peers only). */
  firstSeq: number;
  count: number;
  /** {@link TicksFlag} bits. */
  flags: number;
  view: DataView;
  at: number;
}

export function emptyTicksFrame(): TicksFrame {
  return { symIdx: 0, firstSeq: 0, count: 0, flags: 0, view: new DataView(new ArrayBuffer(0)), at: 0 };
}
