import type { ModelAnswer, ModelDescription } from '@tickhub/plugin-sdk/host';

/** Probabilities are 32-bit floats in most models. */
const SUM_TOLERANCE = 1e-3;

/** What an answer has to fit. */
export interface Asked {
  readonly model: ModelDescription;
  /** Null where the models choose what a record is about. */
  readonly symbol: string | null;
  /** As of when it has to hold; null where the model says. */
  readonly at: number | null;
}

/** What is wrong with an answer, in words; null where nothing is. Its shape was checked at the border: here is what it claims. */
export function faultOf(answer: ModelAnswer, { model, symbol, at }: Asked): string | null {
  if (answer.version !== model.version) return `it answers as version ${answer.version}, and said that it is ${model.version}`;
  if (symbol !== null && answer.symbol !== symbol) return `it was asked about ${symbol}, and answers about ${answer.symbol}`;
  if (at !== null && answer.at !== at) return `it was asked as of ${at}, and answers as of ${answer.at}`;
  if (answer.inputs.to > answer.at) return `its inputs are from after the time that it answers as of`;
  if (answer.abstained !== null) return null;
  const { output } = model;
  switch (output.kind) {
    case 'value':
      return answer.value === null ? 'it neither abstains nor gives a value' : null;
    case 'probabilities':
      return probabilityFault(answer.probabilities, output.classes);
    case 'quantiles':
      return quantileFault(answer.quantiles);
  }
}

function probabilityFault(probabilities: ModelAnswer['probabilities'], classes: readonly string[]): string | null {
  if (probabilities === null) return 'it neither abstains nor gives probabilities';
  const strange = Object.keys(probabilities).find((name) => !classes.includes(name));
  if (strange !== undefined) return `it gives a probability of "${strange}", which is none of its classes`;
  const sum = Object.values(probabilities).reduce((total, share) => total + share, 0);
  return Math.abs(sum - 1) <= SUM_TOLERANCE ? null : `its probabilities sum to ${sum.toFixed(4)}`;
}

function quantileFault(quantiles: ModelAnswer['quantiles']): string | null {
  if (quantiles === null || quantiles.length === 0) return 'it neither abstains nor gives quantiles';
  for (let i = 1; i < quantiles.length; i++) {
    const [before, after] = [quantiles[i - 1], quantiles[i]];
    if (before !== undefined && after !== undefined && !(after.level > before.level && after.value >= before.value))
      return 'its quantiles do not rise';
  }
  return null;
}
