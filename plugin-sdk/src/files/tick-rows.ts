import { parseDecimal } from './decimal.ts';
import { shownTime } from './shown-time.ts';
import { Rows } from './rows.ts';
import { DateReader, readTimeOfDay } from './wall-time.ts';
import type { FileTicks } from './columns.ts';
import type { FileDialect, FileField } from './dialect.ts';
import type { OnBadLine } from './rows.ts';

/** What is wrong with the first rows of a file where they have one side only. */
export const NO_PRICE_YET = 'a price is empty before there was one';

/** Where the fields of a row are kept. The first four are carried over where a cell is empty. */
const BID = 0;
const ASK = 1;
const LAST = 2;
const VOLUME = 3;
const FLAGS = 4;
const TIME_MSC = 5;
const DATE = 6;
const TIME = 7;
const SKIP = 8;
const CODES: Partial<Record<FileField, number>> = {
  bid: BID,
  ask: ASK,
  last: LAST,
  volume: VOLUME,
  flags: FLAGS,
  time_msc: TIME_MSC,
  date: DATE,
  time: TIME,
};
const NAMES = ['bid', 'ask', 'last', 'volume', 'flags', 'time_msc', 'the date', 'the time'];

/** MetaTrader's documented bits; others occur and mean nothing to us. */
const KNOWN_FLAGS = 0x7e;
const BID_AND_ASK = 6;
const MAX_TIME = 8.64e15;
const DATE_BYTES = 10;

/**
 * Reads rows of ticks. An empty price is the one before; without a column of flags, they say which cells are filled. Rows must not go back in
 * time. Nothing is allocated for a good row.
 */
export class TickRows extends Rows<FileTicks> {
  readonly #codes: Uint8Array;
  readonly #delimiter: number;
  readonly #dates = new DateReader();
  /** Bid, ask, last and volume of the row before, and of the one in hand: nothing of a bad row counts. */
  readonly #before = Float64Array.of(NaN, NaN, 0, 0);
  readonly #values = new Float64Array(4);
  #timeBefore = -Infinity;

  constructor(file: string, dialect: FileDialect, onBadLine: OnBadLine) {
    super(file, dialect.header !== null, onBadLine);
    this.#codes = Uint8Array.from(dialect.fields, (field) => CODES[field] ?? SKIP);
    this.#delimiter = dialect.delimiter.charCodeAt(0);
  }

  protected row(bytes: Uint8Array, from: number, to: number, out: FileTicks): void {
    const codes = this.#codes;
    const delimiter = this.#delimiter;
    const values = this.#values;
    for (let field = BID; field <= VOLUME; field++) values[field] = this.#before[field] as number;
    let seen = 0;
    let filled = 0;
    let time = 0;
    let flags = -1;
    let at = from;
    for (let field = 0; field < codes.length && at <= to; field++) {
      let end = at;
      while (end < to && bytes[end] !== delimiter) end++;
      const code = codes[field] as number;
      seen |= 1 << code;
      if (code <= VOLUME) {
        if (end > at) {
          const value = parseDecimal(bytes, at, end);
          if (!Number.isFinite(value)) return this.bad(`${NAMES[code]} is not a number`);
          values[code] = value;
          if (code < LAST || value !== 0) filled |= 2 << code;
        }
      } else if (code === FLAGS) {
        if (end > at) {
          flags = parseDecimal(bytes, at, end);
          if (!(flags >= 0 && flags <= 0xffff_ffff && Number.isInteger(flags))) return this.bad('flags are not a number of bits');
        }
      } else if (code !== SKIP) {
        const part = this.#timePart(code, bytes, at, end);
        if (Number.isNaN(part)) return this.bad(`${NAMES[code]} is ${end === at ? 'empty' : this.#notTime(code)}`);
        time += part;
      }
      at = end + 1;
    }
    if (at <= to) return this.bad(`it has more than the ${codes.length} cells of the others`);
    const bid = values[BID] as number;
    const ask = values[ASK] as number;
    // Bits 0 and 1: bid and ask.
    if ((seen & 3) !== 3 || ((seen & (1 << TIME_MSC)) === 0 && (seen & (1 << DATE)) === 0)) return this.bad('it needs a time, bid and ask');
    if (!Number.isInteger(time) || time <= 0 || time > MAX_TIME) return this.bad(`time_msc ${time} is no time in epoch milliseconds`);
    if (time < this.#timeBefore) return this.bad(`time goes back from ${shownTime(this.#timeBefore)} to ${shownTime(time)}`);
    // Such a row is sound, and its one price counts for those after it.
    this.#timeBefore = time;
    for (let field = BID; field <= VOLUME; field++) this.#before[field] = values[field] as number;
    if (Number.isNaN(bid) || Number.isNaN(ask)) return this.bad(NO_PRICE_YET);
    const i = out.count;
    out.count = i + 1;
    out.time[i] = time;
    out.bid[i] = bid;
    out.ask[i] = ask;
    out.last[i] = values[LAST] as number;
    out.volume[i] = values[VOLUME] as number;
    out.flags[i] = flags >= 0 ? flags & KNOWN_FLAGS : filled === 0 ? BID_AND_ASK : filled;
  }

  #timePart(code: number, bytes: Uint8Array, at: number, end: number): number {
    if (code === TIME_MSC) return parseDecimal(bytes, at, end);
    if (code === TIME) return readTimeOfDay(bytes, at, end);
    const day = end - at < DATE_BYTES ? NaN : this.#dates.read(bytes, at);
    // Some programs write date and time into one cell.
    return end - at === DATE_BYTES ? day : day + readTimeOfDay(bytes, at + DATE_BYTES + 1, end);
  }

  #notTime(code: number): string {
    return code === TIME_MSC ? 'not a number' : code === DATE ? 'not a date like 2026.03.29' : 'not a time like 03:30:00.000';
  }
}
