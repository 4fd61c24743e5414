import { z } from 'zod';
import { ModelAnswer } from '../protocol/analysis.ts';

/** Body of an `analysis` record that the host's monitor publishes for one answer of one model. The record's `time` is `at`. */
export const ModelAnalysis = ModelAnswer.extend({
  kind: z.literal('model'),
});
export type ModelAnalysis = z.infer<typeof ModelAnalysis>;

/** What one voice of a consensus said, and what it counted. */
export const Contribution = z.strictObject({
  /** `local` for the models of this machine, otherwise the agent's id. */
  from: z.string().min(1).max(128),
  /** `used`, or why it does not count. */
  state: z.enum(['used', 'late', 'silent', 'refused', 'abstained', 'unproven']),
  /** For a person: what was wrong with it, or with what it claims of itself; empty where nothing was. */
  reason: z.string().max(300),
  /** Its share of the merged answer, from its record of calibration; 0 where it was not used. All of them sum to 1. */
  weight: z.number().min(0).max(1),
  value: z.number().nullable(),
  probabilities: z.record(z.string(), z.number().min(0).max(1)).nullable(),
  confidence: z.number().min(0).max(1).nullable(),
});
export type Contribution = z.infer<typeof Contribution>;

/** Body of an `analysis` record that merges the local answer to one question with those of the backend's agents. The record's `time` is `at`. */
export const ConsensusAnalysis = z.strictObject({
  kind: z.literal('consensus'),
  /** Unique for one asking; the record's key is made of it. */
  id: z.string().min(1).max(128),
  symbol: z.string().min(1).max(64),
  /** The moment as of which it holds, that of the local answers. Unix epoch milliseconds. */
  at: z.number(),
  /** Model whose question it is, such as `volatility_v1`. */
  question: z.string().min(1).max(64),
  horizonMs: z.number().min(0),
  value: z.number().nullable(),
  unit: z.string().nullable(),
  probabilities: z.record(z.string(), z.number().min(0).max(1)).nullable(),
  quantiles: z.array(z.object({ level: z.number(), value: z.number() })).nullable(),
  confidence: z.number().min(0).max(1),
  contributions: z.array(Contribution).max(100),
  /** Why agents were asked. */
  reason: z.enum(['confidence', 'volatility', 'request']),
});
export type ConsensusAnalysis = z.infer<typeof ConsensusAnalysis>;

/** The bodies of `analysis` that are the host's own. A plugin may publish others: the stream takes any body. */
export const AnalysisBody = z.discriminatedUnion('kind', [ModelAnalysis, ConsensusAnalysis]);
export type AnalysisBody = z.infer<typeof AnalysisBody>;
