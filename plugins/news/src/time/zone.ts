/** Time zones: offsets of the names that RFC 822 and people write, and of IANA zones at a date. */

const HOUR = 60;

/**
 * Minutes east of UTC. RFC 822 section 5.1, and the names that feeds of the world's exchanges use. Those that mean several zones (`IST`, `AST`, `CST`) are as
 * RFC 822 has them, or left out, which makes the feed's own zone count.
 */
const NAMED: Readonly<Record<string, number>> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  wet: 0,
  est: -5 * HOUR,
  edt: -4 * HOUR,
  cst: -6 * HOUR,
  cdt: -5 * HOUR,
  mst: -7 * HOUR,
  mdt: -6 * HOUR,
  pst: -8 * HOUR,
  pdt: -7 * HOUR,
  akst: -9 * HOUR,
  akdt: -8 * HOUR,
  hst: -10 * HOUR,
  bst: HOUR,
  west: HOUR,
  cet: HOUR,
  met: HOUR,
  mez: HOUR,
  cest: 2 * HOUR,
  mest: 2 * HOUR,
  mesz: 2 * HOUR,
  eet: 2 * HOUR,
  eest: 3 * HOUR,
  msk: 3 * HOUR,
  jst: 9 * HOUR,
  kst: 9 * HOUR,
  hkt: 8 * HOUR,
  sgt: 8 * HOUR,
  awst: 8 * HOUR,
  acst: 9.5 * HOUR,
  acdt: 10.5 * HOUR,
  aest: 10 * HOUR,
  aedt: 11 * HOUR,
  nzst: 12 * HOUR,
  nzdt: 13 * HOUR,
};

/** Names that switch with the season whatever is written: `ET` is New York's time. */
const REGIONS: Readonly<Record<string, string>> = {
  et: 'America/New_York',
  ct: 'America/Chicago',
  mt: 'America/Denver',
  pt: 'America/Los_Angeles',
};

/** Minutes east of UTC of `+0200`, `-05:00`, `EST`, `GMT+2`, `Z`; an IANA zone for `ET`; undefined for what is none. */
export function writtenZone(text: string): number | string | undefined {
  const lower = text.trim().toLowerCase().replace(/[()]/g, '');
  const named = NAMED[lower] ?? REGIONS[lower];
  if (named !== undefined) return named;
  const match = /^(?:utc|gmt|ut)?\s*([+-])\s*(\d{1,2}):?(\d{2})?(?::?\d{2})?$/.exec(lower);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * HOUR + Number(match[3] ?? 0);
  if (minutes > 14 * HOUR) return undefined;
  return match[1] === '-' ? -minutes : minutes;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * Epoch milliseconds of a wall clock's time (as if it were UTC) in an IANA zone. A time that comes twice in autumn is the first of the two; one that spring
 * leaves out is as far after the change as it claims.
 */
export function inZone(wall: number, zone: string): number {
  const earlier = wall - offsetAt(wall - 86_400_000, zone);
  const later = wall - offsetAt(wall + 86_400_000, zone);
  for (const time of earlier < later ? [earlier, later] : [later, earlier]) if (time + offsetAt(time, zone) === wall) return time;
  return earlier;
}

/** Milliseconds east of UTC at a moment. */
function offsetAt(time: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(time)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1_000) * 1_000;
}
