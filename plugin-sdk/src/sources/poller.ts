import { HostLane } from './host-lane.ts';
import { watchForLeaps } from './leap-watch.ts';
import { PolledSourceRun } from './polled-source.ts';
import type { Poller, PolledSource, PollerTerms } from './poll.ts';
import type { SourceHealth } from '../protocol/control.ts';

/**
 * Makes a poller. Its manners: one request a host at a time; the interval is the largest of the config's, the answer's `Cache-Control` or `Expires` and
 * the source's own advice, and up to a tenth longer; validators go back verbatim; `Retry-After` and used-up rate limits hold for the whole host; a host in
 * trouble is tried by one source at a time, 5 s doubling to 15 min; 410 ends it, a move told three times is believed.
 */
export function createPoller(terms: PollerTerms): Poller {
  return new HttpPoller(terms);
}

class HttpPoller implements Poller {
  readonly #terms: Required<PollerTerms>;
  readonly #sources = new Map<string, PolledSourceRun>();
  readonly #lanes = new Map<string, HostLane>();
  readonly #cancelWatch: () => void;

  constructor(terms: PollerTerms) {
    this.#terms = { ...terms, random: terms.random ?? Math.random };
    this.#cancelWatch = watchForLeaps(terms.clock, (leap) => {
      for (const lane of this.#lanes.values()) lane.leapt();
      for (const source of this.#sources.values()) source.leapt(leap);
    });
  }

  add(source: PolledSource): void {
    this.remove(source.name);
    const run = new PolledSourceRun(source, this.#terms, (url) => this.#lane(url));
    this.#sources.set(source.name, run);
    void run.start();
  }

  remove(name: string): void {
    this.#sources.get(name)?.end();
    this.#sources.delete(name);
  }

  wake(name: string): void {
    this.#sources.get(name)?.wake();
  }

  health(): SourceHealth[] {
    return [...this.#sources.values()].map((source) => source.health());
  }

  stop(): void {
    this.#cancelWatch();
    for (const name of this.#sources.keys()) this.remove(name);
  }

  #lane(url: string): HostLane {
    // An address that is none has a lane of its own, and fails there.
    const host = URL.parse(url)?.host ?? url;
    const known = this.#lanes.get(host);
    if (known !== undefined) return known;
    for (const [name, lane] of this.#lanes) if (lane.idle) this.#lanes.delete(name);
    const lane = new HostLane(host, this.#terms.clock, this.#terms.random);
    this.#lanes.set(host, lane);
    return lane;
  }
}
