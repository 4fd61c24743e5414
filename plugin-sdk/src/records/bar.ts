import { z } from 'zod';

/** Which price a bar is of. */
export const PriceSide = z.enum(['bid', 'ask', 'mid', 'last']);
export type PriceSide = z.infer<typeof PriceSide>;

/** Body of a `bars` record: one bar of one symbol. The record's `time` is when the bar opened, UTC. */
export const BarBody = z.strictObject({
  /** Milliseconds from the bar's opening to the next one's: 60,000 for a minute. */
  widthMs: z.number().int().positive(),
  side: PriceSide,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  /** Ticks in it. */
  ticks: z.number().int().min(0),
  /** Traded volume in lots, where the source has it. */
  volume: z.number().min(0).optional(),
  /** Spread in points, where the source has it. */
  spread: z.number().min(0).optional(),
  /** False while it may still change. */
  closed: z.boolean(),
});
export type BarBody = z.infer<typeof BarBody>;
