/** After so long a record counts half. */
export const HALF_LIFE_MS = 6 * 3_600_000;
/** What is older than this counts less than a hundredth, and is forgotten. */
export const KEPT_MS = 8 * HALF_LIFE_MS;
const MOST_RECORDS = 256;
const MOST_SYMBOLS = 2_000;

/** What a record said of a symbol. */
export interface Reading {
  /** The same for all revisions of a record. */
  readonly key: string;
  /** Unix epoch milliseconds. */
  readonly time: number;
  /** P(positive) - P(negative). */
  readonly net: number;
  /** Confidence, from 0 to 1. */
  readonly weight: number;
}

export interface Mood {
  /** Mean of the readings' net by weight, each halved with every half-life, from -1 to 1; 0 where there is none. */
  readonly net: number;
  /** Sum of those weights: how much there is to go by. */
  readonly weight: number;
  readonly records: number;
}

/**
 * What was said of each symbol of late. A function of the records alone: the same whatever order they came in, and never of the wall clock, because the last
 * ones are kept and summed anew in the order of their time.
 */
export class Moods {
  readonly #symbols = new Map<string, Reading[]>();

  /** A record of a known key takes the place of the one before; one without weight takes it back. */
  add(symbol: string, reading: Reading): void {
    const kept = (this.#symbols.get(symbol) ?? []).filter(({ key }) => key !== reading.key);
    if (reading.weight > 0) kept.push(reading);
    kept.sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : 1));
    const latest = kept.at(-1)?.time ?? 0;
    const recent = kept.filter(({ time }) => time > latest - KEPT_MS).slice(-MOST_RECORDS);
    this.#symbols.delete(symbol);
    if (recent.length > 0) this.#symbols.set(symbol, recent);
    const [oldest] = this.#symbols.keys();
    if (this.#symbols.size > MOST_SYMBOLS && oldest !== undefined) this.#symbols.delete(oldest);
  }

  /** Takes a record back, of whichever symbols it spoke. */
  remove(key: string): void {
    for (const [symbol, readings] of this.#symbols) {
      const kept = readings.filter((reading) => reading.key !== key);
      if (kept.length === 0) this.#symbols.delete(symbol);
      else this.#symbols.set(symbol, kept);
    }
  }

  /** As of a moment: records after it do not count. */
  of(symbol: string, at: number): Mood {
    let [sum, weight, records] = [0, 0, 0];
    for (const reading of this.#symbols.get(symbol) ?? []) {
      if (reading.time > at || reading.time <= at - KEPT_MS) continue;
      const share = reading.weight * 2 ** ((reading.time - at) / HALF_LIFE_MS);
      sum += share * reading.net;
      weight += share;
      records++;
    }
    return { net: weight > 0 ? sum / weight : 0, weight, records };
  }
}
