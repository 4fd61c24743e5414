import type { ModelFile } from './model-file.ts';

/** An input so many widths of the training range outside of it is nothing that the model can speak of. */
const FARTHEST = 1;
/** Nor can it where this share of its inputs lies outside, however near. */
const MOST_OUTSIDE = 0.25;

/** Where inputs lie as seen from training. */
export interface Familiarity {
  /** 1 inside the range, falling towards 0 with the distance of all that lies outside: to multiply a confidence by. */
  readonly factor: number;
  /** How many inputs lie outside. */
  readonly outside: number;
  /** The input that is farthest outside; null where none is. */
  readonly farthest: string | null;
  /** Too far for an answer. */
  readonly foreign: boolean;
}

/** @param values the model's inputs, in the order of `file.inputs`. */
export function familiarityOf(values: Float32Array, { inputs, range }: Pick<ModelFile, 'inputs' | 'range'>): Familiarity {
  let outside = 0;
  let distance = 0;
  let most = 0;
  let farthest: string | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const value = values[i] as number;
    const [low, high] = [range.low[i] as number, range.high[i] as number];
    const excess = Math.max(low - value, value - high) / Math.max(high - low, 1e-9);
    if (excess <= 0) continue;
    outside++;
    distance += excess;
    if (excess <= most) continue;
    most = excess;
    farthest = inputs[i] as string;
  }
  return { factor: 1 / (1 + distance), outside, farthest, foreign: most > FARTHEST || outside > inputs.length * MOST_OUTSIDE };
}
