import type { SourceHealth } from '../protocol/control.ts';
import type { FollowedSource, Follower, FollowerTerms } from './follow.ts';
import { FollowedSourceRun } from './followed-source.ts';
import { watchForLeaps } from './leap-watch.ts';

/**
 * Makes a follower. Its manners: a connection that ended is made anew after 0.25 s, doubling to 60 s and up to a tenth longer, from the start again once one
 * lasted a minute; one that is refused, after half a minute at least, or as long as `Retry-After` says; one that is silent for too long is closed.
 */
export function createFollower(terms: FollowerTerms): Follower {
  return new SocketFollower(terms);
}

class SocketFollower implements Follower {
  readonly #terms: Required<FollowerTerms>;
  readonly #sources = new Map<string, FollowedSourceRun>();
  readonly #cancelWatch: () => void;

  constructor(terms: FollowerTerms) {
    this.#terms = { ...terms, random: terms.random ?? Math.random };
    this.#cancelWatch = watchForLeaps(terms.clock, () => {
      for (const source of this.#sources.values()) source.leapt();
    });
  }

  add(source: FollowedSource): void {
    this.remove(source.name);
    const run = new FollowedSourceRun(source, this.#terms);
    this.#sources.set(source.name, run);
    run.start();
  }

  remove(name: string): void {
    this.#sources.get(name)?.end();
    this.#sources.delete(name);
  }

  health(): SourceHealth[] {
    return [...this.#sources.values()].map((source) => source.health());
  }

  stop(): void {
    this.#cancelWatch();
    for (const name of this.#sources.keys()) this.remove(name);
  }
}
