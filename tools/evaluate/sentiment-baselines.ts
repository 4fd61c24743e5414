import { featureIds } from '../../plugins/models/src/sentiment/text/features.ts';
import { mask, tokensOf } from '../../plugins/models/src/sentiment/text/tokens.ts';
import type { LabelledText } from '../data/sentiment/labelled-text.ts';

/** Classes, in the order of the model's. */
const CLASSES = 3;
const EPOCHS = 12;
const RATE = 0.5;

/** What a baseline says of a text: the class. */
export type Guess = (text: LabelledText) => number;

/** The most frequent class of the training data, whatever is asked. */
export function majority(train: readonly LabelledText[]): Guess {
  const counts = Array.from({ length: CLASSES }, (_, k) => train.filter(({ label }) => label === k).length);
  const most = counts.indexOf(Math.max(...counts));
  return () => most;
}

/** Which features of a text, by a name or number each. */
type Features = (text: LabelledText) => readonly (string | number)[];

/** Words, each once, the target among them. */
export const unigrams: Features = ({ text, spans }) => [...new Set(tokensOf(mask(text, spans)))];
/** The shipped model's features, without the places of words and in one part for headlines and posts. */
export const hashed: Features = ({ text, spans }) => [...featureIds(tokensOf(mask(text, spans)), 'whole')];

/**
 * Multinomial logistic regression by AdaGrad (Duchi et al. 2011), 12 passes in a fixed order, inputs of length 1.
 * The same data gives the same weights.
 */
export function linear(train: readonly LabelledText[], features: Features): Guess {
  const weights = new Map<string | number, Float64Array>();
  const inputs = train.map((one) => features(one));
  const blank = (): Float64Array => new Float64Array(CLASSES * 2);
  const order = train.map((_, i) => (i * 7_919) % train.length);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const i of order) {
      const names = inputs[i] ?? [];
      const size = 1 / Math.sqrt(names.length || 1);
      const shares = sharesOf(weights, names, size);
      for (const name of names) {
        let row = weights.get(name);
        if (row === undefined) weights.set(name, (row = blank()));
        for (let k = 0; k < CLASSES; k++) {
          const slope = ((shares[k] ?? 0) - (train[i]?.label === k ? 1 : 0)) * size;
          const seen = (row[CLASSES + k] ?? 0) + slope * slope;
          row[CLASSES + k] = seen;
          row[k] = (row[k] ?? 0) - (RATE * slope) / Math.sqrt(seen + 1e-8);
        }
      }
    }
  }
  return (text) => {
    const names = features(text);
    const shares = sharesOf(weights, names, 1 / Math.sqrt(names.length || 1));
    return shares.indexOf(Math.max(...shares));
  };
}

function sharesOf(weights: ReadonlyMap<string | number, Float64Array>, names: readonly (string | number)[], size: number): number[] {
  const sums = [0, 0, 0];
  for (const name of names) {
    const row = weights.get(name);
    if (row !== undefined) for (let k = 0; k < CLASSES; k++) sums[k] = (sums[k] ?? 0) + (row[k] ?? 0) * size;
  }
  const most = Math.max(...sums);
  const powers = sums.map((sum) => Math.exp(sum - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
