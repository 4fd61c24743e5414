/** Over how long posts are counted, and how many authors are remembered. */
const SPAN_MS = 600_000;
const MOST_AUTHORS = 5_000;
/** More of one author's posts than these make no difference. */
const MOST_POSTS = 32;

/** How often each author has posted in the last ten minutes; the 5,000 that posted last are remembered. */
export class PostRates {
  readonly #times = new Map<string, number[]>();

  /** Notes a post and answers how many of this author's lie in the ten minutes up to it, itself included; at most 32. */
  note(author: string, at: number): number {
    const times = (this.#times.get(author) ?? []).filter((time) => Math.abs(at - time) < SPAN_MS).slice(1 - MOST_POSTS);
    times.push(at);
    // Behind the others: who posted longest ago is forgotten first.
    this.#times.delete(author);
    this.#times.set(author, times);
    if (this.#times.size > MOST_AUTHORS) {
      const oldest = this.#times.keys().next();
      if (!oldest.done) this.#times.delete(oldest.value);
    }
    return times.length;
  }
}
