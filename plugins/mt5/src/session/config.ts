import { z } from '@tickhub/plugin-sdk';

const MINUTE_MS = 60_000;

/** The widths that a terminal has bars of, besides the week and the month, which have no fixed length. */
export const BAR_WIDTHS_MS = {
  '1m': MINUTE_MS,
  '2m': 2 * MINUTE_MS,
  '3m': 3 * MINUTE_MS,
  '4m': 4 * MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '6m': 6 * MINUTE_MS,
  '10m': 10 * MINUTE_MS,
  '12m': 12 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '20m': 20 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '2h': 120 * MINUTE_MS,
  '3h': 180 * MINUTE_MS,
  '4h': 240 * MINUTE_MS,
  '6h': 360 * MINUTE_MS,
  '8h': 480 * MINUTE_MS,
  '12h': 720 * MINUTE_MS,
  '1d': 1_440 * MINUTE_MS,
} as const;

const Width = z.enum(Object.keys(BAR_WIDTHS_MS) as (keyof typeof BAR_WIDTHS_MS)[]);

const Book = z.strictObject({
  symbols: z
    .union([z.literal('all'), z.array(z.string().min(1).max(64)).max(1_000)])
    .default([])
    .describe('Whose order books are taken: `"all"`, or canonical or broker\'s names. Each book is a metered record.'),
  perSecond: z.number().min(0.1).max(20).default(5).describe('The most books a second of one symbol. The newest wins.'),
  levels: z.number().int().min(1).max(1_000).default(20).describe('The most levels of a side, best prices first.'),
});

const Bars = z.strictObject({
  widths: z.array(Width).max(19).default(['1m']).describe("Which of the terminal's bars fill the history up."),
  days: z
    .number()
    .min(0)
    .max(3_650)
    .default(3)
    .describe("How many days back; not more than the tier's history keeps is of use. 0: none. Each bar is a metered record, once."),
  hourlyDays: z
    .number()
    .min(0)
    .max(3_650)
    .default(45)
    .describe(
      "How many days back bars of an hour are taken besides, for the models: they need the last 480 to 900 hours, and are silent for that long without. They keep them whatever days the tier's history has. 0: none.",
    ),
});

/** What is taken of a terminal besides ticks. */
export const terminalFields = {
  book: Book.prefault({}).describe('Order books, where the broker publishes depth.'),
  bars: Bars.prefault({}).describe("Bars from the terminal's own history."),
  share: z
    .array(z.enum(['account', 'positions']))
    .default([])
    .describe(
      'What of the trading account leaves this machine: `"account"` (balance, equity, margin), `"positions"` (open positions). Nothing by default; the EA is not even asked.',
    ),
};
