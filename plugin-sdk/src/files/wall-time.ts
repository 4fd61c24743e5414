/** Dates and times of day as digits in a file, to and from milliseconds. The calendar is the proleptic Gregorian one. */

const ZERO = 48;
const DAY_MS = 86_400_000;

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

const isSeparator = (byte: number | undefined): boolean => byte === 46 || byte === 45 || byte === 47;

/** Reads `YYYY.MM.DD` (or with `-` or `/`), remembering the day before: files hold many rows of one day. */
export class DateReader {
  #key = -1;
  #ms = NaN;

  /** Milliseconds of the day's beginning, NaN when it is no date. `from` is where the ten bytes begin. */
  read(bytes: Uint8Array, from: number): number {
    const century = twoDigits(bytes, from);
    const year = century * 100 + twoDigits(bytes, from + 2);
    const month = twoDigits(bytes, from + 5);
    const day = twoDigits(bytes, from + 8);
    const key = (year * 16 + month) * 32 + day;
    if (!isSeparator(bytes[from + 4]) || bytes[from + 7] !== bytes[from + 4]) return NaN;
    if (key === this.#key) return this.#ms;
    if (century < 0 || year < 100 || month < 1 || month > 12 || day < 1 || day > 31) return NaN;
    const ms = Date.UTC(year, month - 1, day);
    if (new Date(ms).getUTCDate() !== day) return NaN;
    this.#key = key;
    this.#ms = ms;
    return ms;
  }
}

/** Milliseconds into the day of `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fff` (what follows the third decimal is cut off); NaN when it is none. */
export function readTimeOfDay(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const hour = twoDigits(bytes, from);
  const minute = twoDigits(bytes, from + 3);
  if (length < 5 || bytes[from + 2] !== 58 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return NaN;
  const ms = hour * 3_600_000 + minute * 60_000;
  if (length === 5) return ms;
  const second = twoDigits(bytes, from + 6);
  if (length < 8 || bytes[from + 5] !== 58 || second < 0 || second > 59) return NaN;
  if (length === 8) return ms + second * 1_000;
  if (bytes[from + 8] !== 46 || length < 10 || length > 18) return NaN;
  let fraction = 0;
  let weight = 100;
  for (let at = from + 9; at < to; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    fraction += digit * weight;
    weight = weight === 1 ? 0 : weight / 10;
  }
  return ms + second * 1_000 + fraction;
}

function put(bytes: Uint8Array, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    bytes[i] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** Writes dates, remembering the day before. */
export class DateWriter {
  #day = NaN;
  readonly #digits = new Uint8Array(10);

  /** @param separator the byte between year, month and day. */
  constructor(separator: number) {
    this.#digits[4] = this.#digits[7] = separator;
  }

  /** Writes the ten bytes of the day of `ms` at `at`; returns the milliseconds into that day. */
  write(ms: number, bytes: Uint8Array, at: number): number {
    const day = Math.floor(ms / DAY_MS);
    if (day !== this.#day) {
      const date = new Date(day * DAY_MS);
      put(this.#digits, 0, 4, date.getUTCFullYear());
      put(this.#digits, 5, 2, date.getUTCMonth() + 1);
      put(this.#digits, 8, 2, date.getUTCDate());
      this.#day = day;
    }
    bytes.set(this.#digits, at);
    return ms - day * DAY_MS;
  }
}

/** Writes milliseconds into a day as `HH:MM` (width 5), `HH:MM:SS` (8) or `HH:MM:SS.mmm` (12); returns where it ended. */
export function writeTimeOfDay(ms: number, width: 5 | 8 | 12, bytes: Uint8Array, at: number): number {
  put(bytes, at, 2, Math.floor(ms / 3_600_000));
  bytes[at + 2] = 58;
  put(bytes, at + 3, 2, Math.floor(ms / 60_000) % 60);
  if (width === 5) return at + 5;
  bytes[at + 5] = 58;
  put(bytes, at + 6, 2, Math.floor(ms / 1_000) % 60);
  if (width === 8) return at + 8;
  bytes[at + 8] = 46;
  put(bytes, at + 9, 3, ms % 1_000);
  return at + 12;
}
