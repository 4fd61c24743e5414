import { z } from 'zod';

/** A line that was set aside. */
export const SetAside = z.object({ line: z.number().int(), what: z.string() });
export type SetAside = z.infer<typeof SetAside>;

/** What became of one file. */
export const ImportReport = z.object({
  file: z.string(),
  kind: z.enum(['ticks', 'bars']),
  source: z.string(),
  symbol: z.string(),
  digits: z.number().int(),
  /** New in history, and there already. */
  added: z.number().int(),
  duplicate: z.number().int(),
  setAside: z.number().int(),
  /** The first of them. */
  lines: z.array(SetAside),
  /** UTC of the first and the last row, epoch milliseconds; null where there is none. */
  from: z.number().nullable(),
  to: z.number().nullable(),
  /** Whether `tickhub history export` gives the file's bytes again. */
  exact: z.boolean(),
  /** What lies before this moment is over the tier's days: it is not shown, and goes. Null where the tier keeps all, or no host runs. */
  keptFrom: z.number().nullable(),
  seconds: z.number(),
  /** Why it ended early, where it did; what came before is in history. */
  damage: z.string().nullable(),
});
export type ImportReport = z.infer<typeof ImportReport>;

/** How far an import is. */
export const ImportProgress = z.object({ file: z.string(), rows: z.number().int(), read: z.number(), size: z.number() });
export type ImportProgress = z.infer<typeof ImportProgress>;

/** What to import, and as what. */
export const ImportRequest = z.strictObject({
  /** Absolute path. */
  file: z.string().min(1),
  source: z.string().regex(/^[A-Za-z0-9][\w.:-]{0,127}$/, 'letters, digits and . _ - :, such as mt5:demo-1'),
  symbol: z.string().min(1).max(64),
  /** Minutes or a zone; how the file's times become UTC. */
  serverTime: z.union([z.number(), z.string()]),
  digits: z.number().int().min(0).max(12).optional(),
  /** Width of a bar, where neither the file's name nor its rows say it. */
  barMs: z.number().int().positive().optional(),
});
export type ImportRequest = z.infer<typeof ImportRequest>;
