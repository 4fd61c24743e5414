/** The record that the host itself keeps of each agent: what its forecasts lost, and whether mixing them in would have helped. */
import { z } from 'zod';

/** One forecast whose outcome is known. */
export const Score = z.object({
  /** Days, hours: horizons that overlap are not independent, and symbols move together, so all scores of one horizon-long block count as one. */
  block: z.number().int(),
  /** Loss of the local forecast minus that of its even mix with the agent's: above 0, the agent helped. */
  gain: z.number(),
  /** The agent's own loss. */
  loss: z.number(),
});
export type Score = z.infer<typeof Score>;

export interface Standing {
  readonly count: number;
  /** Independent blocks among them. */
  readonly blocks: number;
  readonly gain: number;
  readonly gainError: number;
  readonly loss: number;
  readonly lossError: number;
  /** 0 to 1. */
  readonly trust: number;
}

/** An agent counts for nothing before its record has so many independent blocks: four weeks of trading days. */
export const LEAST_BLOCKS = 20;
/** Older scores are forgotten: an agent may change, and become a liar. */
const KEPT_SCORES = 1_000;
/** A gain has to be this many standard errors above nothing; then trust is what James and Stein would leave of it: 1 - (2 / t)^2. */
const SURE_AT = 2;

/** Scores by agent, its version and question. A new version has to prove itself anew. */
export class CalibrationBook {
  readonly #scores = new Map<string, Score[]>();
  readonly #standings = new Map<string, Standing>();

  static keyOf(agent: string, version: string, question: string): string {
    return `${agent} ${version} ${question}`;
  }

  add(key: string, score: Score): void {
    const scores = this.#scores.get(key) ?? [];
    scores.push(score);
    if (scores.length > KEPT_SCORES) scores.splice(0, scores.length - KEPT_SCORES);
    this.#scores.set(key, scores);
    this.#standings.delete(key);
  }

  standing(key: string): Standing {
    let standing = this.#standings.get(key);
    if (standing === undefined) {
      standing = standingOf(this.#scores.get(key) ?? []);
      this.#standings.set(key, standing);
    }
    return standing;
  }

  /** For keeping; what {@link load} takes. */
  get all(): Readonly<Record<string, readonly Score[]>> {
    return Object.fromEntries(this.#scores);
  }

  load(all: Readonly<Record<string, readonly Score[]>>): void {
    for (const [key, scores] of Object.entries(all)) {
      this.#scores.set(key, scores.slice(-KEPT_SCORES));
      this.#standings.delete(key);
    }
  }
}

export function standingOf(scores: readonly Score[]): Standing {
  const gain = blockMean(scores, ({ gain }) => gain);
  const loss = blockMean(scores, ({ loss }) => loss);
  const isProven = gain.blocks >= LEAST_BLOCKS && gain.mean > SURE_AT * gain.error;
  // A gain without any error is one of a handful of equal figures: there is nothing to shrink by.
  const trust = isProven && gain.error > 0 ? 1 - ((SURE_AT * gain.error) / gain.mean) ** 2 : 0;
  return {
    count: scores.length,
    blocks: gain.blocks,
    gain: gain.mean,
    gainError: gain.error,
    loss: loss.mean,
    lossError: loss.error,
    trust,
  };
}

/** Mean of the blocks' means, and its standard error. */
function blockMean(
  scores: readonly Score[],
  of: (score: Score) => number,
): { readonly mean: number; readonly error: number; readonly blocks: number } {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const score of scores) {
    const block = sums.get(score.block) ?? { sum: 0, count: 0 };
    block.sum += of(score);
    block.count++;
    sums.set(score.block, block);
  }
  const means = [...sums.values()].map(({ sum, count }) => sum / count);
  const blocks = means.length;
  if (blocks === 0) return { mean: 0, error: 0, blocks };
  const mean = means.reduce((total, one) => total + one, 0) / blocks;
  const squares = means.reduce((total, one) => total + (one - mean) ** 2, 0);
  return { mean, error: blocks < 2 ? 0 : Math.sqrt(squares / (blocks - 1) / blocks), blocks };
}
