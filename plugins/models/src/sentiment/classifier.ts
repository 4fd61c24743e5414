import { z } from '@tickhub/plugin-sdk';
import type { Runner } from '../model.ts';
import { featureIds } from './text/features.ts';
import { mask, tokensOf } from './text/tokens.ts';
import type { Span } from './text/tokens.ts';

export const CLASSES = ['negative', 'neutral', 'positive'] as const;
/** Shares of {@link CLASSES}, in their order; they sum to 1. */
export type Shares = readonly [number, number, number];

/** One question to the network: what is said in `text` of what stands at `spans`; of the text as a whole where there are none. */
export interface Question {
  readonly text: string;
  readonly spans: readonly Span[];
}

const Output = z.object({ probabilities: z.instanceof(Float32Array) });

/**
 * The network: ids `[b,n]` of `featureIds`, filled up with 0, to the shares of the classes `[b,3]`. For each id a row of int8: two logits over
 * neutral and a squared weight; sums of the first two by the root of the third's, a bias, softmax.
 */
export class Classifier {
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** @throws {ModelError} */
  async classify(questions: readonly Question[]): Promise<Shares[]> {
    if (questions.length === 0) return [];
    const { data, dims } = batchOf(questions.map(idsOf));
    const { probabilities } = Output.parse(await this.#runner.run({ ids: { data, dims } }, questions.length));
    return questions.map((_, row) => {
      const [negative = 0, neutral = 0, positive = 0] = probabilities.subarray(row * 3, row * 3 + 3);
      return [negative, neutral, positive];
    });
  }
}

/** What the network is given for a question; the trainer writes the same. */
export function idsOf({ text, spans }: Question): Int32Array {
  return featureIds(tokensOf(mask(text, spans)), spans.length > 0 ? 'entity' : 'whole');
}

/** Rows of ids, each filled up with 0 to the longest. */
export function batchOf(rows: readonly Int32Array[]): { data: Int32Array; dims: readonly [number] } {
  const width = Math.max(1, ...rows.map(({ length }) => length));
  const data = new Int32Array(rows.length * width);
  rows.forEach((ids, row) => data.set(ids, row * width));
  return { data, dims: [width] };
}
