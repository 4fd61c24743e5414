/**
 * Dates as feeds write them: RFC 822 and 2822 (with wrong weekdays, names of months in other languages, years of two digits), RFC 3339 and the other
 * shapes of ISO 8601, `asctime`, American dates in words, Unix times.
 */
import { instantAt } from '@tickhub/plugin-sdk/time';
import { writtenZone } from './written-zone.ts';

export interface ReadDate {
  /** Epoch milliseconds, UTC. */
  readonly time: number;
  /** False: it has no zone, or one that means nothing, and the feed's was taken. */
  readonly zoned: boolean;
}

/** First three letters, as several languages have them. */
const MONTHS: Readonly<Record<string, number>> = {
  jan: 1,
  feb: 2,
  mar: 3,
  apr: 4,
  may: 5,
  jun: 6,
  jul: 7,
  aug: 8,
  sep: 9,
  oct: 10,
  nov: 11,
  dec: 12,
  fév: 2,
  fev: 2,
  avr: 4,
  mai: 5,
  aoû: 8,
  aou: 8,
  déc: 12,
  mär: 3,
  mrz: 3,
  okt: 10,
  dez: 12,
  ene: 1,
  abr: 4,
  ago: 8,
  dic: 12,
  set: 9,
  out: 10,
  gen: 1,
  mag: 5,
  giu: 6,
  lug: 7,
  ott: 10,
  mei: 5,
};

const ISO = /^(\d{4})-?(\d{2})(?:-?(\d{2}))?(?:[T\s_]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,:](\d{1,9}))?)?)?\s*(am|pm)?\s*(.*)$/i;
const YEAR = /^(\d{4})$/;
const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(am|pm|a\.m\.|p\.m\.)?`;
/** `Mon, 02 Jan 2023 10:00:00 GMT`, `2-Jan-23 10:00`, `2 January 2023`. */
const DAY_FIRST = new RegExp(
  String.raw`^(?:[\p{L}.]+,?\s+)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(\p{L}{3,})\.?,?[\s-]+(\d{4}|\d{2})(?:,?\s+(?:at\s+)?${CLOCK})?\s*(.*)$`,
  'iu',
);
/** `Jan 2, 2023 10:00 AM EST`, `Monday, January 2, 2023`, `Mon Jan 2 10:00:00 2023`. */
const MONTH_FIRST = new RegExp(
  String.raw`^(?:[\p{L}.]+,?\s+)?(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:,?\s+(?:at\s+|-\s+)?${CLOCK})?\s*(.*)$`,
  'iu',
);
const ASCTIME = new RegExp(String.raw`^(?:\p{L}+,?\s+)?(\p{L}{3,})\s+(\d{1,2})\s+${CLOCK}\s+([A-Z]{1,5}\s+)?(\d{4})$`, 'iu');
/** `01/02/2023 10:00`: American, as the feeds that write it are. */
const SLASHED = new RegExp(String.raw`^(\d{1,2})/(\d{1,2})/(\d{4})(?:,?\s+${CLOCK})?\s*(.*)$`, 'i');
const EPOCH = /^(\d{10}|\d{13})$/;

/** Feeds do not tell of what was before the web, and a year beyond this is a mistake. */
const EARLIEST = Date.UTC(1990, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/**
 * @param zone IANA zone to take where the text has none.
 * @returns null where it is no date, or none that can be.
 */
export function readDate(text: string, zone: string): ReadDate | null {
  const trimmed = text.trim().slice(0, 100).replaceAll(/\s+/g, ' ');
  const parts = partsOf(trimmed);
  if (parts === null) return null;
  const { year, month, day, hour, minute, second, ms } = parts;
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || hour > 24 || minute > 59 || second > 60) return null;
  const wall = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59), ms);
  const written = parts.epoch ? 0 : parts.zone === '' ? undefined : zoneIn(parts.zone);
  const time = typeof written === 'number' ? wall - written * 60_000 : instantAt(written ?? zone, wall).at;
  return time < EARLIEST || time > LATEST ? null : { time, zoned: written !== undefined };
}

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  zone: string;
  epoch: boolean;
}

function partsOf(text: string): Parts | null {
  const epoch = EPOCH.exec(text)?.[1];
  if (epoch !== undefined) return ofEpoch(Number(epoch) * (epoch.length === 10 ? 1_000 : 1));
  const year = YEAR.exec(text)?.[1];
  if (year !== undefined) return made(year, 1, '1');
  const iso = ISO.exec(text);
  if (iso !== null) return made(iso[1], Number(iso[2]), iso[3] ?? '1', iso[4], iso[5], iso[6], iso[8], iso[9], iso[7]);
  const slashed = SLASHED.exec(text);
  if (slashed !== null) return made(slashed[3], Number(slashed[1]), slashed[2], slashed[4], slashed[5], slashed[6], slashed[7], slashed[8]);
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst !== null) {
    const month = monthOf(dayFirst[2]);
    if (month !== undefined) return made(dayFirst[3], month, dayFirst[1], dayFirst[4], dayFirst[5], dayFirst[6], dayFirst[7], dayFirst[8]);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime !== null) {
    const month = monthOf(asctime[1]);
    if (month !== undefined) return made(asctime[8], month, asctime[2], asctime[3], asctime[4], asctime[5], asctime[6], asctime[7]);
  }
  const monthFirst = MONTH_FIRST.exec(text);
  if (monthFirst === null) return null;
  const month = monthOf(monthFirst[1]);
  return month === undefined
    ? null
    : made(monthFirst[3], month, monthFirst[2], monthFirst[4], monthFirst[5], monthFirst[6], monthFirst[7], monthFirst[8]);
}

function ofEpoch(time: number): Parts {
  const date = new Date(time);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    ms: date.getUTCMilliseconds(),
    zone: '',
    epoch: true,
  };
}

type Written = string | undefined;

function made(
  year: Written,
  month: number,
  day: Written,
  hour?: Written,
  minute?: Written,
  second?: Written,
  half?: Written,
  zone?: Written,
  fraction?: Written,
): Parts {
  return {
    year: fullYear(year ?? ''),
    month,
    day: Number(day),
    hour: hourOf(Number(hour ?? 0), half?.[0]?.toLowerCase()),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    ms: Math.floor(Number(`0.${fraction ?? 0}`) * 1_000),
    zone: (zone ?? '').trim(),
    epoch: false,
  };
}

/** RFC 2822 section 4.3: 00 to 49 are of this century. */
function fullYear(text: string): number {
  const year = Number(text);
  return text.length === 2 ? year + (year < 50 ? 2_000 : 1_900) : year;
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === 'p') return hour < 12 ? hour + 12 : hour;
  return half === 'a' && hour === 12 ? 0 : hour;
}

function monthOf(name: string | undefined): number | undefined {
  const lower = (name ?? '').toLowerCase();
  // French: "juin", "juil", "juillet".
  if (lower.startsWith('jui')) return lower.startsWith('juil') ? 7 : 6;
  return MONTHS[lower.slice(0, 3)];
}

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The zone in what follows the time: `+0000 (UTC)`, `EST`, `GMT Standard Time`. */
function zoneIn(text: string): number | string | undefined {
  return writtenZone(text) ?? writtenZone(text.split(/[\s(]/)[0] ?? '');
}
