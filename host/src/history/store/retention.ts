import type { HistoryStore } from './history-store.ts';
import type { RetentionState } from './state-table.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** How far the clock and the time that has passed may differ from one look to the next without its being a jump. */
const SLACK_MS = 5_000;
/** How long a clock that jumped forward has to go on from there before it is believed. */
const SETTLE_MS = HOUR_MS;
/**
 * How long a smaller limit has to hold, while the host runs, before what is over it goes: a token that was late must not cost a year of history, nor one that was late when the host
 * was switched off for a month.
 */
const FEWER_AFTER_MS = 7 * DAY_MS;
/** How far what is trusted may have moved before it is written down again. */
const WRITE_MS = 15 * 60_000;
/** Chunks and records taken away in one transaction. */
const PIECE = 64;

export interface RetentionClock {
  /** Unix epoch milliseconds. */
  now(): number;
  /** Milliseconds that only rise, and do not count sleep where the system's clock does not. */
  monotonic(): number;
}

/**
 * A clock that does not run ahead: deleting is for ever, and a clock may be wrong (an NTP step, a laptop that wakes up, a battery that is empty). It goes on with the time that passes; it takes
 * over a wall clock that is earlier at once, and one that is ahead only when that has gone on evenly for an hour.
 */
export class CautiousClock {
  readonly #clock: RetentionClock;
  #trusted: number;
  #seenAt: number;
  #jump: { readonly ahead: number; readonly since: number } | null = null;

  /** @param trusted what it said when it was last written down; null for the wall clock's word. */
  constructor(clock: RetentionClock, trusted: number | null) {
    this.#clock = clock;
    this.#seenAt = clock.monotonic();
    this.#trusted = trusted ?? clock.now();
  }

  now(): number {
    const monotonic = this.#clock.monotonic();
    const wall = this.#clock.now();
    this.#trusted += monotonic - this.#seenAt;
    this.#seenAt = monotonic;
    const ahead = wall - this.#trusted;
    if (ahead <= SLACK_MS) {
      this.#trusted = wall;
      this.#jump = null;
    } else if (this.#jump === null || Math.abs(ahead - this.#jump.ahead) > SLACK_MS) {
      this.#jump = { ahead, since: monotonic };
    } else if (monotonic - this.#jump.since >= SETTLE_MS) {
      this.#trusted = wall;
      this.#jump = null;
    }
    return this.#trusted;
  }
}

/**
 * Takes away what is older than the tier's days: counted back from the cautious clock or from the newest tick, whichever is earlier. So neither a wrong clock nor a source with a wrong one
 * deletes anything by itself, and a recording of years ago is kept as long as nothing newer is there.
 */
export class Retention {
  readonly #store: HistoryStore;
  readonly #clock: CautiousClock;
  readonly #monotonic: () => number;
  /** As it was judged last; what is written down may be somewhat older. */
  #state: RetentionState | null;
  #judgedAt: number;
  /** Null until it is told. */
  #wanted: number | null = null;

  constructor(store: HistoryStore, clock: RetentionClock) {
    this.#store = store;
    this.#state = store.state.retention;
    this.#clock = new CautiousClock(clock, this.#state?.trusted ?? null);
    this.#monotonic = () => clock.monotonic();
    this.#judgedAt = clock.monotonic();
  }

  /** How many days the tier keeps; Infinity for all. */
  set days(days: number) {
    this.#wanted = days;
  }

  /** What days are counted back from: Unix epoch milliseconds. */
  reference(): number {
    const newest = this.#store.newestUtc;
    const now = this.#clock.now();
    return newest === -Infinity ? now : Math.min(now, newest);
  }

  /** Judges anew, and writes down what is trusted. @returns what ended before it goes, UTC; null for nothing. */
  cutoff(): number | null {
    if (this.#wanted === null) return null;
    const state = this.#judge(this.#state, this.#wanted, this.#clock.now());
    this.#state = state;
    if (isWorthWriting(this.#store.state.retention, state)) this.#store.writeRetention(state);
    return state.days === null ? null : this.reference() - state.days * DAY_MS;
  }

  /** Takes a piece away. @returns how many chunks and records went; 0 when there are no more. */
  remove(cutoff: number): number {
    return this.#store.removeBefore(cutoff, PIECE);
  }

  #judge(before: RetentionState | null, wanted: number, trusted: number): RetentionState {
    const monotonic = this.#monotonic();
    // What the trusted time moved by without that time having passed here: it was off, or its clock was put right.
    const jumped = before === null ? 0 : trusted - before.trusted - (monotonic - this.#judgedAt);
    this.#judgedAt = monotonic;
    const kept = before === null ? wanted : (before.days ?? Infinity);
    if (wanted >= kept) return { trusted, days: finite(wanted), fewerSince: null };
    const fewerSince = before === null || before.fewerSince === null ? trusted : before.fewerSince + jumped;
    if (trusted - fewerSince >= FEWER_AFTER_MS) return { trusted, days: finite(wanted), fewerSince: null };
    return { trusted, days: finite(kept), fewerSince };
  }
}

/** What is trusted is written down now and then: a start that goes on from a little earlier deletes a little later. */
function isWorthWriting(before: RetentionState | null, now: RetentionState): boolean {
  return (
    before === null ||
    before.days !== now.days ||
    (before.fewerSince === null) !== (now.fewerSince === null) ||
    Math.abs(now.trusted - before.trusted) >= WRITE_MS
  );
}

function finite(days: number): number | null {
  return days === Infinity ? null : days;
}
