import { quarterOf, ZoneOffset } from '@tickhub/plugin-sdk/files';

const QUARTER_S = 900;
/** The largest offset that a clock on earth has, with some room; anything else is a clock set wrong. */
const MAX_OFFSET_S = 15 * 3_600;
/** Readings that must agree before the offset changes: TimeTradeServer jumps while a terminal reconnects. */
const AGREEING = 3;

/** `auto`: from the terminal's clocks; a number: minutes; otherwise an IANA zone such as `EET` or `Europe/Athens`. */
export type OffsetRule = 'auto' | number | (string & {});

/**
 * The broker's time minus UTC. {@link current} holds for ticks from {@link from} up to, not including, {@link until}; for a tick outside, ask
 * {@link moveTo} first.
 */
export class UtcOffset {
  /** Milliseconds. */
  current = 0;
  from = -Infinity;
  until = Infinity;
  /** False until the first clock reading, with `auto`. */
  known: boolean;
  readonly #auto: boolean;
  readonly #zone: ZoneOffset | null;
  #candidate = NaN;
  #agreed = 0;

  constructor(rule: OffsetRule) {
    this.#auto = rule === 'auto';
    this.known = !this.#auto;
    this.#zone = typeof rule === 'string' && rule !== 'auto' ? new ZoneOffset(rule) : null;
    if (typeof rule === 'number') this.current = rule * 60_000;
    // An empty range: the first tick asks.
    if (this.#zone !== null) this.until = -Infinity;
  }

  /** Makes {@link current} right for a tick at `wallMs`. True when it changed. */
  moveTo(wallMs: number): boolean {
    if (this.#zone === null) return false;
    const { from, until } = quarterOf(wallMs);
    const offset = this.#zone.atWall(wallMs);
    const changed = offset !== this.current;
    this.current = offset;
    this.from = from;
    this.until = until;
    return changed;
  }

  /**
   * Takes the terminal's two clocks, epoch seconds. The first reading counts at once, a change after three that agree.
   * True when {@link current} changed.
   */
  observe(timeTradeServer: number, timeGmt: number): boolean {
    if (!this.#auto || timeTradeServer <= 0 || timeGmt <= 0) return false;
    const seconds = Math.round((timeTradeServer - timeGmt) / QUARTER_S) * QUARTER_S;
    if (Math.abs(seconds) > MAX_OFFSET_S) return false;
    const offset = seconds * 1_000;
    if (!this.known) {
      this.known = true;
      this.current = offset;
      return true;
    }
    if (offset === this.current) {
      this.#agreed = 0;
      return false;
    }
    this.#agreed = offset === this.#candidate ? this.#agreed + 1 : 1;
    this.#candidate = offset;
    if (this.#agreed < AGREEING) return false;
    this.#agreed = 0;
    this.current = offset;
    return true;
  }
}
