/** Probabilities below this count as this: one confident miss must not be infinite. */
const LEAST_PROBABILITY = 1e-15;

/** Probabilities of each of n cases, `classes` to a row, and the class that came. */
export interface Classified {
  readonly probabilities: ArrayLike<number>;
  readonly classes: number;
  /** From 0. */
  readonly truth: ArrayLike<number>;
}

/** Brier's score (1950) of one case over all classes: sum of (p - outcome)², 0 to 2. */
export function brierOf({ probabilities, classes, truth }: Classified, i: number): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) {
    const miss = (probabilities[i * classes + k] as number) - (truth[i] === k ? 1 : 0);
    sum += miss * miss;
  }
  return sum;
}

export function brier(cases: Classified): number {
  return mean(cases, brierOf);
}

/** Brier's score of one class against the rest: mean of (p - outcome)², 0.25 for a coin called 0.5. */
export function brierOfEvent(probability: ArrayLike<number>, came: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < came.length; i++) sum += ((probability[i] as number) - (came[i] as number)) ** 2;
  return sum / came.length;
}

/** Negative log of the probability that was given to what came, in nats. */
export function logLossOf({ probabilities, classes, truth }: Classified, i: number): number {
  return -Math.log(Math.max(LEAST_PROBABILITY, probabilities[i * classes + (truth[i] as number)] as number));
}

export function logLoss(cases: Classified): number {
  return mean(cases, logLossOf);
}

/** The likeliest class of a case; the first of equal ones. */
export function choiceOf({ probabilities, classes }: Classified, i: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if ((probabilities[i * classes + k] as number) > (probabilities[i * classes + best] as number)) best = k;
  }
  return best;
}

export interface Agreement {
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1; a class that was neither there nor called does not count. */
  readonly macroF1: number;
  readonly f1: readonly number[];
  /** Row: truth, column: choice. */
  readonly confusion: readonly (readonly number[])[];
}

/** How choices (classes from 0) agree with the truth. */
export function agreement(choices: ArrayLike<number>, truth: ArrayLike<number>, classes: number): Agreement {
  const confusion = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  let right = 0;
  for (let i = 0; i < truth.length; i++) {
    const row = confusion[truth[i] as number] as number[];
    const choice = choices[i] as number;
    row[choice] = (row[choice] as number) + 1;
    if (choice === truth[i]) right++;
  }
  const f1: number[] = [];
  for (let k = 0; k < classes; k++) {
    const hits = confusion[k]?.[k] as number;
    const there = (confusion[k] as number[]).reduce((sum, count) => sum + count, 0);
    const called = confusion.reduce((sum, row) => sum + (row[k] as number), 0);
    f1.push(there + called === 0 ? NaN : (2 * hits) / (there + called));
  }
  const counted = f1.filter((value) => !Number.isNaN(value));
  return { accuracy: right / truth.length, macroF1: counted.reduce((sum, value) => sum + value, 0) / counted.length, f1, confusion };
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Mean of what was said, and share that came. */
  readonly said: number;
  readonly came: number;
  readonly count: number;
}

/** Cases in bins of equal width by what was said of them; empty bins are left out. */
export function reliability(said: ArrayLike<number>, came: ArrayLike<number>, bins = 15): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ said: 0, came: 0, count: 0 }));
  for (let i = 0; i < said.length; i++) {
    const bin = sums[Math.min(bins - 1, Math.floor((said[i] as number) * bins))] as (typeof sums)[number];
    bin.said += said[i] as number;
    bin.came += came[i] as number;
    bin.count += 1;
  }
  return sums.filter(({ count }) => count > 0).map((bin) => ({ said: bin.said / bin.count, came: bin.came / bin.count, count: bin.count }));
}

/** Expected calibration error: mean distance of the bins from the diagonal, weighted by their cases (Naeini 2015, Guo 2017). */
export function calibrationError(said: ArrayLike<number>, came: ArrayLike<number>, bins = 15): number {
  return reliability(said, came, bins).reduce((sum, bin) => sum + Math.abs(bin.said - bin.came) * bin.count, 0) / said.length;
}

/** What {@link calibrationError} takes of many classes: the probability of the likeliest one, and whether it came. */
export function topLabel(cases: Classified): { said: Float64Array; came: Uint8Array } {
  const n = cases.truth.length;
  const said = new Float64Array(n);
  const came = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const choice = choiceOf(cases, i);
    said[i] = cases.probabilities[i * cases.classes + choice] as number;
    came[i] = choice === cases.truth[i] ? 1 : 0;
  }
  return { said, came };
}

function mean(cases: Classified, of: (cases: Classified, i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < cases.truth.length; i++) sum += of(cases, i);
  return sum / cases.truth.length;
}
