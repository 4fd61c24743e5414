import { isZone, offsetAt } from '@tickhub/plugin-sdk/time';
import { HistoryError } from '../errors.ts';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNITS;

/** Weeks begin on Monday; the epoch was a Thursday. */
const FIRST_MONDAY_MS = 4 * UNITS.d;
const MAX_WIDTH_MS = 100 * UNITS.w;

/**
 * Milliseconds of a width such as `90s`, `5m`, `4h`, `1d`, `2w`.
 * @throws {HistoryError} HISTORY_BAD_QUERY
 */
export function parseWidth(width: string): { readonly ms: number; readonly unit: Unit } {
  const [, count, unit] = /^([1-9]\d{0,6})([smhdw])$/.exec(width) ?? [];
  const ms = Number(count) * UNITS[unit as Unit];
  if (count === undefined || !(ms <= MAX_WIDTH_MS)) {
    throw new HistoryError(
      'HISTORY_BAD_QUERY',
      `"${width}" is no width of a bar: give a whole number and one of s, m, h, d, w, such as 30s, 1m, 4h or 1d, up to 100w`,
    );
  }
  return { ms, unit: unit as Unit };
}

/** Where bars begin: at whole multiples of their width since 1970-01-01 (weeks: since Monday, 1970-01-05), by UTC or by a zone's clock. */
export class BarGrid {
  readonly #ms: number;
  readonly #origin: number;
  readonly #zone: ZoneClock | null;

  /** @throws {HistoryError} HISTORY_BAD_QUERY */
  constructor(width: string, zone?: string) {
    const { ms, unit } = parseWidth(width);
    this.#ms = ms;
    this.#origin = unit === 'w' ? FIRST_MONDAY_MS : 0;
    this.#zone = zone === undefined || zone === 'UTC' ? null : new ZoneClock(zone);
  }

  /** UTC at which the bar that `utc` is in opened. */
  startOf(utc: number): number {
    const clock = this.#zone;
    if (clock === null) return this.#floor(utc);
    const local = this.#floor(utc + clock.offsetAt(utc));
    // The zone may have been at another offset when the bar opened.
    return local - clock.offsetAt(local - clock.offsetAt(utc));
  }

  /** A time up to which every tick after `utc` is surely in the same bar; it may be in it longer where clocks are put back. */
  sureEnd(start: number): number {
    const clock = this.#zone;
    if (clock === null) return start + this.#ms;
    const local = start + clock.offsetAt(start) + this.#ms;
    const end = local - clock.offsetAt(local - clock.offsetAt(start));
    return Math.max(start + 1, Math.min(end, start + this.#ms));
  }

  #floor(time: number): number {
    return Math.floor((time - this.#origin) / this.#ms) * this.#ms + this.#origin;
  }
}

/** Offsets change at quarters of an hour at the finest. */
const STEP_MS = 900_000;

/** What a zone's clocks show: local time minus UTC. */
class ZoneClock {
  readonly #zone: string;
  readonly #offsets = new Map<number, number>();

  constructor(zone: string) {
    if (!isZone(zone)) {
      throw new HistoryError('HISTORY_BAD_QUERY', `"${zone}" is no time zone: give an IANA name such as Europe/Athens, or UTC`);
    }
    this.#zone = zone;
  }

  offsetAt(utc: number): number {
    const step = Math.floor(utc / STEP_MS);
    let offset = this.#offsets.get(step);
    if (offset === undefined) this.#offsets.set(step, (offset = offsetAt(this.#zone, step * STEP_MS)));
    return offset;
  }
}
