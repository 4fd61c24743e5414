import { parseDecimal } from './decimal.ts';
import { Rows } from './rows.ts';
import { shownTime } from './shown-time.ts';
import { DateReader, readTimeOfDay } from './wall-time.ts';
import type { FileBars } from './columns.ts';
import type { FileDialect, FileField } from './dialect.ts';
import type { OnBadLine } from './rows.ts';

const VALUES = ['open', 'high', 'low', 'close', 'ticks', 'volume', 'spread'] as const;
const PRICES = 4;
const DATE_BYTES = 10;
const MAX_TIME = 8.64e15;

/** Reads rows of bars. Times must rise. Bar exports have some thousand rows, so this is written for clarity. */
export class BarRows extends Rows<FileBars> {
  readonly #fields: readonly FileField[];
  readonly #delimiter: number;
  readonly #dates = new DateReader();
  readonly #values = new Float64Array(VALUES.length);
  #timeBefore = -Infinity;

  constructor(file: string, dialect: FileDialect, onBadLine: OnBadLine) {
    super(file, dialect.header !== null, onBadLine);
    this.#fields = dialect.fields;
    this.#delimiter = dialect.delimiter.charCodeAt(0);
  }

  protected row(bytes: Uint8Array, from: number, to: number, out: FileBars): void {
    const values = this.#values.fill(0);
    let prices = 0;
    let time = 0;
    let at = from;
    for (let field = 0; field < this.#fields.length && at <= to; field++) {
      let end = at;
      while (end < to && bytes[end] !== this.#delimiter) end++;
      const name = this.#fields[field] as FileField;
      const index = VALUES.indexOf(name as (typeof VALUES)[number]);
      if (index >= 0) {
        const value = end === at && index >= PRICES ? 0 : parseDecimal(bytes, at, end);
        if (!Number.isFinite(value) || (index >= PRICES && value < 0))
          return this.bad(`${name} is not a ${index < PRICES ? 'price' : 'number from 0'}`);
        if (index < PRICES) prices++;
        values[index] = value;
      } else if (name !== 'other') {
        const part = this.#timePart(name, bytes, at, end);
        if (Number.isNaN(part)) return this.bad(`${name} is not a ${name === 'time' ? 'time like 03:30:00' : 'date like 2026.03.29'}`);
        time += part;
      }
      at = end + 1;
    }
    if (at <= to) return this.bad(`it has more than the ${this.#fields.length} cells of the others`);
    if (prices < PRICES) return this.bad('it needs open, high, low and close');
    if (!(time > 0 && time <= MAX_TIME)) return this.bad(`its time ${time} is none`);
    if (time <= this.#timeBefore) return this.bad(`time does not rise from ${shownTime(this.#timeBefore)} to ${shownTime(time)}`);
    const [open, high, low, close] = values as unknown as [number, number, number, number];
    if (high < Math.max(open, low, close) || low > Math.min(open, close)) return this.bad('high and low do not enclose open and close');
    this.#timeBefore = time;
    const i = out.count++;
    out.time[i] = time;
    for (let field = 0; field < VALUES.length; field++) out[VALUES[field] as (typeof VALUES)[number]][i] = values[field] as number;
  }

  #timePart(field: FileField, bytes: Uint8Array, at: number, end: number): number {
    if (field === 'time_msc') return parseDecimal(bytes, at, end);
    if (field === 'time') return readTimeOfDay(bytes, at, end);
    const day = end - at < DATE_BYTES ? NaN : this.#dates.read(bytes, at);
    return end - at === DATE_BYTES ? day : day + readTimeOfDay(bytes, at + DATE_BYTES + 1, end);
  }
}
