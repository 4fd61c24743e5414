import { z } from 'zod';
import { isServerZone, quarterOf, ZoneOffset } from './zone-offset.ts';

/**
 * How the times of a source become UTC: minutes that its clock is ahead, or an IANA zone, or one of the two clocks that most brokers keep: `EET-EU`
 * (UTC+2, +3 in Europe's summer) and `EET-US` (the same with the dates of the United States, so that New York's close is midnight).
 */
export const ServerTimeRule = z.union([
  z.number().int().min(-900).max(900),
  z.string().refine(isServerZone, 'must be minutes, an IANA zone such as "Europe/Athens", "EET-EU" or "EET-US"'),
]);
export type ServerTimeRule = z.infer<typeof ServerTimeRule>;

/** Between a server's wall clock, coded as an epoch, and UTC, by a rule. Milliseconds on both sides. */
export class ServerTime {
  readonly #zone: ZoneOffset | null;
  #offset = 0;
  #from = -Infinity;
  #until = Infinity;
  /** The quarter of an hour, in UTC, that the wall clock was asked for last, and the offset in it. */
  #quarter = NaN;
  #offsetInQuarter = 0;

  constructor(rule: ServerTimeRule) {
    this.#zone = typeof rule === 'string' ? new ZoneOffset(rule) : null;
    if (typeof rule === 'number') this.#offset = rule * 60_000;
    // An empty range: the first question looks it up.
    if (this.#zone !== null) this.#until = -Infinity;
  }

  /** Wall clock minus UTC. Where a wall clock comes twice (the night that summer ends), the first time counts. */
  offsetAt(wallMs: number): number {
    if (wallMs >= this.#from && wallMs < this.#until) return this.#offset;
    const { from, until } = quarterOf(wallMs);
    this.#offset = this.#zone?.atWall(wallMs) ?? this.#offset;
    this.#from = from;
    this.#until = until;
    return this.#offset;
  }

  toUtc(wallMs: number): number {
    return wallMs - this.offsetAt(wallMs);
  }

  /** The wall clock at an instant. */
  toWall(utcMs: number): number {
    if (this.#zone === null) return utcMs + this.#offset;
    // Zones change at whole quarters of an hour, and to ask costs some microseconds.
    const { from } = quarterOf(utcMs);
    if (from !== this.#quarter) {
      this.#quarter = from;
      this.#offsetInQuarter = this.#zone.atUtc(from);
    }
    return utcMs + this.#offsetInQuarter;
  }
}
