import { z } from 'zod';

/** Body of an `account` record: a trading account as its terminal shows it. Read only; the newest replaces all before it. */
export const AccountBody = z.strictObject({
  /** A hash of server and login, stable for one account; the login itself does not leave the terminal. */
  account: z.string().min(1).max(64),
  server: z.string().max(128),
  /** ISO 4217 where the broker uses it. */
  currency: z.string().max(16),
  leverage: z.number().int().min(0),
  balance: z.number(),
  equity: z.number(),
  margin: z.number(),
  freeMargin: z.number(),
  profit: z.number(),
  mode: z.enum(['demo', 'contest', 'real']),
});
export type AccountBody = z.infer<typeof AccountBody>;

/** One open position. Prices are the broker's, volume is in lots, profit and swap in the account's currency. */
export const Position = z.strictObject({
  ticket: z.string().min(1).max(32),
  symbol: z.string().min(1).max(64),
  side: z.enum(['buy', 'sell']),
  volume: z.number().min(0),
  /** When it was opened, Unix epoch milliseconds, UTC. */
  openedAt: z.number(),
  openPrice: z.number(),
  currentPrice: z.number(),
  stopLoss: z.number().nullable(),
  takeProfit: z.number().nullable(),
  profit: z.number(),
  swap: z.number(),
});
export type Position = z.infer<typeof Position>;

/** Body of a `positions` record: all open positions of an account. Read only; the newest replaces all before it. */
export const PositionsBody = z.strictObject({ account: z.string().min(1).max(64), positions: z.array(Position).max(5_000) });
export type PositionsBody = z.infer<typeof PositionsBody>;
