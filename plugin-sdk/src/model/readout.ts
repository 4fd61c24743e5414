import type { ModelOutput } from '../manifest/model.ts';
import type { ModelAnswer } from '../protocol/analysis.ts';
import { ModelFault } from './errors.ts';

/** What one output says, as far as it is in an answer. */
export type Readout = Pick<ModelAnswer, 'value' | 'unit' | 'probabilities' | 'quantiles'> & {
  /** Of probabilities: 1 less their entropy over that of a coin or die. 1 for other outputs. */
  readonly certainty: number;
};

/** So far probabilities may be off, summed up in single precision. */
const TOLERANCE = 1e-3;

/**
 * What the numbers of an output mean.
 * @param what names the output, for messages: `model.onnx: the output "y"`.
 * @throws {ModelFault} MODEL_NOT_FINITE, MODEL_NOT_PROBABILITIES
 */
export function readOutput(output: ModelOutput, data: ArrayLike<number>, what: string): Readout {
  const numbers = Array.from(data, Number);
  const wrong = numbers.findIndex((number) => !Number.isFinite(number));
  if (wrong !== -1) throw notFinite(what, numbers, wrong);
  if (output.kind === 'probabilities') return probabilitiesOf(output, numbers, what);
  const { exp, scale, offset, unit } = output;
  const values = numbers.map((number) => (exp ? Math.exp(number) : number) * scale + offset);
  const overflown = values.findIndex((value) => !Number.isFinite(value));
  if (overflown !== -1) throw notFinite(`${what}, made into its unit,`, values, overflown);
  if (output.kind === 'value') return { value: values[0] ?? 0, unit, probabilities: null, quantiles: null, certainty: 1 };
  // Heads that were fitted apart may cross; sorted, they are no worse at any level (Chernozhukov, Fernandez-Val, Galichon 2010, Econometrica 78).
  values.sort((a, b) => a - b);
  const quantiles = output.levels.map((level, i) => ({ level, value: values[i] ?? 0 }));
  return { value: null, unit, probabilities: null, quantiles, certainty: 1 };
}

function probabilitiesOf({ classes, softmax }: Extract<ModelOutput, { kind: 'probabilities' }>, numbers: number[], what: string): Readout {
  // Of two classes, the second one's number alone; its logit stands against 0.
  const both = numbers.length < classes.length;
  let shares = numbers;
  if (softmax) {
    const logits = both ? [0, ...numbers] : numbers;
    const most = Math.max(...logits);
    shares = logits.map((logit) => Math.exp(logit - most));
  } else {
    const second = numbers[0] ?? 0;
    if (both) shares = [1 - second, second];
    const outside = shares.find((share) => share < -TOLERANCE || share > 1 + TOLERANCE);
    const sum = total(shares);
    if (outside !== undefined || Math.abs(sum - 1) > TOLERANCE) {
      const why = outside === undefined ? `sum to ${rounded(sum)}` : `have ${rounded(outside)}`;
      throw new ModelFault(
        'MODEL_NOT_PROBABILITIES',
        `${what} gives [${shares.map(rounded).join(', ')}], which ${why}, and are no probabilities. Write "softmax": true where they are logits`,
      );
    }
    shares = shares.map((share) => Math.max(0, share));
  }
  const sum = total(shares);
  shares = shares.map((share) => share / sum);
  const entropy = shares.reduce((bits, share) => bits - (share > 0 ? share * Math.log(share) : 0), 0);
  const certainty = Math.min(1, Math.max(0, 1 - entropy / Math.log(classes.length)));
  const probabilities = Object.fromEntries(classes.map((name, i) => [name, Math.min(1, shares[i] ?? 0)]));
  return { value: null, unit: null, probabilities, quantiles: null, certainty };
}

function notFinite(what: string, numbers: readonly number[], at: number): ModelFault {
  const which = numbers.length === 1 ? '' : ` at place ${at}`;
  return new ModelFault(
    'MODEL_NOT_FINITE',
    `${what} is ${numbers[at]}${which}, and a number is needed. Look for a division by 0 or a logarithm of what is not above 0, or for inputs on another scale than in training`,
  );
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function rounded(number: number): string {
  return String(Number(number.toPrecision(4)));
}
