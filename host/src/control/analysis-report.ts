import { ConsensusAnalysis, ModelAnswer, ModelDescription } from '@tickhub/plugin-sdk/host';
import { z } from 'zod';

export const AnalyseRequest = z.strictObject({ symbol: z.string().min(1).max(64) });

const Refused = z.object({ model: z.string(), reason: z.string() });

/** Bars of one width that models were asked about. */
export const ReportedSeries = z.object({
  widthMs: z.number(),
  /** Close of the last closed bar; null where there is none. */
  at: z.number().nullable(),
  /** The newest closes, oldest first, and when each bar opened. */
  times: z.array(z.number()),
  closes: z.array(z.number()),
});
export type ReportedSeries = z.infer<typeof ReportedSeries>;

/** What `tickhub analyse SYMBOL` shows, and the job `analyse` of a running host answers. Times are Unix epoch milliseconds, UTC. */
export const AnalysisReport = z.object({
  symbol: z.string(),
  /** When it was asked, by the host's clock. */
  askedAt: z.number(),
  tier: z.string(),
  /** Whose ticks the bars are made of; null before the first tick since the host started. */
  source: z.string().nullable(),
  digits: z.number(),
  market: z.object({
    state: z.enum(['open', 'closed', 'unknown']),
    /** Since when it is closed, for a person. */
    words: z.string(),
    lastTickAt: z.number().nullable(),
    bid: z.number().nullable(),
    ask: z.number().nullable(),
  }),
  series: z.array(ReportedSeries),
  answers: z.array(z.object({ plugin: z.string(), model: ModelDescription.pick({ question: true, output: true }), answer: ModelAnswer })),
  /** Models that were not asked, or gave no answer that counts. */
  failures: z.array(Refused),
  withheld: z.array(Refused),
  /** Models that the tier does not allow. */
  heldBack: z.array(Refused),
  consensus: z.array(ConsensusAnalysis),
  /** How many of the backend's agents were asked, and how many the tier allows; null where none was. */
  agents: z.object({ asked: z.number(), allowed: z.union([z.number(), z.literal('unlimited')]) }).nullable(),
});
export type AnalysisReport = z.infer<typeof AnalysisReport>;
