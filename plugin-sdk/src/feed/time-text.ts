import { instantIn } from '../time/zone.ts';

/** Reads a time; Unix epoch milliseconds, UTC. Throws an Error whose message goes on from "gives ...". */
export type ReadTime = (value: unknown) => number;

const UNITS: Readonly<Record<string, number>> = { seconds: 1_000, milliseconds: 1, microseconds: 1e-3, nanoseconds: 1e-6 };
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** RFC 822, 5.1. */
const ZONES: Readonly<Record<string, number>> = {
  UT: 0,
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};
/** A Date holds no more. */
const LAST = 8.64e15;

/** What each letter of a pattern stands for: a group of a regular expression. */
const TOKENS: readonly (readonly [token: string, group: string])[] = [
  ['yyyy', '(?<year>\\d{4})'],
  ['yy', '(?<year2>\\d{2})'],
  ['MMM', `(?<name>${MONTHS.join('|')})[a-z]*`],
  ['MM', '(?<month>\\d{2})'],
  ['M', '(?<month>\\d{1,2})'],
  ['dd', '(?<day>\\d{2})'],
  ['d', '(?<day>\\d{1,2})'],
  ['HH', '(?<hour>\\d{2})'],
  ['H', '(?<hour>\\d{1,2})'],
  ['hh', '(?<hour>\\d{2})'],
  ['h', '(?<hour>\\d{1,2})'],
  ['mm', '(?<minute>\\d{2})'],
  ['m', '(?<minute>\\d{1,2})'],
  ['ss', '(?<second>\\d{2})'],
  ['s', '(?<second>\\d{1,2})'],
  ['SSS', '(?<fraction>\\d{1,9})'],
  ['a', '(?<half>am|pm)'],
  ['EEE', '[a-z]+'],
  ['Z', '(?<offset>Z|[+-]\\d{2}:?\\d{2}|[A-Z]{2,4})'],
];
const ISO = 'yyyy-MM-dd';

/**
 * Compiles a format: `iso`, `rfc822` (as feeds and HTTP write it, or ISO), a unit since 1970, or a pattern of yyyy yy MMM MM M dd d HH H hh h mm m ss s SSS a EEE Z,
 * with text in single quotes.
 * @param zone of times that have none.
 * @throws Error when the pattern has letters that mean nothing.
 */
export function timeFormat(format: string, zone: string): ReadTime {
  const unit = UNITS[format];
  if (unit !== undefined) return (value) => inRange(numberOf(value) * unit, value);
  if (format === 'iso') return reading(isoPatterns(), zone, 'an ISO 8601 time');
  if (format === 'rfc822') {
    const written = [
      "EEE',' d MMM yyyy HH:mm:ss Z",
      "EEE',' d MMM yyyy HH:mm:ss",
      "EEE',' d MMM yyyy HH:mm Z",
      'd MMM yyyy HH:mm:ss Z',
      'd MMM yyyy HH:mm Z',
    ];
    return reading([...written.map(patternOf), ...isoPatterns()], zone, 'an RFC 822 or ISO 8601 time');
  }
  return reading([patternOf(format)], zone, `a time such as ${format}`);
}

function isoPatterns(): RegExp[] {
  return [
    // A fraction of any length, and the zone or none.
    new RegExp(
      `^${grouped(ISO)}[T ]${grouped('HH:mm')}(?::(?<second>\\d{2})(?:[.,](?<fraction>\\d{1,9}))?)?\\s?(?<offset>Z|[+-]\\d{2}(?::?\\d{2})?)?$`,
      'i',
    ),
    new RegExp(`^${grouped(ISO)}$`),
  ];
}

function patternOf(pattern: string): RegExp {
  return new RegExp(`^${grouped(pattern)}$`, 'i');
}

function grouped(pattern: string): string {
  let out = '';
  for (let at = 0; at < pattern.length;) {
    const quoted = /^'([^']*)'/.exec(pattern.slice(at));
    if (quoted) {
      out += escaped(quoted[1] ?? '');
      at += quoted[0].length;
      continue;
    }
    const token = TOKENS.find(([name]) => pattern.startsWith(name, at));
    const sign = pattern[at] ?? '';
    if (token === undefined && /[A-Za-z]/.test(sign)) {
      throw new Error(
        `"${pattern}" has "${sign}", which stands for nothing; there are ${TOKENS.map(([name]) => name).join(' ')}, and text in single quotes`,
      );
    }
    out += token === undefined ? escaped(sign) : token[1];
    at += token === undefined ? 1 : token[0].length;
  }
  return out;
}

function reading(patterns: readonly RegExp[], zone: string, wanted: string): ReadTime {
  return (value) => {
    const text = typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
    for (const pattern of patterns) {
      const groups = pattern.exec(text)?.groups;
      const at = groups === undefined ? null : instant(groups, zone);
      if (at !== null) return inRange(at, value);
    }
    throw new Error(`where ${wanted} is needed`);
  };
}

/** Null when there is no such date. */
function instant(groups: Readonly<Record<string, string | undefined>>, zone: string): number | null {
  const number = (name: string, otherwise: number): number => (groups[name] === undefined ? otherwise : Number(groups[name]));
  const year = groups['year2'] === undefined ? number('year', 1970) : number('year2', 0) + (number('year2', 0) < 70 ? 2_000 : 1_900);
  const month = groups['name'] === undefined ? number('month', 1) : MONTHS.indexOf(groups['name'].toLowerCase()) + 1;
  const half = groups['half']?.toLowerCase();
  const hour = half === undefined ? number('hour', 0) : (number('hour', 12) % 12) + (half === 'pm' ? 12 : 0);
  const offset = groups['offset'] === undefined ? null : offsetMs(groups['offset']);
  if (offset === undefined) return null;
  const found = instantIn(offset === null ? zone : 'UTC', {
    year,
    month,
    day: number('day', 1),
    hour,
    minute: number('minute', 0),
    // Leap seconds have no place in a Date.
    second: Math.min(59, number('second', 0)),
  });
  return found === null ? null : found.at - (offset ?? 0) + Math.floor(Number(`0.${groups['fraction'] ?? '0'}`) * 1_000);
}

/** Undefined for a name that is none of RFC 822's. */
function offsetMs(text: string): number | undefined {
  const hours = ZONES[text.toUpperCase()];
  if (hours !== undefined) return hours * 3_600_000;
  const parts = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  if (parts === null) return undefined;
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * 60 + Number(parts[3] ?? 0)) * 60_000;
}

function numberOf(value: unknown): number {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) throw new Error('where a number is needed');
  return number;
}

function inRange(at: number, value: unknown): number {
  if (!(Math.abs(at) <= LAST)) throw new Error(`which is past what a time can be: ${String(value)}`);
  return Math.floor(at);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
