import { z } from 'zod';
import { FileDialect, ServerTimeRule } from '@tickhub/plugin-sdk/files';

/** A row that its dialect does not give again: which tick it is of, and its bytes (a character each), newline included. */
const KeptRow = z.tuple([z.number(), z.number().int(), z.string()]);

/**
 * What is remembered of an imported file, so that its rows can be written again as they stood. The body of a `notice` record in history, beside the
 * ticks: it is snapshotted, sealed and retained as they are.
 */
export const ImportNote = z.strictObject({
  kind: z.literal('import'),
  /** Name without its folder. */
  file: z.string(),
  /** Of the file, unpacked. */
  sha256: z.string(),
  dialect: FileDialect,
  serverTime: ServerTimeRule,
  /** Rows that became ticks or bars, and lines that were set aside. */
  rows: z.number().int(),
  setAside: z.number().int(),
  /** The file's own time and ordinal of the first and the last tick. */
  first: z.tuple([z.number(), z.number().int()]),
  last: z.tuple([z.number(), z.number().int()]),
  /** One-sided rows before the first tick. */
  prologue: z.string(),
  kept: z.array(KeptRow),
  /** Whether an export of all of it has the file's bytes. */
  exact: z.boolean(),
});
export type ImportNote = z.infer<typeof ImportNote>;
