import { z } from 'zod';

/** Streams that carry records (JSON) rather than ticks. */
export const RecordStream = z.enum(['bars', 'book', 'news', 'calendar', 'social', 'custom', 'analysis', 'gap', 'notice']);
export type RecordStream = z.infer<typeof RecordStream>;

/**
 * One record. `seq` counts from 1 per (plugin, stream), strictly rising for ever: it is the record's identity. The SDK numbers the records
 * of a plugin, going on from the last durable number after a restart.
 */
export const StreamRecord = z.object({
  seq: z.number().int().positive(),
  /** Event time, Unix epoch milliseconds, UTC. */
  time: z.number(),
  /** The symbol it is about, if any. */
  symbol: z.string().min(1).max(64).optional(),
  body: z.record(z.string(), z.unknown()),
});
export type StreamRecord = z.infer<typeof StreamRecord>;

/** A piece of a record stream. */
export const RecordBatch = z.object({
  stream: RecordStream,
  source: z.string().min(1).max(128),
  records: z.array(StreamRecord).min(1).max(10_000),
});
export type RecordBatch = z.infer<typeof RecordBatch>;

/** A piece of a stream as a transport gets it: a plugin's records, or the host's own `usage`, which no plugin may publish. */
export const DeliveredBatch = RecordBatch.extend({ stream: z.enum([...RecordStream.options, 'usage']) });
export type DeliveredBatch = z.infer<typeof DeliveredBatch>;

/** A source's symbol as the host counts and delivers it. */
export const SymbolEntry = z.object({
  /** Below 65,536, unique within the sender for the life of the channel (from a source), or of the spool (from the host). */
  id: z.number().int().min(0).max(65_535),
  sourceId: z.number().int().min(0).max(65_535),
  /** Canonical name (`EURUSD`): what tiers count and what is delivered. */
  name: z.string().min(1).max(64),
  /** The source's own name (`EURUSD.x`). */
  rawName: z.string().min(1).max(64),
  /** Decimal digits of a price. */
  digits: z.number().int().min(0).max(15),
});
export type SymbolEntry = z.infer<typeof SymbolEntry>;

/** Sources and symbols, announced before the first batch that names them. */
export const SymbolTable = z.object({
  sources: z.array(z.object({ id: z.number().int().min(0).max(65_535), name: z.string().min(1).max(128) })),
  symbols: z.array(SymbolEntry),
});
export type SymbolTable = z.infer<typeof SymbolTable>;
