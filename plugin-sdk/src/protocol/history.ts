/** What is asked of the history, and what it answers: between plugin and host, and between the command line and a running host. Parsed on both sides. */
import { z } from 'zod';
import { PriceSide } from '../records/bar.ts';
import { RecordStream, StreamRecord } from './records.ts';

/** Half open, Unix epoch milliseconds, UTC: `from` is in it, `to` is not. */
const range = { from: z.number(), to: z.number() };
const series = {
  symbol: z.string().min(1).max(64),
  /** Needed where several sources have the symbol. */
  source: z.string().min(1).max(128).optional(),
};
/** Where a reader of ticks is: the next one is the first that is not behind it. The time is the source's own. */
const Cursor = z.object({ time: z.number(), same: z.number().int().min(0) });

export const BarsQuery = z.strictObject({
  ...series,
  ...range,
  /** A whole number and one of s, m, h, d, w: `30s`, `1m`, `4h`, `1d`. */
  width: z.string().max(16),
  /** `bid` when it is not given. */
  side: PriceSide.optional(),
  /** IANA zone at whose midnight days begin; UTC when it is not given. */
  zone: z.string().max(64).optional(),
  /** Most bars in the answer: the first ones. 100,000 when it is not given, and at most. */
  limit: z.number().int().min(1).max(100_000).optional(),
});
export type BarsQuery = z.infer<typeof BarsQuery>;

export const TicksQuery = z.strictObject({
  ...series,
  ...range,
  /** `next` of the page before. */
  after: Cursor.optional(),
  /** Most ticks in a page. 65,536 when it is not given, and at most. */
  limit: z.number().int().min(1).max(65_536).optional(),
});
export type TicksQuery = z.infer<typeof TicksQuery>;

export const RecordsQuery = z.strictObject({
  ...range,
  stream: RecordStream,
  source: series.source,
  symbol: series.symbol.optional(),
  key: z.string().max(512).optional(),
  /** Only what was known then, Unix epoch milliseconds. */
  asOf: z.number().optional(),
  /** Of each key only the newest version (the default), or every one. */
  revisions: z.enum(['newest', 'all']).optional(),
  /** `next` of the page before. */
  after: z.string().max(64).optional(),
  /** 1,000 when it is not given. */
  limit: z.number().int().min(1).max(10_000).optional(),
});
export type RecordsQuery = z.infer<typeof RecordsQuery>;

const F64 = z.instanceof(Float64Array);
const named = { source: z.string(), symbol: z.string(), digits: z.number().int() };

/** Bars as columns, by time. There is none where there was no tick. */
export const HistoryBars = z.object({
  ...named,
  side: PriceSide,
  count: z.number().int(),
  /** When each bar opened, Unix epoch milliseconds, UTC. */
  time: F64,
  open: F64,
  high: F64,
  low: F64,
  close: F64,
  ticks: F64,
  /** In lots; null where no tick had one. */
  volume: F64.nullable(),
  /** Whether there are more than `limit`. */
  more: z.boolean(),
  /** Ticks that could not be read. */
  damaged: z.number(),
});
export type HistoryBars = z.infer<typeof HistoryBars>;

/** Ticks of one series as columns, in the order in which the source sent them. */
export const HistoryTicks = z.object({
  ...named,
  count: z.number().int(),
  /** The source's own time; UTC is `time - utcOffsetMs`. */
  time: F64,
  ordinal: z.instanceof(Uint32Array),
  bid: F64,
  ask: F64,
  /** Null where no tick has one. */
  last: F64.nullable(),
  volume: F64.nullable(),
  /** See `TickFlag`. */
  flags: z.instanceof(Uint16Array),
  receivedAt: F64,
  utcOffsetMs: z.instanceof(Int32Array),
  /** For `after` of the next page; null on the last. */
  next: Cursor.nullable(),
  damaged: z.number(),
});
export type HistoryTicks = z.infer<typeof HistoryTicks>;

export const HistoryRecords = z.object({
  records: z.array(StreamRecord.extend({ stream: RecordStream, source: z.string(), seq: z.number().int(), receivedAt: z.number() })),
  next: z.string().nullable(),
});
export type HistoryRecords = z.infer<typeof HistoryRecords>;

/** What there is. */
export const HistoryInfo = z.object({
  path: z.string(),
  bytes: z.number(),
  series: z.array(z.object({ ...named, rawName: z.string(), from: z.number(), to: z.number(), ticks: z.number(), bytes: z.number() })),
  streams: z.array(
    z.object({ stream: RecordStream, source: z.string(), from: z.number(), to: z.number(), records: z.number(), bytes: z.number() }),
  ),
  gaps: z.array(z.object({ epoch: z.string(), fromSeq: z.number(), toSeq: z.number(), at: z.number() })),
  /** The tier lets one see nothing from before; null where it sees all. */
  since: z.number().nullable(),
});
export type HistoryInfo = z.infer<typeof HistoryInfo>;
