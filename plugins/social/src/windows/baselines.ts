import { z } from '@tickhub/plugin-sdk';
import { rounded } from './cell.ts';

/** How many windows a baseline looks back, and how many it needs before it says anything. */
const MEMORY = 200;
export const KNOWN_FROM = 12;
/** Below it a mean is always the same, and every distance from it would be endless. */
const LEAST_DEVIATION = 0.01;
const MOST_BASELINES = 4_000;

const BaselineState = z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()]);
export const BaselinesState = z.array(BaselineState);
export type BaselinesState = z.infer<typeof BaselinesState>;

interface Baseline {
  windows: number;
  /** Posts a window, exponentially weighted. */
  posts: number;
  rated: number;
  /** Of the windows' mean sentiments. */
  mean: number;
  variance: number;
}

/** How a window lies to what is usual for its symbol. */
export interface Judgement {
  readonly deviation: number | null;
  readonly volumeRatio: number | null;
}

/**
 * What is usual for each symbol of each network in windows of each width: exponentially weighted mean and variance (West 1979; weight 2/201, and a plain mean
 * until so many windows were seen), so that a symbol that is always spoken well of is held against itself. At most 4,000; the ones unused longest go first.
 */
export class Baselines {
  readonly #known = new Map<string, Baseline>();

  /**
   * Judges a window by the windows before it, then counts it in.
   * @param whole false where the network was not listened to all the time: then its number of posts says nothing.
   */
  judge(network: string, width: number, symbol: string, posts: number, sentiment: number | null, whole: boolean): Judgement {
    const key = keyOf(network, width, symbol);
    const base = this.#known.get(key) ?? { windows: 0, posts: 0, rated: 0, mean: 0, variance: 0 };
    const deviation = Math.sqrt(base.variance);
    const judgement: Judgement = {
      deviation:
        sentiment === null || base.rated < KNOWN_FROM || deviation < LEAST_DEVIATION ? null : rounded((sentiment - base.mean) / deviation),
      volumeRatio: !whole || base.windows < KNOWN_FROM || base.posts <= 0 ? null : rounded(posts / base.posts),
    };
    if (whole) countPosts(base, posts);
    if (sentiment !== null) countSentiment(base, sentiment);
    // Behind the others: the one that was used longest ago is the first.
    this.#known.delete(key);
    this.#known.set(key, base);
    if (this.#known.size > MOST_BASELINES) {
      const oldest = this.#known.keys().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    return judgement;
  }

  /** A window that was listened to went by; the symbols that nobody spoke of count as 0 posts. */
  silence(network: string, width: number, spokenOf: ReadonlySet<string>): void {
    const prefix = keyOf(network, width, '');
    for (const [key, base] of this.#known) {
      if (key.startsWith(prefix) && !spokenOf.has(key.slice(prefix.length))) countPosts(base, 0);
    }
  }

  save(): BaselinesState {
    return [...this.#known].map(([key, { windows, posts, rated, mean, variance }]) => [key, windows, posts, rated, mean, variance]);
  }

  restore(state: BaselinesState): void {
    for (const [key, windows, posts, rated, mean, variance] of state.slice(-MOST_BASELINES)) {
      this.#known.set(key, { windows, posts, rated, mean, variance });
    }
  }
}

function countPosts(base: Baseline, posts: number): void {
  base.windows++;
  base.posts += (posts - base.posts) * weight(base.windows);
}

function countSentiment(base: Baseline, sentiment: number): void {
  base.rated++;
  const share = weight(base.rated);
  const step = sentiment - base.mean;
  base.mean += share * step;
  base.variance = (1 - share) * (base.variance + share * step * step);
}

function weight(seen: number): number {
  return Math.max(1 / seen, 2 / (MEMORY + 1));
}

function keyOf(network: string, width: number, symbol: string): string {
  return `${network}\u0000${width}\u0000${symbol}`;
}
