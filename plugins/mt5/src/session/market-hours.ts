import type { TradingSession } from '../link/frames.ts';

const WEEK_MS = 7 * 86_400_000;
/** The epoch began on a Thursday; a broker's week begins on Sunday. */
const EPOCH_IN_WEEK_MS = 4 * 86_400_000;
/** SYMBOL_TRADE_MODE_DISABLED. */
const TRADE_DISABLED = 0;

export interface MarketHours {
  readonly tradeMode: number;
  /** Empty: the terminal knows of none. */
  readonly sessions: readonly TradingSession[];
}

/** `unknown`: nothing says when this symbol is traded. */
export type MarketState = 'open' | 'closed' | 'unknown';

function ofWeek(wallMs: number): number {
  return (((wallMs + EPOCH_IN_WEEK_MS) % WEEK_MS) + WEEK_MS) % WEEK_MS;
}

/** Whether a symbol is traded at a time by the broker's clock. Holidays are in no schedule. */
export function marketAt({ tradeMode, sessions }: MarketHours, wallMs: number): MarketState {
  if (sessions.length === 0) return 'unknown';
  if (tradeMode === TRADE_DISABLED) return 'closed';
  const second = ofWeek(wallMs) / 1_000;
  return sessions.some(({ opens, closes }) => opens <= second && second < closes) ? 'open' : 'closed';
}

/** For how long the market has been open, milliseconds; 0 when it is not, Infinity where it never closes. */
export function openFor({ sessions }: MarketHours, wallMs: number): number {
  const second = ofWeek(wallMs) / 1_000;
  const session = sessions.find(({ opens, closes }) => opens <= second && second < closes);
  return session === undefined ? 0 : (second - session.opens) * 1_000;
}

/** When it opens next, by the broker's clock, epoch milliseconds; null where it is not known. */
export function nextOpening({ tradeMode, sessions }: MarketHours, wallMs: number): number | null {
  if (sessions.length === 0 || tradeMode === TRADE_DISABLED) return null;
  const now = ofWeek(wallMs);
  const waits = sessions.map(({ opens }) => (opens * 1_000 - now + WEEK_MS) % WEEK_MS || WEEK_MS);
  return wallMs + Math.min(...waits);
}
