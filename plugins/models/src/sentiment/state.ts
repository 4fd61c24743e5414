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
  readonly #symbols = new Map<string, readonly Reading[]>();
  /** Of whom a record speaks, by its key: only these are looked at when it is taken back. */
  readonly #spokenOf = new Map<string, Set<string>>();

  /** A record of a known key takes the place of the one before. */
  add(symbol: string, reading: Reading): void {
    const kept = [...(this.#symbols.get(symbol) ?? []).filter(({ key }) => key !== reading.key), reading];
    kept.sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : 1));
    const latest = kept.at(-1)?.time ?? 0;
    this.#keep(symbol, kept.filter(({ time }) => time > latest - KEPT_MS).slice(-MOST_RECORDS));
    const [oldest] = this.#symbols.keys();
    if (this.#symbols.size > MOST_SYMBOLS && oldest !== undefined) this.#keep(oldest, []);
  }

  /** Takes a record back, of whichever symbols it spoke. */
  remove(key: string): void {
    for (const symbol of this.#spokenOf.get(key) ?? []) {
      this.#keep(
        symbol,
        (this.#symbols.get(symbol) ?? []).filter((reading) => reading.key !== key),
      );
    }
  }

  #keep(symbol: string, readings: readonly Reading[]): void {
    for (const { key } of this.#symbols.get(symbol) ?? []) {
      const symbols = this.#spokenOf.get(key);
      symbols?.delete(symbol);
      if (symbols?.size === 0) this.#spokenOf.delete(key);
    }
    // The one that was spoken of last is the last to go.
    this.#symbols.delete(symbol);
    if (readings.length === 0) return;
    this.#symbols.set(symbol, readings);
    for (const { key } of readings) this.#spokenOf.set(key, (this.#spokenOf.get(key) ?? new Set()).add(symbol));
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
