/** Resamples; enough for two digits of a standard error. */
const RESAMPLES = 1_000;

/** Numbers from 0 to 1 that are the same in every run: mulberry32, T. Ettinger (public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Standard error of any statistic of observations in time order, by the circular block bootstrap (Politis and Romano 1992): blocks keep what neighbours share,
 * so the blocks should be longer than outcomes overlap.
 * @param statistic of the observations at these places.
 */
export function bootstrap(n: number, block: number, statistic: (places: Int32Array) => number, resamples = RESAMPLES, seed = 1): number {
  const random = seededRandom(seed);
  const places = new Int32Array(n);
  let [mean, squares] = [0, 0];
  for (let sample = 1; sample <= resamples; sample++) {
    for (let at = 0; at < n; at += block) {
      const from = Math.floor(random() * n);
      for (let i = 0; i < block && at + i < n; i++) places[at + i] = (from + i) % n;
    }
    const value = statistic(places);
    const step = value - mean;
    mean += step / sample;
    squares += step * (value - mean);
  }
  return Math.sqrt(squares / (resamples - 1));
}

/** A mean with its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly se: number;
  /** Observations. */
  readonly n: number;
}

/**
 * Mean of values of several symbols, and its standard error by blocks of days: all symbols of a day stay together, since they move together.
 * @param days of each value, in any order: a whole number of days, such as Math.floor(at / 86_400_000).
 * @param block days to a block.
 */
export function pooledMean(values: ArrayLike<number>, days: ArrayLike<number>, block = 10): Estimate {
  const byDay = new Map<number, { sum: number; count: number }>();
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    const day = byDay.get(days[i] as number) ?? { sum: 0, count: 0 };
    byDay.set(days[i] as number, day);
    day.sum += values[i] as number;
    day.count += 1;
    total += values[i] as number;
  }
  const ordered = [...byDay].sort(([a], [b]) => a - b).map(([, day]) => day);
  const se = bootstrap(ordered.length, block, (places) => {
    let [sum, count] = [0, 0];
    for (const place of places) {
      const day = ordered[place] as (typeof ordered)[number];
      sum += day.sum;
      count += day.count;
    }
    return sum / count;
  });
  return { mean: total / values.length, se, n: values.length };
}

/** How much more `a` is than `b` on average, case by case (losses: below 0 where `a` is the better one). */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>, days: ArrayLike<number>, block = 10): Estimate {
  return pooledMean(
    Float64Array.from(a, (value, i) => value - (b[i] as number)),
    days,
    block,
  );
}
