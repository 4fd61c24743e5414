/** Time zones as RFC 822 and people write them. */

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
