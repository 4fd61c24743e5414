import { z } from 'zod';

/** Streams that carry records (JSON) rather than ticks. */
export const RecordStream = z.enum([
  'bars',
  'book',
  'account',
  'positions',
  'news',
  'calendar',
  'social',
  'custom',
  'analysis',
  'gap',
  'notice',
]);
export type RecordStream = z.infer<typeof RecordStream>;

/** A record as a plugin publishes it. */
export const PublishedRecord = z.object({
  /** Event time, Unix epoch milliseconds, UTC. */
  time: z.number(),
  /** The symbol it is about, if any. */
  symbol: z.string().min(1).max(64).optional(),
  /**
   * Its identity within (plugin, stream). The host takes a record with a known key and the same content as a duplicate, and one with other
   * content as a revision. A record without a key is a new one each time.
   */
  key: z.string().min(1).max(512).optional(),
  /** The event's time as the source wrote it, where that is not plainly `time`. */
  sourceTime: z.string().max(100).optional(),
  body: z.record(z.string(), z.unknown()),
});
export type PublishedRecord = z.infer<typeof PublishedRecord>;

/** Records of one stream on their way from a plugin to the host. */
export const PublishedBatch = z.object({
  stream: RecordStream,
  source: z.string().min(1).max(128),
  records: z.array(PublishedRecord).min(1).max(10_000),
});
export type PublishedBatch = z.infer<typeof PublishedBatch>;

/** A record as the host numbers it and hands it on. */
export const StreamRecord = PublishedRecord.extend({
  /** Counts from 1 per (plugin, stream), strictly rising for ever. */
  seq: z.number().int().positive(),
  /** How many versions of this key came before; there is none on the first and on records without a key. */
  revision: z.number().int().positive().optional(),
  /** When the host took it, Unix epoch milliseconds, UTC. */
  receivedAt: z.number().optional(),
});
export type StreamRecord = z.infer<typeof StreamRecord>;

/** A piece of a record stream. */
export const RecordBatch = PublishedBatch.extend({ records: z.array(StreamRecord).min(1).max(10_000) });
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
