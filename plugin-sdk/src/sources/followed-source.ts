import type { SocketConnection } from '../capabilities/socket.ts';
import type { SourceHealth, SourceState } from '../protocol/control.ts';
import { backoffMs, jittered } from './backoff.ts';
import type { FollowedSource, FollowerTerms } from './follow.ts';
import { SourceFault } from './poll.ts';
import { faultOfConnecting, faultOfEnd } from './socket-fault.ts';
import type { SocketFault } from './socket-fault.ts';
import { SourceWatch, duration } from './source-watch.ts';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 60_000;
/** States that time alone does not mend. */
const NOT_SOON: ReadonlySet<SourceState> = new Set<SourceState>(['refused', 'rate-limited', 'off']);
/** What only a person can mend, or a server that said "too many", is not tried sooner. */
const LEAST_AFTER_REFUSAL_MS = 30_000;
/** A connection that lasted so long was a good one: the next failure begins with the shortest pause. */
const HEALTHY_MS = 60_000;
/** So many messages in a row that nothing could be made of are no accident. */
const MALFORMED_IN_A_ROW = 3;
/** After a sleep, connections are made within this time, not all in the same moment; and one that looks open must give a sign of life within the other. */
const SPREAD_MS = 2_000;
const SIGN_OF_LIFE_MS = 10_000;

/** One source of a follower: its connection, and when it is made anew. Times are monotonic milliseconds. */
export class FollowedSourceRun {
  readonly #source: FollowedSource;
  readonly #terms: Required<FollowerTerms>;
  readonly #watch: SourceWatch;
  readonly #counters = { connects: 0, messages: 0, malformed: 0, failed: 0 };
  #connection: SocketConnection | null = null;
  #host = '';
  /** Rises with each attempt and each end: what an older connection still brings is not used. */
  #attempt = 0;
  #failures = 0;
  #malformedInARow = 0;
  /** The log has a fault that it has not seen the end of. */
  #told = false;
  #openedAt = 0;
  /** When silence has lasted too long. */
  #staleAt = 0;
  /** Null while it is connecting or open, and after the end. */
  #dueAt: number | null = null;
  #cancelTimer: () => void = () => undefined;

  constructor(source: FollowedSource, terms: Required<FollowerTerms>) {
    this.#source = source;
    this.#terms = terms;
    this.#watch = new SourceWatch(source.name, terms.clock, this.#counters);
  }

  start(): void {
    this.#watch.set('starting', 'connecting for the first time');
    void this.#connect();
  }

  end(): void {
    this.#attempt++;
    this.#dueAt = null;
    this.#cancelTimer();
    this.#connection?.close();
    this.#connection = null;
  }

  /** The machine slept, or its clock went ahead. */
  leapt(): void {
    const { clock, random } = this.#terms;
    if (this.#dueAt !== null) {
      this.#failures = Math.min(1, this.#failures);
      if (!NOT_SOON.has(this.#watch.state)) this.#plan(Math.min(this.#dueAt, clock.monotonic() + SPREAD_MS * random()));
    } else if (this.#connection !== null) {
      this.#staleAt = Math.min(this.#staleAt, clock.monotonic() + SIGN_OF_LIFE_MS);
      this.#watchSilence();
    }
  }

  health(): SourceHealth {
    const connecting = this.#dueAt === null && this.#connection === null && this.#watch.state !== 'starting';
    return this.#watch.health(this.#dueAt, connecting ? 'connecting now' : '');
  }

  #plan(at: number): void {
    this.#cancelTimer();
    this.#dueAt = at;
    this.#cancelTimer = this.#terms.clock.after(Math.max(0, at - this.#terms.clock.monotonic()), () => this.#connect());
  }

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    const { clock, socket } = this.#terms;
    this.#dueAt = null;
    try {
      const { url, ...options } = this.#source.request();
      this.#host = URL.parse(url)?.host ?? 'its address';
      const connection = await socket.connect(url, options);
      if (attempt !== this.#attempt) return connection.close();
      this.#connection = connection;
      this.#counters.connects++;
      this.#openedAt = clock.monotonic();
      this.#malformedInARow = 0;
      // To connect was never what was wrong with such a source: data is what makes it well.
      const { state } = this.#watch;
      const still = state === 'stale' || state === 'malformed' ? state : 'waiting';
      this.#watch.set(still, `connected to ${this.#host}, nothing came yet`);
      this.#staleAt = clock.monotonic() + this.#source.staleAfterMs;
      this.#watchSilence();
      connection.onMessage((data) => {
        if (attempt === this.#attempt) this.#onMessage(data);
      });
      connection.onEnd((end) => {
        if (attempt === this.#attempt) this.#onFault(faultOfEnd(end));
      });
      await this.#source.opened?.(connection);
    } catch (error) {
      if (attempt === this.#attempt) this.#onFault(faultOfConnecting(error, clock.now()));
    }
  }

  #onMessage(data: string | Uint8Array): void {
    const { clock } = this.#terms;
    this.#counters.messages++;
    this.#staleAt = clock.monotonic() + this.#source.staleAfterMs;
    try {
      this.#source.take(data);
    } catch (error) {
      if (error instanceof SourceFault) return this.#onFault(faultOfConnecting(error, clock.now()));
      this.#counters.malformed++;
      if (++this.#malformedInARow === MALFORMED_IN_A_ROW) {
        const words = error instanceof Error ? error.message : String(error);
        this.#tell({ state: 'malformed', words: `nothing can be made of its messages: ${words}`, retryAfterMs: null });
      }
      return;
    }
    this.#malformedInARow = 0;
    this.#watch.data();
    if (this.#watch.state !== 'ok') {
      this.#watch.set('ok', `connected to ${this.#host}`);
      if (this.#told) this.#terms.log.info(`${this.#source.name} gives messages again`);
      this.#told = false;
    }
  }

  /** Looks when the silence would have lasted too long; messages meanwhile have put that off. */
  #watchSilence(): void {
    const { clock } = this.#terms;
    this.#cancelTimer();
    this.#cancelTimer = clock.after(Math.max(0, this.#staleAt - clock.monotonic()), () => {
      if (this.#staleAt > clock.monotonic()) return this.#watchSilence();
      const silent = duration(this.#source.staleAfterMs);
      this.#onFault({ state: 'stale', words: `connected, and silent for ${silent}; connecting anew`, retryAfterMs: null });
    });
  }

  #onFault(fault: SocketFault): void {
    const { clock, random } = this.#terms;
    const now = clock.monotonic();
    this.#attempt++;
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null && now - this.#openedAt >= HEALTHY_MS) this.#failures = 0;
    this.#failures++;
    this.#counters.failed++;
    this.#tell(fault);
    connection?.close();
    const refused = NOT_SOON.has(fault.state);
    const backoff = backoffMs(this.#failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS);
    const pause = fault.retryAfterMs ?? (refused ? Math.max(LEAST_AFTER_REFUSAL_MS, backoff) : backoff);
    this.#plan(now + jittered(Math.max(FIRST_BACKOFF_MS, pause), random));
  }

  /** A source that is away for an hour is one line in the log, not sixty. */
  #tell({ state, words }: SocketFault): void {
    const isNews = this.#watch.state !== state && this.#failures <= 1;
    this.#watch.set(state, words);
    if (!isNews) return;
    this.#told = true;
    this.#terms.log.warn(`${this.#source.name} is ${state}: ${words}`);
  }
}
