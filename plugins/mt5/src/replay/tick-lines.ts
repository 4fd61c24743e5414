import { parseDecimal } from './decimal.ts';
import { ReplayFileError } from './errors.ts';

const NEWLINE = 10;
const RETURN = 13;
const COMMA = 44;
const NAMES = ['time_msc', 'bid', 'ask', 'last', 'volume'] as const;
const TIME = 0;
const BID = 1;
const ASK = 2;
const LAST = 3;
const VOLUME = 4;
const MAX_TIME = 8.64e15;
/** A longer line is no line of ticks. */
const MAX_LINE = 4_096;
const BOM = '\uFEFF';

/** Ticks as columns that are used again for the next block. */
export interface TickColumns {
  count: number;
  readonly time: Float64Array;
  readonly bid: Float64Array;
  readonly ask: Float64Array;
  readonly last: Float64Array;
  readonly volume: Float64Array;
}

export function tickColumns(capacity: number): TickColumns {
  const column = (): Float64Array => new Float64Array(capacity);
  return { count: 0, time: column(), bid: column(), ask: column(), last: column(), volume: column() };
}

/** `line` counts from 1. */
export type OnBadLine = (line: number, what: string) => void;

/**
 * Reads lines of ticks: `time_msc,bid,ask` and, where a header names them, `last` and `volume` in any order among other columns. An empty price
 * means unchanged. A bad line is told and skipped; lines must not go back in time.
 */
export class TickLines {
  readonly #file: string;
  readonly #onBadLine: OnBadLine;
  /** Field number -> which of {@link NAMES}, -1 for a column of no interest. */
  #columns: number[] = [TIME, BID, ASK, LAST, VOLUME];
  #line = 0;
  /** The fields of the line in hand; carried over where a field is empty. */
  readonly #fields = new Float64Array(NAMES.length);
  #timeBefore = -Infinity;

  constructor(file: string, onBadLine: OnBadLine) {
    this.#file = file;
    this.#onBadLine = onBadLine;
    this.#fields.fill(NaN, BID, ASK + 1);
  }

  /**
   * Reads whole lines of `bytes` from `from` on into `out` until it is full; returns how far it got. With `final`, what follows the last
   * newline is a line too.
   * @throws {ReplayFileError} on a header without the columns needed.
   */
  read(bytes: Uint8Array, from: number, final: boolean, out: TickColumns): number {
    let at = from;
    while (out.count < out.time.length) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline === -1 && (!final || at === bytes.byteLength)) {
        if (bytes.byteLength - at > MAX_LINE)
          throw new ReplayFileError(this.#file, `line ${this.#line + 1} is over ${MAX_LINE} bytes: not a CSV file of ticks`);
        return at;
      }
      let end = newline === -1 ? bytes.byteLength : newline;
      const next = newline === -1 ? end : newline + 1;
      if (end > at && bytes[end - 1] === RETURN) end--;
      this.#line++;
      if (this.#line === 1 && this.#header(bytes, at, end)) {
        at = next;
        continue;
      }
      if (end > at) this.#tick(bytes, at, end, out);
      at = next;
    }
    return at;
  }

  #header(bytes: Uint8Array, from: number, to: number): boolean {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
      .toString('utf8')
      .replace(BOM, '')
      .trim();
    if (text === '' || /^[\d-]/.test(text)) return false;
    const names = text.split(',').map((name) => name.trim().toLowerCase());
    this.#columns = names.map((name) => NAMES.indexOf(name as (typeof NAMES)[number]));
    for (const needed of [TIME, BID, ASK]) {
      if (!this.#columns.includes(needed)) {
        throw new ReplayFileError(this.#file, `the header has no column ${NAMES[needed]}; needed are time_msc, bid and ask`);
      }
    }
    return true;
  }

  #tick(bytes: Uint8Array, from: number, to: number, out: TickColumns): void {
    const fields = this.#fields;
    const columns = this.#columns;
    let seen = 0;
    let at = from;
    for (let field = 0; field < columns.length && at <= to; field++) {
      let end = at;
      while (end < to && bytes[end] !== COMMA) end++;
      const column = columns[field] ?? -1;
      if (column >= 0) {
        seen |= 1 << column;
        if (end > at) {
          const value = parseDecimal(bytes, at, end);
          if (!Number.isFinite(value)) return this.#bad(`${NAMES[column]} is not a number`);
          fields[column] = value;
        } else if (column === TIME) return this.#bad('time_msc is empty');
      }
      at = end + 1;
    }
    // 7: time, bid and ask.
    if ((seen & 7) !== 7) return this.#bad('it needs time_msc, bid and ask');
    const time = fields[TIME] ?? NaN;
    if (!Number.isInteger(time) || time <= 0 || time > MAX_TIME) return this.#bad(`time_msc ${time} is no time in epoch milliseconds`);
    if (time < this.#timeBefore) return this.#bad(`time goes back from ${this.#timeBefore} to ${time}`);
    const bid = fields[BID] ?? NaN;
    const ask = fields[ASK] ?? NaN;
    if (Number.isNaN(bid) || Number.isNaN(ask)) return this.#bad('a price is empty before there was one');
    this.#timeBefore = time;
    const i = out.count++;
    out.time[i] = time;
    out.bid[i] = bid;
    out.ask[i] = ask;
    out.last[i] = fields[LAST] ?? 0;
    out.volume[i] = fields[VOLUME] ?? 0;
  }

  #bad(what: string): void {
    this.#onBadLine(this.#line, what);
  }
}
