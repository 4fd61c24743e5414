import type { Clock } from '../capabilities/clock.ts';
import type { Http, HttpRequest, HttpResponse } from '../capabilities/http.ts';
import type { Log } from '../capabilities/log.ts';
import type { Store } from '../capabilities/store.ts';
import type { SourceHealth, SourceState } from '../protocol/control.ts';

/** What an answer asks for besides what its headers do. */
export interface PollAdvice {
  /** The next attempt comes no sooner than so many milliseconds from now: a feed's `ttl`, an API's own limit. */
  notBeforeMs?: number;
  /** Shown with the source while it is well: "120 rows, 2 of them bad". */
  note?: string;
}

/** One address that is asked again and again. */
export interface PolledSource {
  /** `<plugin>:<name>`, as its records and its health name it. */
  readonly name: string;
  /** How often, in milliseconds; the answers may ask for longer pauses, never for shorter ones. */
  readonly everyMs: number;
  /** True: each start begins with the content in full, for a plugin that keeps it in memory only. Otherwise the first answer may be "nothing new". */
  readonly contentAtStart?: boolean;
  /** What to ask for, made anew each time; the conditional headers are added to it. */
  request(): { url: string } & HttpRequest;
  /**
   * Takes an answer that has content (2xx but no 304). Throw a {@link SourceFault} to name the state that it puts the source in; anything else that
   * is thrown is `malformed`.
   */
  take(answer: HttpResponse): PollAdvice | void | Promise<PollAdvice | void>;
}

/** A source's fault, with the state that it puts the source in. */
export class SourceFault extends Error {
  readonly state: SourceState;
  /** When to try again, in milliseconds from now; left out: as the backoff has it. */
  readonly retryAfterMs: number | undefined;

  constructor(state: SourceState, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'SourceFault';
    this.state = state;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface PollerTerms {
  readonly http: Http;
  readonly clock: Clock;
  /** Keeps validators (ETag, Last-Modified), moved addresses and what is gone, over restarts. */
  readonly store: Store;
  readonly log: Log;
  /** From 0 to 1, for the jitter; Math.random by default. */
  readonly random?: () => number;
}

/** Asks sources politely: one request a host at a time, conditional, as often as allowed, backing off when told to. */
export interface Poller {
  add(source: PolledSource): void;
  remove(name: string): void;
  /** Asks for it as soon as politeness allows. */
  wake(name: string): void;
  /** How each source is, for the plugin's `status()`. */
  health(): SourceHealth[];
  stop(): void;
}
