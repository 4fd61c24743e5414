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
