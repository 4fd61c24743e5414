import type { HttpResponse } from '../capabilities/http.ts';
import type { SourceHealth } from '../protocol/control.ts';
import { freshnessMs, rateLimitMs, retryAfterMs } from './answer-pause.ts';
import { backoffMs, jittered } from './backoff.ts';
import { FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS } from './host-lane.ts';
import type { HostLane } from './host-lane.ts';
import { faultOfError, faultOfStatus } from './http-fault.ts';
import type { Fault } from './http-fault.ts';
import type { Leap } from './leap-watch.ts';
import { PollMemory } from './poll-memory.ts';
import type { PollRequest } from './poll-memory.ts';
import { SourceFault } from './poll.ts';
import type { PollAdvice, PolledSource, PollerTerms } from './poll.ts';
import { SourceWatch, duration } from './source-watch.ts';

/** The caps of one exchange; a source may ask for less. */
const TIMEOUT_MS = 15_000;
const MAX_BYTES = 5 * 1_048_576;
/** What a source does with an answer may take so long; its host's other sources wait for it. */
const TAKE_MS = 60_000;
/** A source that is woken again and again is asked no more often than this. */
const LEAST_MS = 1_000;
/** After a sleep, sources are asked within this time, not all in the same moment. */
const SPREAD_MS = 10_000;
/** Validators are kept only when what came with them has had the time to become durable: a kill in between would lose it otherwise. */
const KEEP_AFTER_MS = 5_000;

export type LaneOf = (url: string) => HostLane;

/** One source of a poller: when it is asked, and what becomes of the answer. Times are monotonic milliseconds. */
export class PolledSourceRun {
  readonly #source: PolledSource;
  readonly #terms: Required<PollerTerms>;
  readonly #laneOf: LaneOf;
  readonly #watch: SourceWatch;
  readonly #memory: PollMemory;
  readonly #counters = { asked: 0, fresh: 0, unchanged: 0, failed: 0, bytes: 0 };
  #lane: HostLane | null = null;
  #failures = 0;
  /** Null while it is being asked, and when it never will be again. */
  #dueAt: number | null = null;
  /** Not before this, even when woken: what its server asked for, or the backoff. */
  #politeAt = 0;
  /** The same, for what its server or its own code asked for. */
  #askedUntil = 0;
  #asking = false;
  #woken = false;
  #ended = false;
  #cancelDue: () => void = () => undefined;
  #cancelKeep: (() => void) | null = null;

  constructor(source: PolledSource, terms: Required<PollerTerms>, laneOf: LaneOf) {
    this.#source = source;
    this.#terms = terms;
    this.#laneOf = laneOf;
    this.#watch = new SourceWatch(source.name, terms.clock, this.#counters);
    this.#memory = new PollMemory(terms.store, terms.log, source.name);
  }

  async start(): Promise<void> {
    await this.#memory.load();
    if (this.#source.contentAtStart === true) this.#memory.forgetValidators();
    const left = this.#memory.pausedUntil - this.#terms.clock.now();
    if (left > 0) {
      this.#watch.set('waiting', `before the start, its server asked for a pause of ${duration(left)} more`);
      this.#askedUntil = this.#politeAt = this.#terms.clock.monotonic() + left;
    }
    this.#plan(this.#politeAt);
  }

  end(): void {
    this.#ended = true;
    this.#dueAt = null;
    this.#cancelDue();
    this.#cancelKeep?.();
  }

  wake(): void {
    if (this.#dueAt === null) this.#woken = true;
    else this.#plan(Math.min(this.#dueAt, this.#politeAt));
  }

  /**
   * The machine slept, or its clock went ahead: what was due meanwhile is asked soon, but not before the time its server asked for, nor sooner after a good
   * answer than is polite; for that the time asleep counts.
   */
  leapt({ wallMs, monotonicMs }: Leap): void {
    if (this.#dueAt === null) return;
    this.#politeAt -= Math.max(0, wallMs - monotonicMs);
    // What failed before it is no measure for after it.
    const floor = this.#failures > 0 ? this.#askedUntil : Math.max(this.#askedUntil, this.#politeAt);
    this.#failures = Math.min(1, this.#failures);
    const soon = this.#terms.clock.monotonic() + this.#terms.random() * Math.min(SPREAD_MS, this.#source.everyMs);
    this.#plan(Math.min(this.#dueAt, Math.max(soon, floor)));
  }

  health(): SourceHealth {
    const lane = this.#lane;
    const held = lane !== null && this.#failures === 0 && this.#dueAt !== null && lane.pausedUntil >= this.#dueAt;
    if (this.#asking) return this.#watch.health(null, 'it is being asked now');
    return this.#watch.health(this.#dueAt, held ? `${lane.host} is left alone for a while: ${lane.why}`.slice(0, 200) : '');
  }

  #plan(at: number): void {
    if (this.#ended) return;
    this.#cancelDue();
    this.#asking = false;
    const now = this.#terms.clock.monotonic();
    this.#dueAt = Math.max(now, at);
    if (at <= now) return this.#onDue();
    this.#cancelDue = this.#terms.clock.after(this.#dueAt - now, () => this.#onDue());
  }

  #onDue(): void {
    this.#dueAt = null;
    let request: PollRequest;
    try {
      request = this.#source.request();
    } catch (error) {
      return this.#onFault({ ...faultOfError(error), ofHost: false }, null);
    }
    if (this.#memory.isGone(request)) return this.#watch.set('gone', GONE);
    const lane = this.#laneOf(this.#memory.address(request).url);
    this.#lane = lane;
    if (this.#held(lane)) return;
    this.#asking = true;
    lane.enqueue(() => this.#turn(request, lane));
  }

  /** Waits for the end of the host's pause, when there is one. */
  #held(lane: HostLane): boolean {
    if (lane.pausedUntil <= this.#terms.clock.monotonic()) return false;
    this.#plan(lane.pausedUntil);
    return true;
  }

  async #turn(request: PollRequest, lane: HostLane): Promise<void> {
    if (this.#ended || this.#held(lane)) return;
    const { url, ...rest } = this.#memory.address(request);
    this.#counters.asked++;
    this.#woken = false;
    try {
      const answer = await this.#terms.http.fetch(url, {
        ...rest,
        timeoutMs: Math.min(TIMEOUT_MS, rest.timeoutMs ?? TIMEOUT_MS),
        maxBytes: Math.min(MAX_BYTES, rest.maxBytes ?? MAX_BYTES),
      });
      if (!this.#ended) await this.#onAnswer(request, url, answer, lane);
    } catch (error) {
      if (!this.#ended) this.#onFault(faultOfError(error), lane);
    } finally {
      lane.used();
    }
  }

  async #onAnswer(request: PollRequest, sentTo: string, answer: HttpResponse, lane: HostLane): Promise<void> {
    const { clock } = this.#terms;
    this.#counters.bytes += answer.body.byteLength;
    const fault = faultOfStatus(answer, clock.now());
    if (fault !== null) {
      // What is wrong at the address it moved to may be right at its own.
      if (sentTo !== request.url && !fault.ofHost) {
        this.#memory.forgetMove();
        return this.#onFault({ ...fault, state: fault.state === 'gone' ? 'refused' : fault.state }, lane);
      }
      if (fault.state === 'gone') this.#memory.setGone(request);
      return this.#onFault(fault, lane);
    }
    const limit = rateLimitMs(answer.headers, clock.now());
    if (limit !== null) lane.askedToPause('its limit of requests is used up', limit);
    this.#memory.noteMove(request, sentTo, answer);
    const hasContent = answer.status !== 304 && answer.status !== 204;
    const advice = hasContent ? await this.#take(answer) : undefined;
    // After whoever takes it: a wall of HTML with status 200 is no success of the host.
    lane.succeeded();
    if (this.#ended) return;
    if (hasContent) {
      this.#memory.took(answer);
      this.#watch.data();
      this.#counters.fresh++;
    } else this.#counters.unchanged++;
    this.#onSuccess(answer, advice ?? {}, limit ?? retryAfterMs(answer.headers, clock.now()) ?? 0);
  }

  async #take(answer: HttpResponse): Promise<PollAdvice | void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = this.#terms.clock.after(TAKE_MS, () =>
      reject(new SourceFault('malformed', `its answer was not dealt with within ${duration(TAKE_MS)}`)),
    );
    try {
      return await Promise.race([this.#source.take(answer), late]);
    } finally {
      cancel();
    }
  }

  #onSuccess(answer: HttpResponse, advice: PollAdvice, pauseMs: number): void {
    const { clock, log } = this.#terms;
    const recovered = this.#failures > 0;
    this.#failures = 0;
    this.#watch.set('ok', answer.status === 304 ? 'nothing new since the last answer' : (advice.note ?? 'answered'));
    if (recovered) log.info(`${this.#source.name} answers again`);
    this.#keepSoon();
    const politeMs = Math.max(freshnessMs(answer.headers, clock.now()), advice.notBeforeMs ?? 0, pauseMs);
    this.#next(Math.max(this.#source.everyMs, politeMs), politeMs, pauseMs);
  }

  #keepSoon(): void {
    if (this.#cancelKeep !== null) return;
    const { known } = this.#memory;
    this.#cancelKeep = this.#terms.clock.after(KEEP_AFTER_MS, () => {
      this.#cancelKeep = null;
      return this.#memory.save(known);
    });
  }

  #onFault(fault: Fault, lane: HostLane | null): void {
    const { clock, log } = this.#terms;
    this.#failures++;
    this.#counters.failed++;
    const isNews = this.#watch.state !== fault.state;
    this.#watch.set(fault.state, fault.words);
    if (isNews) log.warn(`${this.#source.name} is ${fault.state}: ${fault.words}`);
    if (fault.state === 'gone') {
      this.#asking = false;
      return void this.#memory.save();
    }
    if (lane !== null && fault.ofHost) lane.failed(fault.words, fault.retryAfterMs);
    else lane?.succeeded();
    const backoff = backoffMs(this.#failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS);
    // A host in trouble may be back sooner than the next turn; a wrong answer will hardly be right sooner.
    const pause = Math.max(LEAST_MS, fault.retryAfterMs ?? (fault.ofHost ? backoff : Math.max(backoff, this.#source.everyMs)));
    if (fault.retryAfterMs !== null && fault.retryAfterMs > 0) {
      this.#memory.pausedUntil = Math.round(clock.now() + fault.retryAfterMs);
      void this.#memory.save();
    }
    this.#next(pause, fault.retryAfterMs ?? backoff, fault.retryAfterMs ?? 0);
  }

  /** @param politeMs what even a wake waits for. @param askedMs what even a sleep does not shorten. */
  #next(pauseMs: number, politeMs: number, askedMs: number): void {
    const now = this.#terms.clock.monotonic();
    const due = now + jittered(pauseMs, this.#terms.random);
    this.#politeAt = now + Math.max(LEAST_MS, politeMs);
    this.#askedUntil = now + askedMs;
    this.#plan(this.#woken ? Math.min(due, this.#politeAt) : due);
  }
}

const GONE = 'answered 410 before: it is gone for good, and is asked no more; remove it, or give its new address';
