import { z } from 'zod';

/** Price and volume in lots. */
const Level = z.tuple([z.number(), z.number().min(0)]);

/** Body of a `book` record: the whole order book of a symbol at one moment, best prices first. The newest replaces all before it. */
export const BookBody = z.strictObject({
  bids: z.array(Level).max(1_000),
  asks: z.array(Level).max(1_000),
});
export type BookBody = z.infer<typeof BookBody>;
