import type { WallTime } from '@tickhub/plugin-sdk/time';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Longest first, so that `MMM` is not read as `MM` and `M`. */
const FIELDS: readonly (readonly [token: string, name: string, source: string])[] = [
  ['yyyy', 'year', '(?<year>\\d{4})'],
  ['MMM', 'monthName', '(?<monthName>[A-Za-z]{3,9})\\.?'],
  ['MM', 'month', '(?<month>\\d{2})'],
  ['dd', 'day', '(?<day>\\d{2})'],
  ['HH', 'hour', '(?<hour>\\d{2})'],
  ['hh', 'hour', '(?<hour>\\d{2})'],
  ['mm', 'minute', '(?<minute>\\d{2})'],
  ['ss', 'second', '(?<second>\\d{2})'],
  ['M', 'month', '(?<month>\\d{1,2})'],
  ['d', 'day', '(?<day>\\d{1,2})'],
  ['H', 'hour', '(?<hour>\\d{1,2})'],
  ['h', 'hour', '(?<hour>\\d{1,2})'],
  ['a', 'half', '(?<half>[AaPp])\\.?[Mm]\\.?'],
];

const MAX_TEXT = 200;
const TIME_OF_DAY: ReadonlySet<string> = new Set(['hour', 'minute', 'second', 'half']);

/** Where a time of day is looked for and words stand ("All Day", "Tentative"), only the day is known. */
const NO_TIME = /^(?:all[ -]?day|tentative|day \d+|)$/i;

/**
 * A date with or without a time, as a pattern of Unicode's letters has it: `yyyy MMM d h:mma`, `MM-dd-yyyy HH:mm`. Where the text has words instead of
 * the time of day, or nothing, the day alone is read.
 */
export class TimePattern {
  readonly #whole: RegExp;
  readonly #dateOnly: RegExp | null;
  readonly #hasTime: boolean;

  /** @throws {Error} when the pattern has no year, month and day, or a field twice. */
  constructor(pattern: string) {
    const found = new Set<string>();
    let source = '';
    let rest = pattern.trim();
    let beforeTime: string | null = null;
    while (rest !== '') {
      const field = FIELDS.find(([token]) => rest.startsWith(token));
      if (field === undefined) {
        const character = rest.charAt(0);
        if (/[A-Za-z]/.test(character)) {
          throw new Error(`"${character}" in "${pattern}" is no field: use yyyy, MMM, MM, M, dd, d, HH, H, hh, h, mm, ss, a`);
        }
        source += /\s/.test(character) ? '\\s+' : character.replace(/[^\w]/, '\\$&');
        rest = rest.slice(1);
        continue;
      }
      const [token, name, part] = field;
      if (found.has(name)) throw new Error(`"${pattern}" has the ${name} twice`);
      if (TIME_OF_DAY.has(name)) beforeTime ??= source;
      found.add(name);
      source += part;
      rest = rest.slice(token.length);
    }
    const has = (name: string): boolean => found.has(name);
    if (!has('year') || !has('day') || !(has('month') || has('monthName'))) {
      throw new Error(`"${pattern}" needs a year (yyyy), a month (MMM, MM or M) and a day (dd or d)`);
    }
    this.#hasTime = has('hour');
    this.#whole = new RegExp(`^${source}$`);
    // Only where the date comes first can the rest be words.
    const dateFirst = beforeTime !== null && [...found].slice(0, 3).every((name) => !TIME_OF_DAY.has(name));
    this.#dateOnly = dateFirst ? new RegExp(`^${beforeTime?.replace(/(?:\\s\+)+$/, '')}(?:\\s+(?<words>.*))?$`) : null;
  }

  read(text: string): { local: WallTime; timed: boolean } | null {
    const trimmed = text.trim();
    // Runs of spaces in a pattern would look at a long one again and again.
    if (trimmed.length > MAX_TEXT) return null;
    const whole = this.#whole.exec(trimmed);
    if (whole !== null) return fields(whole, this.#hasTime);
    const date = this.#dateOnly?.exec(trimmed);
    if (date === undefined || date === null || !NO_TIME.test(date.groups?.['words']?.trim() ?? '')) return null;
    return fields(date, false);
  }
}

function fields(match: RegExpExecArray, timed: boolean): { local: WallTime; timed: boolean } | null {
  const groups = match.groups ?? {};
  const number = (name: string): number => Number(groups[name] ?? 0);
  const monthName = groups['monthName'];
  const month = monthName === undefined ? number('month') : MONTHS.indexOf(monthName.slice(0, 3).toLowerCase()) + 1;
  const hour = hourOf(number('hour'), groups['half']);
  if (hour === null) return null;
  return { local: { year: number('year'), month, day: number('day'), hour, minute: number('minute'), second: number('second') }, timed };
}

/** Twelve o'clock at night is 12 am, at noon 12 pm. */
function hourOf(hour: number, half: string | undefined): number | null {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
}
