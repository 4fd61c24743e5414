import { quarterOf, ZoneOffset } from '@tickhub/plugin-sdk/files';
import { followedChange, OffsetHistory } from './offset-history.ts';

const QUARTER_MS = 900_000;
/** The largest offset that a clock on earth has, with some room; anything else is a clock set wrong. */
const MAX_OFFSET_MS = 15 * 3_600_000;
/** Readings that must agree before the offset changes: TimeTradeServer jumps while a terminal reconnects. */
const AGREEING = 3;
/** An offset that held for as long is not given up for a jump of this PC's clock. */
const ESTABLISHED_MS = 3_600_000;

/** `auto`: from the terminal's clocks; a number: minutes; otherwise an IANA zone such as `Europe/Athens`, or `EET-EU` and `EET-US`. */
export type OffsetRule = 'auto' | number | (string & {});

/** A reading of the terminal's two clocks. */
export interface ClockReading {
  /** Epoch seconds by the broker's clock. */
  readonly timeTradeServer: number;
  /** Epoch seconds, UTC, by the terminal's PC. */
  readonly timeGmt: number;
  /** This machine's clock, Unix epoch milliseconds. */
  readonly now: number;
  /** By how much this machine's clock jumped since the reading before, milliseconds. */
  readonly jumpedMs?: number;
}

/**
 * What a reading meant. `changed`: the offset is another one now; `followed` where a clock that brokers follow changed just so. `held`: the PC's
 * clock jumped, and that alone explains it, so the offset stays. `same`: nothing new.
 */
export type OffsetVerdict = 'same' | 'first' | 'changed' | 'followed' | 'held';

/**
 * The broker's time minus UTC. {@link current} holds for ticks from {@link from} up to, not including, {@link until}; for a tick outside, ask
 * {@link moveTo} first.
 */
export class UtcOffset {
  /** Milliseconds. */
  current = 0;
  from = -Infinity;
  until = Infinity;
  readonly history: OffsetHistory;
  /** When the offset was last read from the terminal, Unix epoch milliseconds. */
  readAt: number;
  readonly #auto: boolean;
  readonly #zone: ZoneOffset | null;
  #candidate = NaN;
  #agreed = 0;
  #jumpedMs = 0;
  #read = false;

  /**
   * @param history of earlier runs, for `auto`.
   * @param readAt when it was last seen to hold.
   */
  constructor(rule: OffsetRule, history = new OffsetHistory(), readAt = 0) {
    this.history = history;
    this.readAt = readAt;
    this.#auto = rule === 'auto';
    this.#zone = typeof rule === 'string' && rule !== 'auto' ? new ZoneOffset(rule) : null;
    if (typeof rule === 'number') this.current = rule * 60_000;
    // An empty range: the first tick asks.
    else this.until = -Infinity;
  }

  /** False until the first clock reading, with `auto`. */
  get known(): boolean {
    return !this.#auto || this.history.latest !== null;
  }

  /** Whether the offset follows the terminal's clocks. */
  get isAuto(): boolean {
    return this.#auto;
  }

  /** Wall clock minus UTC, milliseconds, at a time by the broker's clock. */
  atWall(wallMs: number): number {
    if (this.#zone !== null) return this.#zone.atWall(wallMs);
    return this.#auto ? this.history.atWall(wallMs).offsetMs : this.current;
  }

  /** The broker's clock at an instant, Unix epoch milliseconds. */
  wallAt(utcMs: number): number {
    if (this.#zone !== null) return utcMs + this.#zone.atUtc(utcMs);
    return utcMs + (this.#auto ? (this.history.latest ?? 0) : this.current);
  }

  /** Makes {@link current} right for a tick at `wallMs`. True when it changed. */
  moveTo(wallMs: number): boolean {
    const before = this.current;
    if (this.#zone !== null) {
      ({ from: this.from, until: this.until } = quarterOf(wallMs));
      this.current = this.#zone.atWall(wallMs);
    } else if (this.#auto) {
      ({ offsetMs: this.current, from: this.from, until: this.until } = this.history.atWall(wallMs));
    }
    return this.current !== before;
  }

  /**
   * Takes the terminal's two clocks. The first reading counts at once, a change after three that agree; at the first reading of a run a change
   * counts at once, too, where a clock that brokers follow changed meanwhile.
   */
  observe(reading: ClockReading): OffsetVerdict {
    const { timeTradeServer, timeGmt, now } = reading;
    if (!this.#auto || timeTradeServer <= 0 || timeGmt <= 0) return 'same';
    const offset = Math.round(((timeTradeServer - timeGmt) * 1_000) / QUARTER_MS) * QUARTER_MS;
    if (Math.abs(offset) > MAX_OFFSET_MS) return 'same';
    const first = !this.#read;
    this.#read = true;
    const latest = this.history.latest;
    if (latest === null) return this.#change(now, now, offset, 'first');
    if (offset === latest) {
      this.#agreed = 0;
      this.#jumpedMs = 0;
      this.readAt = now;
      return 'same';
    }
    this.#jumpedMs += reading.jumpedMs ?? 0;
    const followed = followedChange(this.readAt, now, offset - latest);
    if (first && followed !== null) return this.#change(now, followed, offset, 'followed');
    this.#agreed = offset === this.#candidate ? this.#agreed + 1 : 1;
    this.#candidate = offset;
    if (this.#agreed < AGREEING) return 'same';
    if (followed !== null) return this.#change(now, followed, offset, 'followed');
    const established = this.readAt - this.history.begins >= ESTABLISHED_MS;
    // The broker's clock went on as before while ours jumped: the sum is what the difference between them lost.
    if (established && this.#jumpedMs !== 0 && Math.abs(offset - latest + this.#jumpedMs) < QUARTER_MS / 2) return 'held';
    return this.#change(now, now, offset, 'changed');
  }

  #change(now: number, since: number, offset: number, verdict: OffsetVerdict): OffsetVerdict {
    this.#agreed = 0;
    this.#jumpedMs = 0;
    this.readAt = now;
    this.history.add(since, offset);
    this.current = offset;
    // The next tick asks: it may be older than the change.
    this.until = -Infinity;
    return verdict;
  }
}
