/**
 * What the host's monitor asks the models of a plugin, and what they answer. The monitor knows models only by what they say of themselves here; which of them
 * the tier allows, when they are asked and what is published is its affair.
 */
import { z } from 'zod';
import type { Bars } from '../features/bars.ts';
import { Tier } from '../manifest/tier.ts';
import { RecordStream, StreamRecord } from './records.ts';

const Column = z.instanceof(Float64Array);
const BarColumns: z.ZodType<Bars> = z
  .object({ time: Column, open: Column, high: Column, low: Column, close: Column, volume: Column })
  .refine(({ time, ...others }) => Object.values(others).every(({ length }) => length === time.length), 'columns of different lengths');

/** What a model says of itself. */
export const ModelDescription = z.strictObject({
  /** Unique within the tenant: `volatility_v1`. A model of an id that another plugin has is not asked; those of bundled models are theirs. */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9_-]*$/)
    .max(64),
  version: z.string().min(1).max(64),
  /** Of the weights, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Lowest tier that it answers on. */
  tier: Tier,
  /** One line for a person: "realised volatility of the next 24 hours". */
  question: z.string().min(1).max(200),
  /** How far ahead the answer looks, milliseconds; 0 for one about now. */
  horizonMs: z.number().min(0),
  output: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('value'), unit: z.string().max(32) }),
    z.strictObject({ kind: z.literal('probabilities'), classes: z.array(z.string().min(1).max(64)).min(2).max(64) }),
    z.strictObject({ kind: z.literal('quantiles'), levels: z.array(z.number().gt(0).lt(1)).min(1).max(64), unit: z.string().max(32) }),
  ]),
  /** Asked on each closed bar of this width. `need`: bars without which it abstains; `want`: as many as it makes use of when it is seeded. */
  bars: z.strictObject({ widthMs: z.number().int().positive(), need: z.number().int().min(1), want: z.number().int().min(1) }).optional(),
  /** Asked for each record of these streams. */
  streams: z.array(RecordStream).default([]),
  /** Memory that it takes when it is loaded, bytes: weights and session. */
  bytes: z.number().int().min(0),
});
export type ModelDescription = z.infer<typeof ModelDescription>;
export type ModelDescriptionInput = z.input<typeof ModelDescription>;

/** Which models may answer now, and how much memory they may take together. */
export const AnalystTerms = z.object({
  models: z.array(z.object({ id: z.string(), allowed: z.boolean(), reason: z.string().optional() })),
  cacheBytes: z.number().min(0),
});
export type AnalystTerms = z.infer<typeof AnalystTerms>;

/** An open position of the user's, as the risk of a stop is asked for it. */
export const HeldPosition = z.object({
  side: z.enum(['long', 'short']),
  /** Lots. */
  volume: z.number(),
  openPrice: z.number(),
  stop: z.number().nullable(),
});

/** What else is known of a symbol when its bar closes. What is not known is null. */
export const MarketContext = z.object({
  /** Ask minus bid of the last tick, in the quote currency. */
  spread: z.number().nullable(),
  /** Minutes to the next, and since the last, high-impact calendar event of one of the symbol's currencies. */
  minutesToEvent: z.number().nullable(),
  minutesSinceEvent: z.number().nullable(),
  /** Actual minus forecast of the last such event, in units of the forecast's size. */
  lastSurprise: z.number().nullable(),
  positions: z.array(HeldPosition),
  /** In the account's currency. `level` is equity over margin, in percent; `callLevel` the level of the broker's margin call. */
  account: z.object({ equity: z.number(), margin: z.number(), level: z.number().nullable(), callLevel: z.number().nullable() }).nullable(),
});
export type MarketContext = z.infer<typeof MarketContext>;

export const NO_CONTEXT: MarketContext = {
  spread: null,
  minutesToEvent: null,
  minutesSinceEvent: null,
  lastSurprise: null,
  positions: [],
  account: null,
};

const SymbolTerms = { symbol: z.string().min(1), digits: z.number().int().min(0).max(15), widthMs: z.number().int().positive() };

export const AnalysisTask = z.discriminatedUnion('type', [
  /** The past of a symbol, oldest first. Replaces all that was known of it; answers nothing. */
  z.object({ type: z.literal('seed'), ...SymbolTerms, bars: BarColumns }),
  /** Bars that closed since the last task of this symbol and width, oldest first; answered as of the last one. None of them: asked again as of what is known. */
  z.object({ type: z.literal('bars'), ...SymbolTerms, bars: BarColumns, context: MarketContext, models: z.array(z.string()).nullable() }),
  /** One record of a stream that a model wants. */
  z.object({
    type: z.literal('record'),
    stream: RecordStream,
    source: z.string(),
    record: StreamRecord,
    models: z.array(z.string()).nullable(),
  }),
]);
export type AnalysisTask = z.infer<typeof AnalysisTask>;
export type SeedTask = Extract<AnalysisTask, { type: 'seed' }>;
export type BarsTask = Extract<AnalysisTask, { type: 'bars' }>;
export type RecordTask = Extract<AnalysisTask, { type: 'record' }>;

const Share = z.number().min(0).max(1);

/** What one model says of one symbol as of one moment. Every figure is finite. */
export const ModelAnswer = z.strictObject({
  model: z.string(),
  version: z.string(),
  symbol: z.string(),
  /** The moment as of which it holds: the close of the last bar, or the time of the record. Unix epoch milliseconds. */
  at: z.number(),
  horizonMs: z.number().min(0),
  /** In `unit`; null where the answer is probabilities only, or where it abstains. */
  value: z.number().nullable(),
  unit: z.string().nullable(),
  /** Class to probability; they sum to 1. */
  probabilities: z.record(z.string(), Share).nullable(),
  /** In `unit`, by rising level. */
  quantiles: z.array(z.object({ level: z.number(), value: z.number() })).nullable(),
  /** 0: do not act on it, 1: as sure as the model ever is. Lower outside what was seen in training. */
  confidence: Share,
  /** Why there is no answer, in words; null where there is one. */
  abstained: z.string().max(300).nullable(),
  /** What it was made of: the times of the first and last bar's opening, or of the records. Milliseconds. */
  inputs: z.object({ from: z.number(), to: z.number(), count: z.number().int().min(0) }),
  /** More figures, by name, and what a person should know of them. */
  details: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
});
export type ModelAnswer = z.infer<typeof ModelAnswer>;
