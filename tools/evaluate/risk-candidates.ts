import type { Bars } from '@tickhub/plugin-sdk/features';
import { tailOf } from '../../plugins/models/src/risk/tail.ts';
import type { TailForecast } from './risk-baselines.ts';
import { LEVELS, SIDES } from './risk-tails.ts';

const HORIZON = 24;
const DAY = 24;
const WINDOWS = 12_000;
const LEAST = 6_000;
/** Windows that an adaptive level is recomputed over: 250 days of open market, so that it is a function of those alone. */
const ADAPTED_OVER = 6_000;

/** Days are of open market: 24 windows each. */
export type Candidate =
  | { readonly name: string; readonly kind: 'equal'; readonly windows: number }
  /** Residuals weigh half after so many days: Boudoukh, Richardson, Whitelaw (1998), Risk 11(5), 64-67. */
  | { readonly name: string; readonly kind: 'age'; readonly halfLife: number }
  /**
   * Sigma times exp(half the weighted mean of log(realised / forecast variance)) over the windows that have ended, cut after four half-lives; the residuals likewise,
   * each with the factor of its own time. In logs, because one 15 January 2015 would hold a mean of ratios up for its whole window. The exponential smoothing
   * is RiskMetrics' (1996); that a factor is filtered out of the residuals as well is what Barone-Adesi et al. (1999) do with the whole of sigma.
   */
  | { readonly name: string; readonly kind: 'scale'; readonly halfLife: number }
  /** The level moves by gamma a day against the breaches: adaptive conformal inference, Gibbs and Candès (2021), NeurIPS, equation 2. */
  | { readonly name: string; readonly kind: 'level'; readonly gamma: number };

/** The first one is what is shipped. */
export const CANDIDATES: readonly Candidate[] = [
  { name: 'now: 500 days, equal', kind: 'equal', windows: WINDOWS },
  { name: '250 days, equal', kind: 'equal', windows: LEAST },
  { name: 'age, half-life 125 d', kind: 'age', halfLife: 125 },
  { name: 'age, half-life 60 d', kind: 'age', halfLife: 60 },
  { name: 'scale, half-life 60 d', kind: 'scale', halfLife: 60 },
  { name: 'scale, half-life 30 d', kind: 'scale', halfLife: 30 },
  { name: 'scale, half-life 15 d', kind: 'scale', halfLife: 15 },
  { name: 'level, gamma .002', kind: 'level', gamma: 0.002 },
  { name: 'level, gamma .005', kind: 'level', gamma: 0.005 },
];

/** The windows of 24 bars of one symbol, standardised, as each candidate reads them. A window is known once its 24 bars have closed. */
export class PastWindows {
  readonly #sigma: Float64Array;
  readonly #ends: Float64Array;
  /** log(realised / forecast variance). */
  readonly #misses: Float64Array;
  readonly #factors = new Map<number, Float64Array>();
  #ranks: Float64Array | undefined;
  #sorted: { readonly key: string; readonly values: Float64Array } | undefined;

  /** @param sigma of the log return of the 24 bars after each bar; NaN where nothing was forecast. */
  constructor(bars: Bars, sigma: Float64Array) {
    const { length } = bars.time;
    this.#sigma = sigma;
    this.#ends = new Float64Array(length).fill(NaN);
    this.#misses = new Float64Array(length).fill(NaN);
    const log = bars.close.map(Math.log);
    for (let i = 0; i + HORIZON < length; i++) {
      const scale = sigma[i] as number;
      let realised = 0;
      for (let k = i + 1; k <= i + HORIZON; k++) realised += ((log[k] as number) - (log[k - 1] as number)) ** 2;
      this.#ends[i] = ((log[i + HORIZON] as number) - (log[i] as number)) / scale;
      this.#misses[i] = Math.log(Math.max(realised, 1e-12) / scale ** 2);
    }
  }

  /** Of each level long and short; null where there are fewer than 6,000 windows. */
  tails(candidate: Candidate, place: number): TailForecast[] | null {
    const sigma = this.#sigma[place] as number;
    if (Number.isNaN(sigma) || this.#known(this.#ends, place, WINDOWS).length < LEAST) return null;
    switch (candidate.kind) {
      case 'equal':
        return tailsOf(
          this.#inOrder(place, candidate.windows),
          LEVELS.flatMap((level) => [level, level]),
          sigma,
        );
      case 'age':
        return this.#weighted(place, candidate.halfLife, sigma);
      case 'level':
        return tailsOf(this.#inOrder(place, WINDOWS), this.#levels(place, candidate.gamma), sigma);
      case 'scale': {
        const factors = this.#factorsOf(candidate.halfLife);
        const known = this.#known(this.#ends, place, WINDOWS, (end, i) => end / (factors[i] as number));
        return tailsOf(
          known.sort(),
          LEVELS.flatMap((level) => [level, level]),
          sigma * (factors[place] as number),
        );
      }
    }
  }

  #known(of: Float64Array, place: number, windows: number, map = (value: number, _at: number): number => value): Float64Array {
    const from = Math.max(0, place - HORIZON - windows + 1);
    const out = new Float64Array(Math.max(0, place - HORIZON + 1 - from));
    let length = 0;
    for (let i = from; i <= place - HORIZON; i++) {
      const value = map(of[i] as number, i);
      if (!Number.isNaN(value)) out[length++] = value;
    }
    return out.subarray(0, length);
  }

  #inOrder(place: number, windows: number): Float64Array {
    const key = `${place} ${windows}`;
    if (this.#sorted?.key !== key) this.#sorted = { key, values: this.#known(this.#ends, place, windows).sort() };
    return this.#sorted.values;
  }

  #factorsOf(halfLife: number): Float64Array {
    const found = this.#factors.get(halfLife);
    if (found !== undefined) return found;
    const weights = Float64Array.from({ length: 4 * halfLife * DAY }, (_, age) => 2 ** (-age / (halfLife * DAY)));
    const out = this.#misses.map((_, i) => {
      let [sum, total] = [0, 0];
      for (let age = 0; age < weights.length && i - HORIZON - age >= 0; age++) {
        const miss = this.#misses[i - HORIZON - age] as number;
        if (Number.isNaN(miss)) continue;
        sum += (weights[age] as number) * miss;
        total += weights[age] as number;
      }
      return total === 0 ? NaN : Math.exp(sum / total / 2);
    });
    this.#factors.set(halfLife, out);
    return out;
  }

  #weighted(place: number, halfLife: number, sigma: number): TailForecast[] {
    const all: { value: number; weight: number }[] = [];
    let total = 0;
    for (let i = Math.max(0, place - HORIZON - WINDOWS + 1); i <= place - HORIZON; i++) {
      const value = this.#ends[i] as number;
      if (Number.isNaN(value)) continue;
      const weight = 2 ** (-(place - HORIZON - i) / (halfLife * DAY));
      total += weight;
      // Nothing nearer is in a tail of 5 %.
      if (Math.abs(value) > 0.7) all.push({ value, weight });
    }
    all.sort((a, b) => a.value - b.value);
    return LEVELS.flatMap((level) => [all, all.toReversed()].map((tail) => weightedTail(tail, level * total, sigma)));
  }

  /** The share of its past windows that each window's end was above or at. */
  #ranksOf(): Float64Array {
    if (this.#ranks !== undefined) return this.#ranks;
    const ends = this.#ends;
    this.#ranks = ends.map((end, i) => {
      let [below, all] = [0, 0];
      for (let k = Math.max(0, i - HORIZON - WINDOWS + 1); k <= i - HORIZON; k++) {
        const other = ends[k] as number;
        if (Number.isNaN(other)) continue;
        all++;
        if (other <= end) below++;
      }
      return all < LEAST || Number.isNaN(end) ? NaN : below / all;
    });
    return this.#ranks;
  }

  #levels(place: number, gamma: number): number[] {
    const ranks = this.#known(this.#ranksOf(), place, ADAPTED_OVER);
    return LEVELS.flatMap((level) =>
      SIDES.map((side) => {
        let at: number = level;
        for (const rank of ranks) {
          const breached = (side === 'long' ? rank : 1 - rank) < at;
          at = Math.min(4 * level, Math.max(level / 4, at + (gamma / DAY) * (level - (breached ? 1 : 0))));
        }
        return at;
      }),
    );
  }
}

/** @param levels of each level long and short. */
function tailsOf(sorted: Float64Array, levels: readonly number[], sigma: number): TailForecast[] {
  return levels.map((level, k) => {
    const { valueAtRisk, expectedShortfall } = tailOf(sorted, level, k % 2 === 0 ? 'long' : 'short');
    return { valueAtRisk: sigma * valueAtRisk, expectedShortfall: sigma * expectedShortfall };
  });
}

/** The worst until their weight is `share`, the last of them in part. @param tail the worst first. */
function weightedTail(tail: readonly { value: number; weight: number }[], share: number, sigma: number): TailForecast {
  const sign = (tail[0]?.value ?? 0) > 0 ? -1 : 1;
  let [sum, left, last] = [0, share, NaN];
  for (const { value, weight } of tail) {
    last = sign * value;
    const part = Math.min(left, weight);
    sum += part * last;
    left -= part;
    if (left <= 0) break;
  }
  return { valueAtRisk: sigma * last, expectedShortfall: (sigma * sum) / share };
}
