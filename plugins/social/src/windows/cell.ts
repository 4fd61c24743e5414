import { z } from '@tickhub/plugin-sdk';

/** More distinct authors of one symbol within one window than this are not told apart: `authors` stays there. */
const MOST_AUTHORS = 4_096;

export const CellState = z.tuple([
  z.number().int().min(0),
  z.number().int().min(0),
  z.number().int().min(0),
  z.number().int().min(0),
  z.number(),
  z.number().int().min(0),
  z.array(z.tuple([z.string(), z.number().int().min(1)])),
]);
export type CellState = z.infer<typeof CellState>;

/** How many authors may be told apart in all cells of a network together. */
export interface AuthorBudget {
  left: number;
}

/** What one post adds to a window, and takes away again when it is taken back. */
export interface Contribution {
  readonly author: string;
  /** From -1 to 1; null where nothing was said of a direction. */
  readonly sentiment: number | null;
  readonly stance: 'bullish' | 'bearish' | 'neutral';
  readonly spam: boolean;
}

/** The counts of one symbol on one network within one window. */
export class Cell {
  #bullish = 0;
  #bearish = 0;
  #neutral = 0;
  #spam = 0;
  #sum = 0;
  #rated = 0;
  readonly #authors = new Map<string, number>();
  readonly #budget: AuthorBudget;

  constructor(budget: AuthorBudget) {
    this.#budget = budget;
  }

  get posts(): number {
    return this.#bullish + this.#bearish + this.#neutral;
  }

  get isEmpty(): boolean {
    return this.posts === 0 && this.#spam === 0;
  }

  get counts(): {
    posts: number;
    authors: number;
    bullish: number;
    bearish: number;
    neutral: number;
    spam: number;
    sentiment: number | null;
  } {
    return {
      posts: this.posts,
      authors: this.#authors.size,
      bullish: this.#bullish,
      bearish: this.#bearish,
      neutral: this.#neutral,
      spam: this.#spam,
      // A sum of many roundings may lie a hair outside.
      sentiment: this.#rated === 0 ? null : Math.max(-1, Math.min(1, rounded(this.#sum / this.#rated))),
    };
  }

  add({ author, sentiment, stance, spam }: Contribution): void {
    if (spam) {
      this.#spam++;
      return;
    }
    this.#step(stance, 1);
    if (sentiment !== null) {
      this.#sum += sentiment;
      this.#rated++;
    }
    const before = this.#authors.get(author);
    if (before !== undefined) this.#authors.set(author, before + 1);
    else if (this.#authors.size < MOST_AUTHORS && this.#budget.left > 0) {
      this.#budget.left--;
      this.#authors.set(author, 1);
    }
  }

  remove({ author, sentiment, stance, spam }: Contribution): void {
    if (spam) {
      this.#spam = Math.max(0, this.#spam - 1);
      return;
    }
    this.#step(stance, -1);
    if (sentiment !== null && this.#rated > 0) {
      this.#rated--;
      this.#sum = this.#rated === 0 ? 0 : this.#sum - sentiment;
    }
    const before = this.#authors.get(author) ?? 0;
    if (before > 1) this.#authors.set(author, before - 1);
    else if (this.#authors.delete(author)) this.#budget.left++;
  }

  /** It is closed, and takes nothing any more. */
  close(): void {
    this.#budget.left += this.#authors.size;
  }

  save(): CellState {
    return [this.#bullish, this.#bearish, this.#neutral, this.#spam, this.#sum, this.#rated, [...this.#authors]];
  }

  static from([bullish, bearish, neutral, spam, sum, rated, authors]: CellState, budget: AuthorBudget): Cell {
    const cell = new Cell(budget);
    budget.left -= authors.length;
    [cell.#bullish, cell.#bearish, cell.#neutral, cell.#spam, cell.#sum, cell.#rated] = [bullish, bearish, neutral, spam, sum, rated];
    for (const [author, count] of authors) cell.#authors.set(author, count);
    return cell;
  }

  #step(stance: Contribution['stance'], by: 1 | -1): void {
    if (stance === 'bullish') this.#bullish = Math.max(0, this.#bullish + by);
    else if (stance === 'bearish') this.#bearish = Math.max(0, this.#bearish + by);
    else this.#neutral = Math.max(0, this.#neutral + by);
  }
}

/** To four digits: what a mean of a lexicon's scores can carry. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
